package java.lang;
import java.util.*;
import java.nio.charset.Charset;
public final class String implements java.io.Serializable, Comparable<String>, CharSequence {
    private final int count;
    private int hash;
    private static final long serialVersionUID = -6849794470754667710L;
    private static final java.io.ObjectStreamField[] serialPersistentFields = null;
    public Object chars() { return null; }
    public Object codePoints() { return null; }
    public static final Comparator<String> CASE_INSENSITIVE_ORDER = new Order();
    private static final class Order implements Comparator<String> { public int compare(String a, String b) { return a.compareToIgnoreCase(b); } }
    public String() { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a,int b) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a,int b,int c) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a,int b,int c,int d) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a,int b,int c,String d) throws java.io.UnsupportedEncodingException { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a,String b) throws java.io.UnsupportedEncodingException { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a,int b,int c,java.nio.charset.Charset d) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(byte[] a,java.nio.charset.Charset b) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(char[] a) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(char[] a,int b,int c) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(String a) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(StringBuffer a) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(int[] a,int b,int c) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public String(StringBuilder a) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    String(int a, int b, char[] c) { count = 0; if (true) throw new UnsupportedOperationException("StringFactory"); }
    public int length() { return count >>> 1; }
    public boolean isEmpty() { return count == 0; }
    public native char charAt(int i);
    public native int compareTo(String s);
    public native String concat(String s);
    private native String doReplace(char a, char b);
    private native String fastSubstring(int start, int length);
    native void getCharsNoCheck(int b, int e, char[] d, int at);
    public native String intern();
    public native char[] toCharArray();
    void _getChars(int b, int e, char[] d, int at) { getCharsNoCheck(b, e, d, at); }
    public void getChars(int b, int e, char[] d, int at) { if (b < 0 || b > e || e > length() || at < 0 || at + e - b > d.length) throw new StringIndexOutOfBoundsException(b); getCharsNoCheck(b, e, d, at); }
    public String replace(char a, char b) { return indexOf(a) < 0 ? this : doReplace(a, b); }
    public String substring(int b) { return substring(b, length()); }
    public String substring(int b, int e) { if (b < 0 || e > length() || b > e) throw new StringIndexOutOfBoundsException(b); return b == 0 && e == length() ? this : fastSubstring(b, e - b); }
    public CharSequence subSequence(int b, int e) { return substring(b, e); }
    public boolean equals(Object o) { if (this == o) return true; if (!(o instanceof String) || ((String) o).count != count) return false; String s = (String) o; for (int i = length(); --i >= 0; ) if (s.charAt(i) != charAt(i)) return false; return true; }
    public int hashCode() { int h = hash; if (h == 0) { for (int i = 0, n = length(); i < n; i++) h = 31 * h + charAt(i); hash = h; } return h; }
    public String toString() { return this; }
    public int codePointAt(int i) { return Character.codePointAt(this, i); }
    public int codePointBefore(int i) { return Character.codePointBefore(this, i); }
    public int codePointCount(int a, int b) { return Character.codePointCount(this, a, b); }
    public int offsetByCodePoints(int a, int b) { return Character.offsetByCodePoints(this, a, b); }
    public int indexOf(int c) { return indexOf(c, 0); }
    public int indexOf(int c, int from) { for (int i = from < 0 ? 0 : from, n = length(); i < n; i++) if (charAt(i) == c) return i; return -1; }
    public int lastIndexOf(int c) { return lastIndexOf(c, length() - 1); }
    public int lastIndexOf(int c, int from) { for (int i = Math.min(from, length() - 1); i >= 0; i--) if (charAt(i) == c) return i; return -1; }
    public int indexOf(String s) { return indexOf(s, 0); }
    public int indexOf(String s, int from) { for (int i = from < 0 ? 0 : from; i + s.length() <= length(); i++) if (startsWith(s, i)) return i; return -1; }
    public int lastIndexOf(String s) { return lastIndexOf(s, length()); }
    public int lastIndexOf(String s, int from) { for (int i = Math.min(from, length() - s.length()); i >= 0; i--) if (startsWith(s, i)) return i; return -1; }
    public boolean startsWith(String s) { return startsWith(s, 0); }
    public boolean startsWith(String s, int at) { if (at < 0 || at + s.length() > length()) return false; for (int i = 0; i < s.length(); i++) if (s.charAt(i) != charAt(at + i)) return false; return true; }
    public boolean endsWith(String s) { return startsWith(s, length() - s.length()); }
    public boolean contains(CharSequence s) { return indexOf(s.toString()) >= 0; }
    public boolean contentEquals(CharSequence s) { return s.toString().equals(this); }
    public boolean contentEquals(StringBuffer s) { return s.toString().equals(this); }
    public boolean equalsIgnoreCase(String s) { return s != null && s.count == count && compareToIgnoreCase(s) == 0; }
    public int compareToIgnoreCase(String s) { int n = Math.min(length(), s.length()); for (int i = 0; i < n; i++) { char a = low(charAt(i)), b = low(s.charAt(i)); if (a != b) return a - b; } return length() - s.length(); }
    private static char low(char c) { return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c; }
    private static char up(char c) { return c >= 'a' && c <= 'z' ? (char) (c - 32) : c; }
    public String toLowerCase() { char[] c = toCharArray(); for (int i = 0; i < c.length; i++) c[i] = low(c[i]); return new String(c); }
    public String toUpperCase() { char[] c = toCharArray(); for (int i = 0; i < c.length; i++) c[i] = up(c[i]); return new String(c); }
    public String toLowerCase(Locale l) { return toLowerCase(); }
    public String toUpperCase(Locale l) { return toUpperCase(); }
    public String trim() { int a = 0, b = length(); while (a < b && charAt(a) <= ' ') a++; while (b > a && charAt(b - 1) <= ' ') b--; return substring(a, b); }
    public boolean regionMatches(int a, String s, int b, int n) { return regionMatches(false, a, s, b, n); }
    public boolean regionMatches(boolean ci, int a, String s, int b, int n) { if (a < 0 || b < 0 || a + n > length() || b + n > s.length()) return false; String x = substring(a, a + n), y = s.substring(b, b + n); return ci ? x.equalsIgnoreCase(y) : x.equals(y); }
    public byte[] getBytes() { byte[] b = new byte[length() * 3]; int n = 0; for (int i = 0; i < length(); i++) { char c = charAt(i); if (c < 128) b[n++] = (byte) c; else if (c < 2048) { b[n++] = (byte) (192 | c >> 6); b[n++] = (byte) (128 | c & 63); } else { b[n++] = (byte) (224 | c >> 12); b[n++] = (byte) (128 | c >> 6 & 63); b[n++] = (byte) (128 | c & 63); } } return Arrays.copyOf(b, n); }
    public byte[] getBytes(String cs) throws java.io.UnsupportedEncodingException { return getBytes(); }
    public byte[] getBytes(Charset cs) { return getBytes(); }
    public static String copyValueOf(char[] c) { return new String(c); }
    public static String copyValueOf(char[] c, int a, int b) { return new String(c, a, b); }
    public static String valueOf(char[] c) { return new String(c); }
    public static String valueOf(char[] c, int a, int b) { return new String(c, a, b); }
    public static String valueOf(char c) { return new String(new char[] {c}); }
    public static String valueOf(double v) { return Double.toString(v); }
    public static String valueOf(float v) { return Float.toString(v); }
    public static String valueOf(int v) { return Integer.toString(v); }
    public static String valueOf(long v) { return Long.toString(v); }
    public static String valueOf(Object v) { return v == null ? "null" : v.toString(); }
    public static String valueOf(boolean v) { return v ? "true" : "false"; }
    public String replace(CharSequence a, CharSequence b) { String x = a.toString(), y = b.toString(); StringBuilder o = new StringBuilder(); int at = 0, i; if (x.isEmpty()) return this; while ((i = indexOf(x, at)) >= 0) { o.append(this, at, i).append(y); at = i + x.length(); } return o.append(this, at, length()).toString(); }
    public boolean matches(String r) { return java.util.regex.Pattern.matches(r, this); }
    public String replaceAll(String r, String s) { return java.util.regex.Pattern.compile(r).matcher(this).replaceAll(s); }
    public String replaceFirst(String r, String s) { return java.util.regex.Pattern.compile(r).matcher(this).replaceFirst(s); }
    public String[] split(String r) { return split(r, 0); }
    public String[] split(String r, int n) {
        if (r.length() != 1 || n > 0 || ".$|()[{^?*+\\".indexOf(r.charAt(0)) >= 0) return java.util.regex.Pattern.compile(r).split(this, n);
        ArrayList<String> o = new ArrayList<String>();
        int at = 0;
        for (int i; (i = indexOf(r, at)) >= 0; at = i + 1) o.add(substring(at, i));
        o.add(substring(at));
        while (n == 0 && o.size() > 1 && o.get(o.size() - 1).isEmpty()) o.remove(o.size() - 1);
        return o.toArray(new String[o.size()]);
    }
    public static String format(String f, Object... a) { return format(Locale.getDefault(), f, a); }
    public static String format(Locale l, String f, Object... a) { return new Formatter(l).format(f, a).toString(); }
    public static String join(CharSequence d, CharSequence... e) { StringBuilder o = new StringBuilder(); for (int i = 0; i < e.length; i++) { if (i > 0) o.append(d); o.append(e[i]); } return o.toString(); }
    public static String join(CharSequence d, Iterable<? extends CharSequence> e) { StringBuilder o = new StringBuilder(); for (CharSequence c : e) { if (o.length() > 0) o.append(d); o.append(c); } return o.toString(); }
    public void getBytes(int a, int b, byte[] d, int at) { for (int i = a; i < b; i++) d[at++] = (byte) charAt(i); }
}
