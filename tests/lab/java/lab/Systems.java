package lab;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Paths;
import java.security.Provider;
import java.security.Security;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/** What a phone's system does beside the app: its own TLS provider, defaults made early, Play services' provider. */
final class Systems {
    private static final String CONSCRYPT = "AndroidOpenSSL";

    private Systems() {}

    /** The name of the platform's TLS provider. */
    static String provider() {
        return Security.getProvider(CONSCRYPT) == null ? "SunJSSE" : CONSCRYPT;
    }

    /** Before the app starts: Conscrypt in the first place, as on Android, and defaults that somebody asked for. */
    static void before() throws Exception {
        if ("conscrypt".equals(System.getProperty("lab.platform")))
            Security.insertProviderAt(conscrypt(Class.forName("org.conscrypt.Conscrypt"), CONSCRYPT, true), 1);
        if (!Boolean.getBoolean("lab.touched")) return;
        SSLContext.getDefault();
        SSLSocketFactory.getDefault();
        HttpsURLConnection.getDefaultSSLSocketFactory();
    }

    /**
     * What {@code ProviderInstaller} of Play services does: a Conscrypt from elsewhere takes the first place and
     * becomes the default. The real one brings no trust managers; it is also tried as if it did.
     */
    static void playServices(boolean trustManagers) throws Exception {
        URL[] jar = {Paths.get(System.getProperty("lab.conscrypt")).toUri().toURL()};
        ClassLoader elsewhere = new URLClassLoader(jar, ClassLoader.getPlatformClassLoader());
        Class<?> type = elsewhere.loadClass("org.conscrypt.Conscrypt");
        Provider provider = conscrypt(type, "GmsCore_OpenSSL", trustManagers);
        Security.insertProviderAt(provider, 1);
        SSLContext context = SSLContext.getInstance("Default", provider);
        SSLContext.setDefault(context);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    }

    private static Provider conscrypt(Class<?> type, String name, boolean trustManagers) throws Exception {
        Object builder = type.getMethod("newProviderBuilder").invoke(null);
        Class<?> kind = builder.getClass();
        kind.getMethod("setName", String.class).invoke(builder, name);
        kind.getMethod("provideTrustManager", boolean.class).invoke(builder, trustManagers);
        return (Provider) kind.getMethod("build").invoke(builder);
    }
}
