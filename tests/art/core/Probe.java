import dalvik.annotation.optimization.FastNative;
import dalvik.system.DexFile;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringTokenizer;
import sun.misc.Unsafe;

/**
 * The class loader of one app, outside of the boot class loader; has ART link and verify every class, without
 * running any initialiser, and tells: <code>CLASS app name outcome detail</code>, apart by tabs.
 */
public final class Probe extends ClassLoader {
    private static final int SKIP_ACCESS_CHECKS = 0x80000, ABSTRACT_OR_NATIVE = 0x500;
    private final Map<String, Object> dexFiles = new LinkedHashMap<String, Object>();
    private final Method define = method("defineClassNative");

    Probe(String files) throws Exception {
        super(null);
        Method open = method("openDexFileNative"), names = method("getClassNameList");
        for (StringTokenizer t = new StringTokenizer(files, ","); t.hasMoreTokens(); ) {
            Object cookie = open.invoke(null, t.nextToken(), null, 0, null, null);
            for (String name : (String[]) names.invoke(null, cookie)) {
                if (!dexFiles.containsKey(name)) dexFiles.put(name, cookie);
            }
        }
    }

    private static Method method(String name) throws Exception {
        for (Method m : DexFile.class.getDeclaredMethods()) {
            if (m.getName().equals(name)) {
                m.setAccessible(true);
                return m;
            }
        }
        throw new NoSuchMethodException(name);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        Object cookie = dexFiles.get(name);
        if (cookie == null) throw new ClassNotFoundException(name);
        try {
            Object file = Unsafe.getUnsafe().allocateInstance(DexFile.class);
            return (Class<?>) define.invoke(null, name, this, cookie, file);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof LinkageError) throw (LinkageError) e.getCause();
            throw new ClassNotFoundException(name, e.getCause());
        } catch (IllegalAccessException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    /** <code>app=file,file;app=…</code>: one app after the other, each in a loader of its own. */
    static void run(String apps) {
        for (StringTokenizer t = new StringTokenizer(apps, ";"); t.hasMoreTokens(); ) {
            String one = t.nextToken(), app = one.substring(0, one.indexOf('='));
            try {
                Probe probe = new Probe(one.substring(app.length() + 1));
                for (String name : probe.dexFiles.keySet()) say("CLASS", app, name, probe.ask(name));
                say("DONE", app, "", "");
            } catch (InvocationTargetException e) {
                say("FAILED", app, "", line(e.getCause()));
            } catch (Throwable e) {
                say("FAILED", app, "", line(e));
            }
        }
    }

    private String ask(String name) {
        Class<?> found;
        try {
            found = Class.forName(name, false, this);
        } catch (Throwable e) {
            return "unlinked\t" + line(e);
        }
        try {
            if (!verify(found)) return "failed\tART's class linker was not found";
        } catch (VerifyError e) {
            return "rejected\t" + line(e);
        } catch (Throwable e) {
            return "failed\t" + line(e);
        }
        return verified(found) + "\t";
    }

    /** What ART does before it initialises a class. */
    @FastNative
    private static native boolean verify(Class<?> one);

    /** ART marks the methods of a class without any doubt; where a name could not be resolved it checks while it runs. */
    private static String verified(Class<?> one) {
        for (Method m : one.getDeclaredMethodsUnchecked(false)) if (doubted(m)) return "doubted";
        for (Constructor<?> c : one.getDeclaredConstructors()) if (doubted(c)) return "doubted";
        return "verified";
    }

    private static boolean doubted(Executable one) {
        return (one.flags() & (SKIP_ACCESS_CHECKS | ABSTRACT_OR_NATIVE)) == 0;
    }

    static String line(Throwable e) {
        return e.toString().replace('\n', ' ').replace('\t', ' ');
    }

    static void say(String what, String app, String name, String rest) {
        System.log(what + "\t" + app + "\t" + name + "\t" + rest);
    }
}
