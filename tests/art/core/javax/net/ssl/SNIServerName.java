package javax.net.ssl;
public abstract class SNIServerName {
    private final int type; private final byte[] encoded;
    protected SNIServerName(int type, byte[] encoded) { this.type = type; this.encoded = encoded.clone(); }
    public final int getType() { return type; }
    public final byte[] getEncoded() { return encoded.clone(); }
}
