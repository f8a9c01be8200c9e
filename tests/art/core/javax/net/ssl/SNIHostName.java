package javax.net.ssl;
public final class SNIHostName extends SNIServerName {
    private final String name;
    public SNIHostName(String name) { super(0, name.getBytes()); this.name = name; }
    public SNIHostName(byte[] name) { super(0, name); this.name = new String(name); }
    public String getAsciiName() { return name; }
}
