package java.lang;
import java.io.*;
import java.util.*;
public final class System {
    public static InputStream in;
    public static PrintStream out;
    public static PrintStream err;
    private static final Properties properties = new Properties();
    private System() {}
    public static native void arraycopy(Object s, int a, Object d, int b, int n);
    private static native void arraycopyBooleanUnchecked(boolean[] s, int a, boolean[] d, int b, int n);
    private static native void arraycopyByteUnchecked(byte[] s, int a, byte[] d, int b, int n);
    private static native void arraycopyCharUnchecked(char[] s, int a, char[] d, int b, int n);
    private static native void arraycopyDoubleUnchecked(double[] s, int a, double[] d, int b, int n);
    private static native void arraycopyFloatUnchecked(float[] s, int a, float[] d, int b, int n);
    private static native void arraycopyIntUnchecked(int[] s, int a, int[] d, int b, int n);
    private static native void arraycopyLongUnchecked(long[] s, int a, long[] d, int b, int n);
    private static native void arraycopyShortUnchecked(short[] s, int a, short[] d, int b, int n);
    public static int identityHashCode(Object o) { return o == null ? 0 : Object.identityHashCode(o); }
    public static native long currentTimeMillis();
    public static native long nanoTime();
    public static native void log(String s);
    public static void exit(int c) { Runtime.getRuntime().exit(c); }
    public static void gc() {}
    public static String getenv(String n) { return null; }
    public static Map<String, String> getenv() { return new HashMap<String, String>(); }
    public static Properties getProperties() { return properties; }
    public static String getProperty(String n) { return getProperty(n, null); }
    public static String getProperty(String n, String d) { return properties.getProperty(n, d); }
    public static String setProperty(String n, String v) { return (String) properties.setProperty(n, v); }
    public static String clearProperty(String n) { return (String) properties.remove(n); }
    public static SecurityManager getSecurityManager() { return null; }
    public static String lineSeparator() { return "\n"; }
    public static void load(String f) { Runtime.getRuntime().load(f, dalvik.system.VMStack.getCallingClassLoader()); }
    public static void loadLibrary(String f) { Runtime.getRuntime().loadLibrary(f, dalvik.system.VMStack.getCallingClassLoader()); }
    public static String mapLibraryName(String n) { return "lib" + n + ".so"; }
    public static void logE(String s) { log(s); }
    public static void logE(String s, Throwable t) { log(s + t); }
    public static void logI(String s) { log(s); }
    public static void logI(String s, Throwable t) { log(s + t); }
    public static void logW(String s) { log(s); }
    public static void logW(String s, Throwable t) { log(s + t); }
    public static void setErr(PrintStream p) { err = p; }
    public static void setOut(PrintStream p) { out = p; }
    public static void runFinalization() {}
    public static void runFinalizersOnExit(boolean b) {}
}
