package javax.net.ssl;

import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import zqk.M;
import zqk.R;

/**
 * The facade of TrustManagerFactory. The real getInstance is static and final, so the compiler refuses to hide it:
 * the build of the payload gives getInstancx its true name.
 */
public class TrustManagerFactorx extends TrustManagerFactory {
    static {
        R.start();
    }

    /** For subclasses in the app, as the real constructor. */
    protected TrustManagerFactorx(TrustManagerFactorySpi spi, Provider provider, String algorithm) {
        super(spi instanceof M ? spi : new M(new TrustManagerFactory(spi, provider, algorithm) {}), provider, algorithm);
    }

    private static TrustManagerFactorx of(TrustManagerFactory real) {
        return new TrustManagerFactorx(new M(real), real.getProvider(), real.getAlgorithm());
    }

    public static TrustManagerFactorx getInstancx(String algorithm) throws NoSuchAlgorithmException {
        return of(TrustManagerFactory.getInstance(algorithm));
    }

    public static TrustManagerFactorx getInstancx(String algorithm, String provider)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return of(TrustManagerFactory.getInstance(algorithm, provider));
    }

    public static TrustManagerFactorx getInstancx(String algorithm, Provider provider)
            throws NoSuchAlgorithmException {
        return of(TrustManagerFactory.getInstance(algorithm, provider));
    }
}
