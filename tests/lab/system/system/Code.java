package system;

import dalvik.system.PathClassLoader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;

/** The app's class loader, under the system's: class files that were its DEX files, its entries, its native library. */
final class Code extends PathClassLoader {
    private final URLClassLoader files;
    private final String libraries;

    /** {@code libraries}: the folder with the native libraries of this process. */
    Code(URL[] files, String libraries, ClassLoader system) {
        super("", system);
        this.files = new URLClassLoader(files, null);
        this.libraries = libraries;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try (InputStream in = files.getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) throw new ClassNotFoundException(name);
            byte[] code = in.readAllBytes();
            return defineClass(name, code, 0, code.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    @Override
    protected URL findResource(String name) {
        return files.findResource(name);
    }

    @Override
    public String findLibrary(String name) {
        return libraries + "/lib" + name + ".so";
    }
}
