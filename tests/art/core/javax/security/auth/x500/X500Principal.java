package javax.security.auth.x500;
/** A name as text, without ASN.1 (which needs BigInteger, whose natives are not here). */
public final class X500Principal implements java.security.Principal {
    public static final String RFC1779 = "RFC1779", RFC2253 = "RFC2253", CANONICAL = "CANONICAL";
    private final String name;
    public X500Principal(String name) { this.name = name; }
    public X500Principal(byte[] name) { throw new UnsupportedOperationException(); }
    public X500Principal(java.io.InputStream name) { throw new UnsupportedOperationException(); }
    public X500Principal(String name, java.util.Map<String, String> words) { this(name); }
    public byte[] getEncoded() { throw new UnsupportedOperationException(); }
    public String getName() { return name; }
    public String getName(String format) { return name; }
    public String getName(String format, java.util.Map<String, String> words) { return name; }
    public int hashCode() { return name.hashCode(); }
    public boolean equals(Object o) { return o instanceof X500Principal && ((X500Principal) o).name.equals(name); }
    public String toString() { return name; }
}
