import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.*;

/** The platform's provider without TLS: a handshake is the question that a real one puts to the trust manager. */
public final class Plain extends Provider {
    static X509Certificate[] presents;

    Plain() {
        super("Plain", 1.0, "");
        put("SSLContext.TLS", "Plain$Contexts");
        put("MessageDigest.SHA-256", "Sha256");
        put("TrustManagerFactory.PKIX", "Plain$Nobody");
    }

    /** Trusts nobody. */
    public static final class Nobody extends TrustManagerFactorySpi {
        @Override protected void engineInit(KeyStore store) {}
        @Override protected void engineInit(ManagerFactoryParameters parameters) {}

        @Override
        protected TrustManager[] engineGetTrustManagers() {
            return new TrustManager[] {new X509TrustManager() {
                @Override public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException { throw new CertificateException("nobody"); }
                @Override public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException { throw new CertificateException("nobody"); }
                @Override public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
            }};
        }
    }

    public static final class Contexts extends SSLContextSpi {
        private X509TrustManager manager;

        @Override
        protected void engineInit(KeyManager[] keys, TrustManager[] managers, SecureRandom random) {
            manager = (X509TrustManager) managers[0];
        }

        @Override protected SSLSocketFactory engineGetSocketFactory() { return null; }
        @Override protected SSLServerSocketFactory engineGetServerSocketFactory() { return null; }
        @Override protected SSLEngine engineCreateSSLEngine() { return new Engine(null, -1, manager); }
        @Override protected SSLEngine engineCreateSSLEngine(String host, int port) { return new Engine(host, port, manager); }
        @Override protected SSLSessionContext engineGetServerSessionContext() { return null; }
        @Override protected SSLSessionContext engineGetClientSessionContext() { return null; }
    }

    private static final class Engine extends SSLEngine {
        private final X509TrustManager manager;

        Engine(String host, int port, X509TrustManager manager) {
            super(host, port);
            this.manager = manager;
        }

        @Override
        public void beginHandshake() throws SSLException {
            try {
                if (manager instanceof X509ExtendedTrustManager) ((X509ExtendedTrustManager) manager).checkServerTrusted(presents, "ECDHE_ECDSA", this);
                else manager.checkServerTrusted(presents, "ECDHE_ECDSA");
            } catch (CertificateException e) {
                throw refused(e);
            }
        }

        private static SSLException refused(CertificateException e) {
            SSLException out = new SSLHandshakeException("certificate");
            out.initCause(e);
            return out;
        }

        @Override public void closeInbound() {}
        @Override public void closeOutbound() {}
        @Override public Runnable getDelegatedTask() { return null; }
        @Override public String[] getEnabledCipherSuites() { return new String[0]; }
        @Override public String[] getEnabledProtocols() { return new String[0]; }
        @Override public boolean getEnableSessionCreation() { return true; }
        @Override public SSLEngineResult.HandshakeStatus getHandshakeStatus() { return SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING; }
        @Override public boolean getNeedClientAuth() { return false; }
        @Override public SSLSession getSession() { return null; }
        @Override public String[] getSupportedCipherSuites() { return new String[0]; }
        @Override public String[] getSupportedProtocols() { return new String[0]; }
        @Override public boolean getUseClientMode() { return true; }
        @Override public boolean getWantClientAuth() { return false; }
        @Override public boolean isInboundDone() { return false; }
        @Override public boolean isOutboundDone() { return false; }
        @Override public void setEnabledCipherSuites(String[] s) {}
        @Override public void setEnabledProtocols(String[] s) {}
        @Override public void setEnableSessionCreation(boolean b) {}
        @Override public void setNeedClientAuth(boolean b) {}
        @Override public void setUseClientMode(boolean b) {}
        @Override public void setWantClientAuth(boolean b) {}
        @Override public SSLEngineResult unwrap(ByteBuffer s, ByteBuffer[] d, int o, int n) { return null; }
        @Override public SSLEngineResult wrap(ByteBuffer[] s, int o, int n, ByteBuffer d) { return null; }
    }
}
