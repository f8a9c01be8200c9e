package org.conscrypt;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactorySpi;

/**
 * In the place of Conscrypt's own: on Android the default store is AndroidCAStore, here it is the JVM's trust store.
 * (For a JVM Conscrypt asks whatever provider comes first for it, which on Android nothing does.)
 */
public class TrustManagerFactoryImpl extends TrustManagerFactorySpi {
    private KeyStore store;

    @Override
    protected void engineInit(KeyStore given) throws KeyStoreException {
        store = given == null ? system() : given;
    }

    @Override
    protected void engineInit(ManagerFactoryParameters parameters) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected TrustManager[] engineGetTrustManagers() {
        try {
            return new TrustManager[] {new TrustManagerImpl(store)};
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyStore system() throws KeyStoreException {
        KeyStore found = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(System.getProperty("javax.net.ssl.trustStore"))) {
            found.load(in, System.getProperty("javax.net.ssl.trustStorePassword").toCharArray());
        } catch (IOException | GeneralSecurityException e) {
            throw new KeyStoreException(e);
        }
        return found;
    }
}
