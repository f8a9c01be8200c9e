package javax.net.ssl;
import java.net.Socket;
import java.security.cert.*;
public abstract class X509ExtendedTrustManager implements X509TrustManager {
    public abstract void checkClientTrusted(X509Certificate[] c, String a, Socket s) throws CertificateException;
    public abstract void checkServerTrusted(X509Certificate[] c, String a, Socket s) throws CertificateException;
    public abstract void checkClientTrusted(X509Certificate[] c, String a, SSLEngine s) throws CertificateException;
    public abstract void checkServerTrusted(X509Certificate[] c, String a, SSLEngine s) throws CertificateException;
}
