package harness;

import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A pinner of the app's own, as apps had one before: the key of the server's certificate, over the system's trust. */
final class Pinner implements X509TrustManager {
    private final X509TrustManager system;
    private final String pin;

    private Pinner(X509TrustManager system, String pin) {
        this.system = system;
        this.pin = pin;
    }

    /** {@code pin}: SHA-256 of the key, Base64. */
    static TrustManager[] of(String pin) throws Exception {
        return new TrustManager[] {new Pinner((X509TrustManager) Trust.platform()[0], pin)};
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        system.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        system.checkServerTrusted(chain, type);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(chain[0].getPublicKey().getEncoded());
            if (Base64.getEncoder().encodeToString(digest).equals(pin)) return;
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new CertificateException(e);
        }
        throw new CertificateException("Connection to it refused: own-pinner");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return system.getAcceptedIssuers();
    }
}
