package javax.net.ssl;

import java.security.KeyManagementException;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import zqk.C;
import zqk.R;

/**
 * The facade of SSLContext: every use of that class in the app is a use of this one. Instance methods are inherited
 * (they are final there); whatever SPI is behind, its trust managers are wrapped.
 */
public class SSLContexs extends SSLContext {
    static {
        R.start();
    }

    /** For subclasses in the app, as the real constructor. */
    protected SSLContexs(SSLContextSpi spi, Provider provider, String protocol) {
        super(spi instanceof C ? spi : new C(new SSLContext(spi, provider, protocol) {}), provider, protocol);
    }

    /** A default context of another provider comes initialised past every wrapping: one is made anew in its place. */
    private static SSLContexs of(SSLContext real) throws NoSuchAlgorithmException {
        if (real instanceof SSLContexs) return (SSLContexs) real;
        Provider provider = real.getProvider();
        boolean initialised = "Default".equalsIgnoreCase(real.getProtocol()) && !isOurs(provider);
        C context = initialised ? C.ready(SSLContext.getInstance("TLS", provider)) : new C(real);
        return new SSLContexs(context, provider, real.getProtocol());
    }

    private static boolean isOurs(Provider provider) {
        return provider.getClass().getName().equals("zqk.V");
    }

    public static SSLContexs getInstance(String protocol) throws NoSuchAlgorithmException {
        return of(SSLContext.getInstance(protocol));
    }

    public static SSLContexs getInstance(String protocol, String provider)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return of(SSLContext.getInstance(protocol, provider));
    }

    public static SSLContexs getInstance(String protocol, Provider provider) throws NoSuchAlgorithmException {
        return of(SSLContext.getInstance(protocol, provider));
    }

    /** The default: the facade or our provider's; one of another origin is not taken, but made anew. */
    public static SSLContexs getDefault() throws NoSuchAlgorithmException {
        SSLContext real = SSLContext.getDefault();
        if (real instanceof SSLContexs || isOurs(real.getProvider())) return of(real);
        SSLContexs context = getInstance("TLS");
        try {
            context.init(null, null, null);
        } catch (KeyManagementException e) {
            throw new NoSuchAlgorithmException(e);
        }
        SSLContext.setDefault(context);
        return context;
    }

    public static void setDefault(SSLContexs context) {
        SSLContext.setDefault(context);
    }
}
