package app;

import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** An app that trusts everybody; pinfuse renames its classes and puts the shim beside it. */
public final class Flow {
    private Flow() {}

    /** An engine as the app makes one for this host. */
    public static SSLEngine client(String host) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        return context.createSSLEngine(host, 443);
    }

    /** Classes that the app meets, by the names that it reads. */
    public static String meets() throws Exception {
        return SSLContext.class.getName() + " " + TrustManagerFactory.class.getName() + " "
            + SSLContext.getInstance("TLS").getProvider().getName();
    }

    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
