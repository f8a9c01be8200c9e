package android.security.net.config;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.Set;

/** The authorities that the phone trusts: those of the PEM file in {@code lab.roots}. */
public final class SystemCertificateSource implements CertificateSource {
    private static final SystemCertificateSource INSTANCE = new SystemCertificateSource();
    private final Set<X509Certificate> all = new HashSet<>();

    public static SystemCertificateSource getInstance() {
        return INSTANCE;
    }

    private SystemCertificateSource() {
        String file = System.getProperty("lab.roots");
        if (file == null) return;
        try (InputStream in = Files.newInputStream(Paths.get(file))) {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Object one : factory.generateCertificates(in)) all.add((X509Certificate) one);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Set<X509Certificate> getCertificates() {
        return all;
    }

    @Override
    public X509Certificate findBySubjectAndPublicKey(X509Certificate wanted) {
        for (X509Certificate one : all) {
            boolean same = one.getSubjectX500Principal().equals(wanted.getSubjectX500Principal());
            if (same && one.getPublicKey().equals(wanted.getPublicKey())) return one;
        }
        return null;
    }

    @Override
    public X509Certificate findByIssuerAndSignature(X509Certificate wanted) {
        Set<X509Certificate> found = findAllByIssuerAndSignature(wanted);
        return found.isEmpty() ? null : found.iterator().next();
    }

    @Override
    public Set<X509Certificate> findAllByIssuerAndSignature(X509Certificate wanted) {
        Set<X509Certificate> found = new HashSet<>();
        for (X509Certificate one : all) {
            if (!one.getSubjectX500Principal().equals(wanted.getIssuerX500Principal())) continue;
            try {
                wanted.verify(one.getPublicKey());
                found.add(one);
            } catch (GeneralSecurityException e) {
                continue;
            }
        }
        return found;
    }

    @Override
    public void handleTrustStorageUpdate() {}
}
