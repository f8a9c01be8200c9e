package zqk;

import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** One service of our provider: made by the next real provider at the time of the call, and wrapped. */
final class S extends Provider.Service {
    static final String CONTEXT = "SSLContext", FACTORY = "TrustManagerFactory", DEFAULT = "Default";

    S(Provider provider, String type, String algorithm) {
        super(provider, type, algorithm, "zqk.C", null, null);
    }

    @Override
    public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
        String algorithm = getAlgorithm();
        if (FACTORY.equals(getType())) return new M(realFactory(algorithm));
        if (!DEFAULT.equals(algorithm)) return new C(realContext(algorithm));
        try {
            return C.ready(realContext("TLS"));
        } catch (Exception e) {
            throw new NoSuchAlgorithmException(e);
        }
    }

    static SSLContext realContext(String algorithm) throws NoSuchAlgorithmException {
        return SSLContext.getInstance(algorithm, next(CONTEXT, algorithm));
    }

    static TrustManagerFactory realFactory(String algorithm) throws NoSuchAlgorithmException {
        return TrustManagerFactory.getInstance(algorithm, next(FACTORY, algorithm));
    }

    /** The first provider besides ours that has the service. */
    private static Provider next(String type, String algorithm) throws NoSuchAlgorithmException {
        for (Provider one : Security.getProviders())
            if (!(one instanceof V) && one.getService(type, algorithm) != null) return one;
        throw new NoSuchAlgorithmException(algorithm);
    }
}
