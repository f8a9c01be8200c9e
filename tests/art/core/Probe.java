import dalvik.system.DexFile;
import java.lang.reflect.Method;
public final class Probe extends ClassLoader {
    private final Object[] cookies; private final Method define;
    private Probe(String[] files) throws Exception {
        super(null);
        Method open = null, d = null;
        for (Method m : DexFile.class.getDeclaredMethods()) { if (m.getName().equals("openDexFileNative")) open = m; if (m.getName().equals("defineClassNative")) d = m; }
        open.setAccessible(true); d.setAccessible(true); define = d;
        cookies = new Object[files.length];
        for (int i = 0; i < files.length; i++) cookies[i] = open.invoke(null, files[i], null, 0, null, null);
    }
    protected Class<?> findClass(String n) throws ClassNotFoundException {
        try { for (Object c : cookies) { Object k = define.invoke(null, n, this, c, sun.misc.Unsafe.getUnsafe().allocateInstance(DexFile.class)); if (k != null) return (Class<?>) k; } } catch (java.lang.reflect.InvocationTargetException e) { if (e.getCause() instanceof LinkageError) throw (LinkageError) e.getCause(); throw new ClassNotFoundException(n, e.getCause()); } catch (Exception e) { throw new ClassNotFoundException(n, e); }
        throw new ClassNotFoundException(n);
    }
    static void run(String list) {
        try {
            java.util.StringTokenizer t = new java.util.StringTokenizer(list, ","); String[] files = new String[t.countTokens()]; for (int i = 0; i < files.length; i++) files[i] = t.nextToken();
            Probe p = new Probe(files);
            Method names = null;
            for (Method m : DexFile.class.getDeclaredMethods()) if (m.getName().equals("getClassNameList")) names = m;
            names.setAccessible(true);
            int ok = 0, bad = 0, other = 0;
            for (Object c : p.cookies) for (String n : (String[]) names.invoke(null, c)) {
                try { Class.forName(n, true, p); ok++; }
                catch (VerifyError e) { bad++; System.log("VERIFY " + n + " " + e.getMessage()); }
                catch (Throwable e) { other++; Throwable c2 = e.getCause() == null ? e : e.getCause(); System.log("OTHER " + n + " " + e.getClass().getName() + " " + c2); }
            }
            System.log("RESULT ok " + ok + " verify-errors " + bad + " other " + other);
        } catch (Throwable e) { System.log("FAIL " + e + " " + e.getCause()); for (StackTraceElement s : e.getStackTrace()) System.log("  " + s); }
    }
}
