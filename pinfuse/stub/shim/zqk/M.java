package zqk;

import java.security.InvalidAlgorithmParameterException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;

/** A factory that delegates to a real one and wraps what it makes. */
public final class M extends TrustManagerFactorySpi {
    private final TrustManagerFactory real;

    public M(TrustManagerFactory real) {
        this.real = real;
    }

    @Override
    protected void engineInit(KeyStore store) throws KeyStoreException {
        R.assertFirst();
        real.init(store);
    }

    @Override
    protected void engineInit(ManagerFactoryParameters parameters) throws InvalidAlgorithmParameterException {
        R.assertFirst();
        real.init(parameters);
    }

    @Override
    protected TrustManager[] engineGetTrustManagers() {
        return J.wrap(real.getTrustManagers());
    }
}
