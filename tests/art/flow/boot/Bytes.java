import java.math.BigInteger;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.Set;
import javax.security.auth.x500.X500Principal;

/** A certificate of which its bytes and names are known; no signature can be verified here. */
final class Bytes extends X509Certificate {
    private final String subject, issuer;
    private final byte[] der;

    Bytes(String subject, String issuer, byte[] der) {
        this.subject = subject;
        this.issuer = issuer;
        this.der = der;
    }

    @Override public byte[] getEncoded() { return der.clone(); }
    @Override public X500Principal getSubjectX500Principal() { return new X500Principal(subject); }
    @Override public X500Principal getIssuerX500Principal() { return new X500Principal(issuer); }
    @Override public void checkValidity() {}
    @Override public void checkValidity(Date date) {}
    @Override public int getBasicConstraints() { return -1; }
    @Override public Principal getIssuerDN() { return null; }
    @Override public boolean[] getIssuerUniqueID() { return null; }
    @Override public boolean[] getKeyUsage() { return null; }
    @Override public Date getNotAfter() { return null; }
    @Override public Date getNotBefore() { return null; }
    @Override public BigInteger getSerialNumber() { return null; }
    @Override public String getSigAlgName() { return null; }
    @Override public String getSigAlgOID() { return null; }
    @Override public byte[] getSigAlgParams() { return null; }
    @Override public byte[] getSignature() { return null; }
    @Override public Principal getSubjectDN() { return null; }
    @Override public boolean[] getSubjectUniqueID() { return null; }
    @Override public byte[] getTBSCertificate() { return null; }
    @Override public int getVersion() { return 3; }
    @Override public String toString() { return subject; }
    @Override public PublicKey getPublicKey() { return null; }
    @Override public void verify(PublicKey key) throws NoSuchAlgorithmException { throw new NoSuchAlgorithmException(); }
    @Override public void verify(PublicKey key, String name) throws NoSuchAlgorithmException { verify(key); }
    @Override public Set<String> getCriticalExtensionOIDs() { return null; }
    @Override public byte[] getExtensionValue(String oid) { return null; }
    @Override public Set<String> getNonCriticalExtensionOIDs() { return null; }
    @Override public boolean hasUnsupportedCriticalExtension() { return false; }
}
