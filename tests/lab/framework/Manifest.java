import java.io.File;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;

/**
 * APKs through the package parser that the system of this level installs with: PackageParser up to API 28,
 * ParsingPackageUtils later. Of each APK in the arguments everything that the parser made is written out, a value a
 * line, or {@code refused} and the reason.
 */
public final class Manifest {
    private static final String LATER = "com.android.internal.pm.";
    private static final String SERVER = "com.android.server.pm.";

    private Manifest() {}

    /** level, native library, framework jar, APKs. */
    public static void main(String[] a) throws Exception {
        int level = Integer.parseInt(a[0]);
        Natives.load(level, a[1], a[2]);
        for (int i = 3; i < a.length; i++) {
            System.out.println("apk\t" + a[i]);
            try {
                new Dump(a[i]).value("", parse(level, new File(a[i])));
            } catch (InvocationTargetException e) {
                Throwable why = e.getCause();
                if (!why.getClass().getSimpleName().startsWith("PackageParser")) throw e;
                System.out.println("refused\t" + why.getMessage()
                    + (why.getCause() == null ? "" : ": " + why.getCause()));
            } catch (Refused e) {
                System.out.println("refused\t" + e.getMessage());
            }
        }
    }

    private static Object parse(int level, File apk) throws Exception {
        if (level <= 28) {
            Class<?> type = Class.forName("android.content.pm.PackageParser");
            Object parser = type.getConstructor().newInstance();
            return type.getMethod("parsePackage", File.class, int.class).invoke(parser, apk, 0);
        }
        Class<?> input = Class.forName("android.content.pm.parsing.result.ParseInput");
        Object result;
        if (level == 30) {
            noSplitPermissions();
            Class<?> type = Class.forName("android.content.pm.parsing.ParsingPackageUtils");
            result = type.getMethod("parseDefault", input, File.class, int.class, boolean.class)
                .invoke(null, input(), apk, 0, false);
        } else if (level == 34) {
            Class<?> type = Class.forName(SERVER + "pkg.parsing.ParsingPackageUtils");
            result = type.getMethod("parseDefault", input, File.class, int.class, List.class, boolean.class)
                .invoke(null, input(), apk, 0, Collections.emptyList(), false);
        } else {
            result = later(apk);
        }
        if ((Boolean) call(result, "isError")) throw new Refused((String) call(result, "getErrorMessage"));
        return call(result, "getResult");
    }

    /** API 30 asks the permission service, where later the caller says them. */
    private static void noSplitPermissions() throws Exception {
        Class<?> service = Class.forName("android.permission.IPermissionManager");
        Field field = Class.forName("android.app.ActivityThread").getDeclaredField("sPermissionManager");
        field.setAccessible(true);
        InvocationHandler none = (proxy, method, args) -> Collections.emptyList();
        field.set(null, Proxy.newProxyInstance(ClassLoader.getSystemClassLoader(), new Class<?>[] {service}, none));
    }

    /** API 35 and 36, where the caller says what makes the package and which features there are. */
    private static Object later(File apk) throws Exception {
        Class<?> type = Class.forName(LATER + "pkg.parsing.ParsingPackageUtils");
        Class<?> input = Class.forName("android.content.pm.parsing.result.ParseInput");
        Class<?> callback = Class.forName(LATER + "pkg.parsing.ParsingPackageUtils$Callback");
        InvocationHandler answers = (proxy, method, args) -> answer(method, args);
        Object back = Proxy.newProxyInstance(ClassLoader.getSystemClassLoader(), new Class<?>[] {callback}, answers);
        Method parse = type.getMethod(
            "parseDefault", input, File.class, int.class, List.class, boolean.class, callback);
        return parse.invoke(null, input(), apk, 0, Collections.emptyList(), false, back);
    }

    private static Object answer(Method method, Object[] args) throws Exception {
        if (method.getName().equals("startParsingPackage")) {
            for (Method make : Class.forName(LATER + "parsing.pkg.PackageImpl").getMethods()) {
                if (make.getName().equals("forParsing")) {
                    Object[] all = new Object[make.getParameterCount()];
                    System.arraycopy(args, 0, all, 0, Math.min(args.length, all.length));
                    return make.invoke(null, all);
                }
            }
        }
        Class<?> type = method.getReturnType();
        if (type == boolean.class) return false;
        return type == java.util.Set.class ? Collections.emptySet() : null;
    }

    /** What the parser reports to; it asks nobody which changes of behaviour are on. */
    private static Object input() throws Exception {
        return Class.forName("android.content.pm.parsing.result.ParseTypeImpl")
            .getMethod("forParsingWithoutPlatformCompat").invoke(null);
    }

    private static Object call(Object on, String name) throws Exception {
        Method method = Class.forName("android.content.pm.parsing.result.ParseResult").getMethod(name);
        return method.invoke(on);
    }

    /** The parser said no. */
    private static final class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }
}
