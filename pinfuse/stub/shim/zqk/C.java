package zqk;

import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** A context that delegates to a real one and wraps the trust managers it is initialised with. */
public final class C extends SSLContextSpi {
    private final SSLContext real;

    public C(SSLContext real) {
        this.real = real;
    }

    /** A context of this kind that is initialised with the system's defaults, wrapped. */
    public static C ready(SSLContext real) throws NoSuchAlgorithmException {
        C context = new C(real);
        try {
            context.engineInit(null, null, null);
        } catch (KeyManagementException e) {
            throw new NoSuchAlgorithmException(e);
        }
        return context;
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] managers, SecureRandom random)
            throws KeyManagementException {
        R.assertFirst();
        real.init(keys, J.wrap(managers == null ? defaults() : managers), random);
    }

    private static TrustManager[] defaults() throws KeyManagementException {
        try {
            TrustManagerFactory factory = S.realFactory(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return factory.getTrustManagers();
        } catch (Exception e) {
            throw new KeyManagementException(e);
        }
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
        return real.getSocketFactory();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
        return real.getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
        return real.createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
        return real.createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
        return real.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
        return real.getClientSessionContext();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
        return real.getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
        return real.getSupportedSSLParameters();
    }
}
