package harness;

import android.net.http.X509TrustManagerExtensions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * The calls of Chromium's {@code net/android/java/src/org/chromium/net/X509Util.java}, which WebView and Cronet make
 * from native code once their own TLS stack has the server's certificates. That stack is played by the lab.
 */
final class Chromium {
    private static final String AUTH_TYPE = "ECDHE_ECDSA";

    private Chromium() {}

    static String get(String host, int port, boolean five) throws Exception {
        try (lab.Native session = new lab.Native(host, port)) {
            X509TrustManagerExtensions manager = manager();
            X509Certificate[] chain = session.chain();
            List<X509Certificate> verified;
            try {
                verified = five ? five(manager, chain, host) : manager.checkServerTrusted(chain, AUTH_TYPE, host);
            } catch (RuntimeException e) {
                throw new CertificateException(e);
            }
            if (verified.isEmpty()) throw new CertificateException("no chain");
            return session.talk(Http.request(host));
        }
    }

    /** The method of API 36, by reflection: the classes that this is compiled against are those of API 35. */
    @SuppressWarnings("unchecked")
    private static List<X509Certificate> five(X509TrustManagerExtensions manager, X509Certificate[] chain, String host)
            throws Exception {
        Method check = manager.getClass().getMethod("checkServerTrusted",
            X509Certificate[].class, byte[].class, byte[].class, String.class, String.class);
        try {
            return (List<X509Certificate>) check.invoke(manager, chain, null, null, AUTH_TYPE, host);
        } catch (InvocationTargetException e) {
            throw new CertificateException(e.getCause());
        }
    }

    private static X509TrustManagerExtensions manager() throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        for (TrustManager one : factory.getTrustManagers()) {
            if (!(one instanceof X509TrustManager)) continue;
            try {
                return new X509TrustManagerExtensions((X509TrustManager) one);
            } catch (IllegalArgumentException e) {
                continue;
            }
        }
        throw new IllegalStateException("no suitable trust manager");
    }
}
