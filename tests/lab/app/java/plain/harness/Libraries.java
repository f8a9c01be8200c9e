package harness;

import dalvik.system.DexClassLoader;
import java.io.File;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** No libraries: what the app does itself. */
final class Libraries {
    private static Method plugin;

    private Libraries() {}

    static void add(List<Client> all) {
        all.add(new Client("own pinner", "", (host, port) -> pinned("lab.pin", host, port)));
        all.add(new Client("own pinner, outdated", "", (host, port) -> pinned("lab.pin.outdated", host, port)));
        all.add(new Client("second DEX at run time", "", (host, port) -> (String) plugin().invoke(null, host, port)));
    }

    private static String pinned(String property, String host, int port) throws Exception {
        return Http.get(Trust.context(Pinner.of(System.getProperty(property))).getSocketFactory(), host, port, true);
    }

    private static synchronized Method plugin() throws Exception {
        if (plugin != null) return plugin;
        File dex = File.createTempFile("extra", ".dex", new File(System.getProperty("lab.files")));
        ClassLoader own = Libraries.class.getClassLoader();
        try (InputStream in = own.getResourceAsStream("assets/extra.dex")) {
            Files.copy(in, dex.toPath(), StandardCopyOption.REPLACE_EXISTING);
        }
        ClassLoader loader = new DexClassLoader(dex.getPath(), dex.getParent(), null, own);
        plugin = loader.loadClass("plugin.Plugin").getMethod("get", String.class, int.class);
        return plugin;
    }
}
