package dalvik.system;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;

/** Loads a DEX file at run time, by way of class files in a folder beside it. */
public class DexClassLoader extends URLClassLoader {
    public DexClassLoader(String dex, String optimized, String libraries, ClassLoader parent) {
        super(new URL[] {classes(dex)}, parent);
    }

    private static URL classes(String dex) {
        File folder = new File(dex + ".classes");
        try {
            lab.Convert.main(new String[] {folder.getPath(), dex});
            return folder.toURI().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
