package javax.net.ssl;
import java.nio.ByteBuffer;
import java.util.function.BiFunction;
import java.util.List;
public abstract class SSLEngine {
    private final String host; private final int port;
    protected SSLEngine() { host = null; port = -1; }
    protected SSLEngine(String h, int p) { host = h; port = p; }
    public String getPeerHost() { return host; }
    public int getPeerPort() { return port; }
    public abstract void beginHandshake() throws SSLException;
    public abstract void closeInbound() throws SSLException;
    public abstract void closeOutbound();
    public abstract Runnable getDelegatedTask();
    public abstract String[] getEnabledCipherSuites();
    public abstract String[] getEnabledProtocols();
    public abstract boolean getEnableSessionCreation();
    public abstract SSLEngineResult.HandshakeStatus getHandshakeStatus();
    public abstract boolean getNeedClientAuth();
    public abstract SSLSession getSession();
    public SSLSession getHandshakeSession() { throw new UnsupportedOperationException(); }
    public abstract String[] getSupportedCipherSuites();
    public abstract String[] getSupportedProtocols();
    public abstract boolean getUseClientMode();
    public abstract boolean getWantClientAuth();
    public abstract boolean isInboundDone();
    public abstract boolean isOutboundDone();
    public abstract void setEnabledCipherSuites(String[] s);
    public abstract void setEnabledProtocols(String[] s);
    public abstract void setEnableSessionCreation(boolean b);
    public abstract void setNeedClientAuth(boolean b);
    public abstract void setUseClientMode(boolean b);
    public abstract void setWantClientAuth(boolean b);
    public abstract SSLEngineResult unwrap(ByteBuffer s, ByteBuffer[] d, int o, int n) throws SSLException;
    public abstract SSLEngineResult wrap(ByteBuffer[] s, int o, int n, ByteBuffer d) throws SSLException;
    public SSLEngineResult unwrap(ByteBuffer s, ByteBuffer d) throws SSLException { return unwrap(s, new ByteBuffer[] {d}, 0, 1); }
    public SSLEngineResult unwrap(ByteBuffer s, ByteBuffer[] d) throws SSLException { return unwrap(s, d, 0, d.length); }
    public SSLEngineResult wrap(ByteBuffer[] s, ByteBuffer d) throws SSLException { return wrap(s, 0, s.length, d); }
    public SSLEngineResult wrap(ByteBuffer s, ByteBuffer d) throws SSLException { return wrap(new ByteBuffer[] {s}, 0, 1, d); }
    public SSLParameters getSSLParameters() { return new SSLParameters(getEnabledCipherSuites(), getEnabledProtocols()); }
    public void setSSLParameters(SSLParameters p) {}
    public String getApplicationProtocol() { throw new UnsupportedOperationException(); }
    public String getHandshakeApplicationProtocol() { throw new UnsupportedOperationException(); }
    public void setHandshakeApplicationProtocolSelector(BiFunction<SSLEngine, List<String>, String> s) { throw new UnsupportedOperationException(); }
    public BiFunction<SSLEngine, List<String>, String> getHandshakeApplicationProtocolSelector() { throw new UnsupportedOperationException(); }
}
