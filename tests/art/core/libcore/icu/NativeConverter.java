package libcore.icu;
import java.nio.*;
import java.nio.charset.*;
/** UTF-8, ASCII and Latin-1 without ICU; of UTF-16 the name alone. */
public final class NativeConverter {
    private NativeConverter() {}
    public static String[] getAvailableCharsetNames() { return new String[] {"UTF-8", "US-ASCII", "ISO-8859-1"}; }
    public static boolean contains(String a, String b) { return a.equals(b); }
    public static Charset charsetForName(String n) {
        String u = n.toUpperCase();
        if (u.equals("UTF-8") || u.equals("UTF8")) return new Plain("UTF-8", 0x10ffff);
        if (u.equals("US-ASCII") || u.equals("ASCII")) return new Plain("US-ASCII", 127);
        if (u.startsWith("UTF-16")) return new Plain(u, -1);
        return u.equals("ISO-8859-1") ? new Plain("ISO-8859-1", 255) : null;
    }
    private static final class Plain extends Charset {
        final int last;
        Plain(String n, int last) { super(n, null); this.last = last; }
        public boolean contains(Charset c) { return c == this; }
        public CharsetDecoder newDecoder() {
            if (last < 0) throw new UnsupportedOperationException(name());
            return new CharsetDecoder(this, 1, 1) {
                protected CoderResult decodeLoop(ByteBuffer in, CharBuffer out) {
                    while (in.hasRemaining()) {
                        int at = in.position(), c = in.get(at) & 255, n = last <= 255 || c < 128 ? 0 : c < 224 ? 1 : c < 240 ? 2 : 3;
                        if (in.remaining() <= n) return CoderResult.UNDERFLOW;
                        if (n > 0) c &= 63 >> n;
                        for (int i = 1; i <= n; i++) c = c << 6 | in.get(at + i) & 63;
                        if (c > last) return CoderResult.malformedForLength(1);
                        if (out.remaining() < (c > 0xffff ? 2 : 1)) return CoderResult.OVERFLOW;
                        in.position(at + n + 1);
                        if (c > 0xffff) { out.put((char) (0xd7c0 + (c >> 10))).put((char) (0xdc00 + (c & 1023))); } else out.put((char) c);
                    }
                    return CoderResult.UNDERFLOW;
                }
            };
        }
        public CharsetEncoder newEncoder() {
            if (last < 0) throw new UnsupportedOperationException(name());
            return new CharsetEncoder(this, 1, 4, new byte[] {'?'}) {
                protected CoderResult encodeLoop(CharBuffer in, ByteBuffer out) {
                    while (in.hasRemaining()) {
                        char c = in.get(in.position());
                        if (c > last) return CoderResult.unmappableForLength(1);
                        byte[] b = c < 128 || last <= 255 ? new byte[] {(byte) c} : String.valueOf(c).getBytes();
                        if (out.remaining() < b.length) return CoderResult.OVERFLOW;
                        in.get();
                        out.put(b);
                    }
                    return CoderResult.UNDERFLOW;
                }
            };
        }
        public boolean isLegalReplacement(byte[] b) { return true; }
    }
}
