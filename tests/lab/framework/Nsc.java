import android.content.Context;
import android.content.ContextWrapper;
import android.content.pm.ApplicationInfo;
import android.content.res.AssetManager;
import android.content.res.Configuration;
import android.content.res.Resources;
import android.content.res.XmlResourceParser;
import android.security.net.config.ApplicationConfig;
import android.security.net.config.ConfigSource;
import android.security.net.config.ManifestConfigSource;
import android.security.net.config.NetworkSecurityConfig;
import android.security.net.config.Pin;
import android.security.net.config.XmlConfigSource;
import android.util.DisplayMetrics;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.TreeSet;
import javax.net.ssl.X509TrustManager;

/**
 * Network security configs through the parser, the choice of a domain and the check of pins of this level. Lines of
 * the file: {@code config FILE} (compiled XML) or {@code app APK RESOURCE TARGET} takes one, {@code ?HOST} asks what
 * holds for a host, {@code !HOST CHAIN} lets a chain (PEM, leaf first) be checked for it. An answer is a line.
 */
public final class Nsc {
    private static final int TARGET = 34;

    private Nsc() {}

    /** level, native library, framework jar, file. */
    public static void main(String[] a) throws Exception {
        Natives.load(Integer.parseInt(a[0]), a[1], a[2]);
        ApplicationConfig config = null;
        for (String line : Files.readAllLines(Paths.get(a[3]))) {
            String[] words = line.substring(1).trim().split(" ");
            if (line.startsWith("?")) {
                if (config != null) System.out.println(answer(config, words[0]));
            } else if (line.startsWith("!")) {
                System.out.println(checked(config, words[0], words[1]));
            } else {
                try {
                    String[] all = line.split(" ");
                    config = new ApplicationConfig(all[0].equals("app") ? ofApp(all) : ofFile(all[1]));
                    config.getConfigForHostname("a.example");
                    System.out.println("taken");
                } catch (InvocationTargetException | RuntimeException e) {
                    config = null;
                    System.out.println("refused " + e.getCause());
                }
            }
        }
    }

    /** Compiled XML, as a resource of an app would be given to the parser. */
    private static ConfigSource ofFile(String file) throws Exception {
        Class<?> type = Class.forName("android.content.res.XmlBlock");
        Constructor<?> make = type.getConstructor(byte[].class);
        make.setAccessible(true);
        Object block = make.newInstance((Object) Files.readAllBytes(Paths.get(file)));
        Method open = type.getDeclaredMethod("newParser");
        open.setAccessible(true);
        Object parser = open.invoke(block);
        ConfigSource source = source();
        Method parse = XmlConfigSource.class.getDeclaredMethod("parseNetworkSecurityConfig", XmlResourceParser.class);
        parse.setAccessible(true);
        parse.invoke(source, parser);
        Field done = XmlConfigSource.class.getDeclaredField("mInitialized");
        done.setAccessible(true);
        done.set(source, true);
        return source;
    }

    private static ConfigSource source() throws Exception {
        for (Constructor<?> one : XmlConfigSource.class.getConstructors()) {
            if (one.getParameterCount() == 4) return (ConfigSource) one.newInstance(null, 0, false, TARGET);
        }
        ApplicationInfo info = new ApplicationInfo();
        info.targetSdkVersion = TARGET;
        return new XmlConfigSource(null, 0, info);
    }

    /** The config of an app, found as the system finds it: from what the package parser read. */
    private static ConfigSource ofApp(String[] words) throws Exception {
        ApplicationInfo info = new ApplicationInfo();
        info.packageName = "org.example";
        info.targetSdkVersion = Integer.parseInt(words[3]);
        Field resource = ApplicationInfo.class.getField("networkSecurityConfigRes");
        resource.set(info, Integer.parseInt(words[2]));
        AssetManager assets = AssetManager.class.getConstructor().newInstance();
        AssetManager.class.getMethod("addAssetPath", String.class).invoke(assets, words[1]);
        DisplayMetrics metrics = new DisplayMetrics();
        metrics.setToDefaults();
        Resources resources = new Resources(assets, metrics, new Configuration());
        Context context = new ContextWrapper(null) {
            @Override
            public Resources getResources() {
                return resources;
            }

            @Override
            public ApplicationInfo getApplicationInfo() {
                return info;
            }
        };
        return new ManifestConfigSource(context);
    }

    private static String answer(ApplicationConfig config, String host) {
        NetworkSecurityConfig found = config.getConfigForHostname(host);
        TreeSet<String> pins = new TreeSet<>();
        for (Pin pin : found.getPins().pins) pins.add(Base64.getEncoder().encodeToString(pin.digest));
        long until = found.getPins().expirationTime;
        String end = until == Long.MAX_VALUE ? "-" : new SimpleDateFormat("yyyy-MM-dd").format(new Date(until));
        return host + " " + found.isCleartextTrafficPermitted() + " " + end + " " + String.join(",", pins);
    }

    /** What the system's trust manager says of a chain as a server presents it. */
    private static String checked(ApplicationConfig config, String host, String file) throws Exception {
        List<X509Certificate> chain = new ArrayList<>();
        try (InputStream in = Files.newInputStream(Paths.get(file))) {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Object one : factory.generateCertificates(in)) chain.add((X509Certificate) one);
        }
        X509TrustManager manager = config.getTrustManager();
        Method check = manager.getClass()
            .getMethod("checkServerTrusted", X509Certificate[].class, String.class, String.class);
        try {
            check.invoke(manager, chain.toArray(new X509Certificate[0]), "ECDHE_ECDSA", host);
            return "allowed";
        } catch (InvocationTargetException e) {
            if (!(e.getCause() instanceof CertificateException)) throw e;
            return "refused " + e.getCause().getMessage();
        }
    }
}
