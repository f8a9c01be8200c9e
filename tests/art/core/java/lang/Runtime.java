package java.lang;
public class Runtime {
    private static final Runtime one = new Runtime();
    private Runtime() {}
    public static Runtime getRuntime() { return one; }
    private static String nativeLoad(String f, ClassLoader l) { return nativeLoad(f, l, null); }
    private static native String nativeLoad(String f, ClassLoader l, Class<?> c);
    public native void gc();
    public native long freeMemory();
    public native long totalMemory();
    public native long maxMemory();
    private static native void nativeExit(int c);
    public void exit(int c) { nativeExit(c); }
    public void halt(int c) { nativeExit(c); }
    public int availableProcessors() { return 1; }
    public void load(String f) { load(f, (ClassLoader) null); }
    public void loadLibrary(String f) { load("lib" + f + ".so"); }
    void load(String f, ClassLoader l) { String e = nativeLoad(f, l); if (e != null) throw new UnsatisfiedLinkError(e); }
    void loadLibrary(String f, ClassLoader l) { load("lib" + f + ".so", l); }
    void load0(Class<?> c, String f) { load(f); }
    void loadLibrary0(ClassLoader l, String f) { loadLibrary(f, l); }
    public void runFinalization() {}
    public static void runFinalizersOnExit(boolean b) {}
    public void addShutdownHook(Thread t) {}
    public boolean removeShutdownHook(Thread t) { return true; }
    public Process exec(String[] a) throws java.io.IOException { throw new java.io.IOException(); }
    public Process exec(String a) throws java.io.IOException { throw new java.io.IOException(); }
    public Process exec(String[] a, String[] b, java.io.File c) throws java.io.IOException { throw new java.io.IOException(); }
}
