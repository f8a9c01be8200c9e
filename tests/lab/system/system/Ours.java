package system;

import android.app.ActivityThread;
import android.app.LoadedApk;
import android.content.Context;
import android.content.pm.PackageInfo;
import dalvik.system.BaseDexClassLoader;
import dalvik.system.DexClassLoader;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.robolectric.annotation.Implementation;
import org.robolectric.annotation.Implements;
import org.robolectric.annotation.RealObject;
import org.robolectric.shadow.api.Shadow;
import org.robolectric.shadows.ShadowActivityThread;
import org.robolectric.shadows.ShadowContextImpl;
import org.robolectric.shadows.ShadowLoadedApk;

/**
 * Where Robolectric stands in for a part of Android that a start must go through, Android's own code is let run again;
 * and the package manager's service, which is another process on a phone, answers for the app that is started.
 */
final class Ours {
    /** What the package manager knows of the app. */
    static PackageInfo app;

    private Ours() {}

    /** The app's class loader and its factory are made by Android's code. */
    @Implements(value = LoadedApk.class, isInAndroidSdk = false)
    public static class Loaded extends ShadowLoadedApk {
        @RealObject private LoadedApk real;

        @Override
        @Implementation
        public ClassLoader getClassLoader() {
            boolean mine = app != null && app.packageName.equals(real.getPackageName());
            return mine ? Shadow.directlyOn(real, LoadedApk.class, "getClassLoader") : super.getClassLoader();
        }
    }

    /** A context has the class loader of its package. */
    @Implements(className = "android.app.ContextImpl", isInAndroidSdk = false)
    public static class Base extends ShadowContextImpl {
        @RealObject private Context real;

        @Override
        @Implementation
        protected ClassLoader getClassLoader() {
            return Shadow.directlyOn(real, "android.app.ContextImpl", "getClassLoader");
        }
    }

    /** The package manager's service. */
    @Implements(value = ActivityThread.class, isInAndroidSdk = false)
    public static class Main extends ShadowActivityThread {
        @Implementation
        public static Object getPackageManager() {
            Object known = ShadowActivityThread.getPackageManager();
            InvocationHandler before = Proxy.getInvocationHandler(known);
            Class<?>[] type = known.getClass().getInterfaces();
            return Proxy.newProxyInstance(type[0].getClassLoader(), type, (proxy, method, a) -> {
                if (method.getName().equals("getPackageInfo") && a[0].equals(app.packageName)) return app;
                try {
                    return before.invoke(known, method, a);
                } catch (UnsupportedOperationException e) {
                    return nothing(method);
                }
            });
        }

        private static Object nothing(Method method) {
            Class<?> type = method.getReturnType();
            if (type.isArray()) return Array.newInstance(type.getComponentType(), 0);
            return type.isPrimitive() && type != void.class ? Array.get(Array.newInstance(type, 1), 0) : null;
        }
    }

    /** The classes of a DEX file that the app loads itself; those of the app come from {@link Code}. */
    @Implements(value = BaseDexClassLoader.class, isInAndroidSdk = false)
    public static class Dex {
        @RealObject private BaseDexClassLoader real;
        String file;
        private Path classes;

        @Implementation
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            try {
                byte[] code = Files.readAllBytes(folder().resolve(name.replace('.', '/') + ".class"));
                Method define = ClassLoader.class
                    .getDeclaredMethod("defineClass", String.class, byte[].class, int.class, int.class);
                define.setAccessible(true);
                return (Class<?>) define.invoke(real, name, code, 0, code.length);
            } catch (Exception e) {
                throw new ClassNotFoundException(name, e);
            }
        }

        /** Nobody counts which DEX files are loaded. */
        @Implementation(minSdk = 28)
        protected void reportClassLoaderChain() {}

        private synchronized Path folder() throws Exception {
            if (classes != null) return classes;
            classes = Paths.get(file + ".classes");
            lab.Convert.main(new String[] {classes.toString(), file});
            return classes;
        }
    }

    /** Knows the file. */
    @Implements(value = DexClassLoader.class, isInAndroidSdk = false)
    public static class LaterDex extends Dex {
        @Implementation
        protected void __constructor__(String file, String optimized, String libraries, ClassLoader parent) {
            this.file = file;
        }
    }

    /** Keys of transparency logs, which nothing here asks, and which Conscrypt's native library would read. */
    @Implements(className = "com.android.org.conscrypt.InternalUtil", isInAndroidSdk = false)
    public static class Logs {
        @Implementation
        public static PublicKey logKeyToPublicKey(byte[] encoded) throws NoSuchAlgorithmException {
            return KeyPairGenerator.getInstance("EC").generateKeyPair().getPublic();
        }
    }

    /** The one thing of Conscrypt's native library that its trust manager needs: the names of files of authorities. */
    @Implements(className = "com.android.org.conscrypt.NativeCrypto", isInAndroidSdk = false)
    public static class Crypto {
        @Implementation
        protected static String[] get_cipher_names(String selection) {
            return new String[0];
        }

        /** OpenSSL's {@code X509_NAME_hash_old}. */
        @Implementation
        public static int X509_NAME_hash_old(X500Principal name) throws NoSuchAlgorithmException {
            byte[] digest = MessageDigest.getInstance("MD5").digest(name.getEncoded());
            return ByteBuffer.wrap(digest).order(ByteOrder.LITTLE_ENDIAN).getInt();
        }
    }

    /** There is no such library here. */
    @Implements(className = "com.android.org.conscrypt.NativeCryptoJni", isInAndroidSdk = false)
    public static class Jni {
        @Implementation
        public static void init() {}
    }

    /** A phone without pins of its own: what API 24 reads from a file by native code. */
    @Implements(className = "com.android.org.conscrypt.CertPinManager", maxSdk = 27, isInAndroidSdk = false)
    public static class SystemPins {
        @Implementation
        public boolean isChainValid(String host, List<X509Certificate> chain) {
            return true;
        }
    }
}
