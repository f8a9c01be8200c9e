package javax.net.ssl;
public abstract class SNIMatcher {
    private final int type;
    protected SNIMatcher(int type) { this.type = type; }
    public final int getType() { return type; }
    public abstract boolean matches(SNIServerName name);
}
