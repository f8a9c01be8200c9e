package harness;

import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Trust managers and contexts as apps make them, the mistakes included. */
public final class Trust {
    private static final String[] PLATFORM = {"AndroidOpenSSL", "SunJSSE"};

    private Trust() {}

    /** Trusts everybody: what pinning must survive. */
    public static final class All implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    public static TrustManager[] all() {
        return new TrustManager[] {new All()};
    }

    /** The trust managers of the platform, asked of the factory by hand. */
    public static TrustManager[] platform() throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        return factory.getTrustManagers();
    }

    /** Those of a provider that the app names. */
    public static TrustManager[] platform(Provider provider) throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX", provider);
        factory.init((KeyStore) null);
        return factory.getTrustManagers();
    }

    public static SSLContext context(TrustManager[] managers) throws Exception {
        return initialised(SSLContext.getInstance("TLS"), managers);
    }

    public static SSLContext context(Provider provider, TrustManager[] managers) throws Exception {
        return initialised(SSLContext.getInstance("TLS", provider), managers);
    }

    private static SSLContext initialised(SSLContext context, TrustManager[] managers) throws Exception {
        context.init(null, managers, null);
        return context;
    }

    /** The TLS provider of the platform, by its name: it passes whatever was placed before it. */
    public static Provider provider() {
        for (String name : PLATFORM) {
            Provider found = Security.getProvider(name);
            if (found != null) return found;
        }
        throw new IllegalStateException("no TLS provider under a known name");
    }
}
