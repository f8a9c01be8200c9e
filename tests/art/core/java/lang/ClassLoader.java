package java.lang;
import java.util.*;
import java.net.URL;
public abstract class ClassLoader {
    static private class SystemClassLoader { public static ClassLoader loader = BootClassLoader.getInstance(); }
    public final Map<List<Class<?>>, Class<?>> proxyCache = null;
    private final ClassLoader parent;
    private final HashMap<String, Package> packages = null;
    private transient long allocator;
    private transient long classTable;
    protected ClassLoader() { this(getSystemClassLoader()); }
    protected ClassLoader(ClassLoader p) { parent = p; }
    ClassLoader(ClassLoader p, boolean allowNull) { parent = p; }
    public static ClassLoader getSystemClassLoader() { return SystemClassLoader.loader; }
    public Class<?> loadClass(String n) throws ClassNotFoundException { return loadClass(n, false); }
    protected Class<?> loadClass(String n, boolean r) throws ClassNotFoundException {
        Class<?> c = findLoadedClass(n);
        if (c != null) return c;
        try { if (parent != null) return parent.loadClass(n, false); return BootClassLoader.getInstance().loadClass(n, false); } catch (ClassNotFoundException e) { return findClass(n); }
    }
    protected Class<?> findClass(String n) throws ClassNotFoundException { throw new ClassNotFoundException(n); }
    protected final Class<?> findLoadedClass(String n) { return VMClassLoader.findLoadedClass(this == BootClassLoader.getInstance() ? null : this, n); }
    protected final void resolveClass(Class<?> c) {}
    public final ClassLoader getParent() { return parent; }
    public URL getResource(String n) { return null; }
    public Enumeration<URL> getResources(String n) throws java.io.IOException { return Collections.enumeration(new ArrayList<URL>()); }
    public java.io.InputStream getResourceAsStream(String n) { return null; }
    protected URL findResource(String n) { return null; }
    protected Enumeration<URL> findResources(String n) throws java.io.IOException { return getResources(n); }
    protected String findLibrary(String n) { return null; }
    protected Package getPackage(String n) { return null; }
    protected Package[] getPackages() { return new Package[0]; }
    protected Package definePackage(String a, String b, String c, String d, String e, String f, String g, URL u) { return null; }
    public static URL getSystemResource(String n) { return null; }
    protected final Class<?> defineClass(String n, byte[] b, int o, int l) { throw new UnsupportedOperationException(); }
    protected final Class<?> defineClass(String n, byte[] b, int o, int l, java.security.ProtectionDomain p) { throw new UnsupportedOperationException(); }
}
class BootClassLoader extends ClassLoader {
    private static BootClassLoader instance;
    public static synchronized BootClassLoader getInstance() { if (instance == null) instance = new BootClassLoader(); return instance; }
    BootClassLoader() { super(null, true); }
    protected Class<?> findClass(String n) throws ClassNotFoundException { return Class.classForName(n, false, null); }
    protected Class<?> loadClass(String n, boolean r) throws ClassNotFoundException { Class<?> c = findLoadedClass(n); return c == null ? findClass(n) : c; }
}
