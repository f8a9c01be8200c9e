package lab;

import android.app.Activity;
import android.app.ActivityThread;
import android.app.AppComponentFactory;
import android.app.Application;
import android.content.pm.ApplicationInfo;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Starts an app as a phone would, in a child class loader, and lets its clients speak to servers. Arguments: class path
 * of the app, package, APK, certificate of the signer, application class, then the entry points to run: the factory's
 * class name or {@code -}, and the providers' class names with commas between, or {@code -}. Commands come on stdin,
 * answers are lines of two columns.
 */
public final class Lab {
    private static Class<?> clients;

    private Lab() {}

    public static synchronized void say(String what, String text) {
        System.out.println(what + "\t" + text.replace('\n', ' '));
        System.out.flush();
    }

    public static void main(String[] a) throws Exception {
        if (System.getProperty("lab.keys") != null) Security.addProvider(new Keys());
        Systems.before();
        List<URL> classes = new ArrayList<>();
        for (String part : a[0].split(File.pathSeparator)) classes.add(Paths.get(part).toUri().toURL());
        ClassLoader loader = new Loader(classes.toArray(new URL[0]), Lab.class.getClassLoader());
        Device device = new Device(a[1], a[2], Files.readAllBytes(Paths.get(a[3])));
        AppComponentFactory factory = a[5].equals("-")
            ? new AppComponentFactory()
            : (AppComponentFactory) loader.loadClass(a[5]).newInstance();
        long begin = System.nanoTime();
        Application application = start(factory, loader, device, a[4]);
        if (!a[6].equals("-"))
            for (String one : a[6].split(",")) factory.instantiateProvider(loader, one).attach(application);
        application.onCreate();
        say("took", String.valueOf(System.nanoTime() - begin));
        clients = loader.loadClass(System.getProperty("lab.clients", "org.example.pinfuse.demo.net.Clients"));
        say("ready", Security.getProviders()[0].getName());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("resume")) resume(application);
            else if (line.equals("intrude")) intrude();
            else if (line.startsWith("play services")) Systems.playServices(line.endsWith("trust managers"));
            else if (line.equals("names")) names();
            else if (line.startsWith("visit ")) visit(line.split(" "));
            else if (line.startsWith("repeat ")) repeat(line.split(" "));
            else if (line.startsWith("service ")) factory.instantiateService(loader, line.substring(8), null);
            else if (line.startsWith("ask ")) ask(loader, line.substring(4));
            else run(loader, line);
            say("done", Security.getProviders()[0].getName());
        }
    }

    private static Application start(AppComponentFactory made, ClassLoader loader, Device device, String name)
            throws Exception {
        ClassLoader own = made.instantiateClassLoader(loader, new ApplicationInfo());
        Application application = made.instantiateApplication(own, name);
        device.application = application;
        ActivityThread.application = application;
        application.attach(device);
        return application;
    }

    private static void resume(Application application) {
        Activity activity = new Activity(application);
        for (Application.ActivityLifecycleCallbacks one : application.callbacks) one.onActivityResumed(activity);
    }

    /** Another provider takes the first place, as Google Play services' does. */
    private static void intrude() {
        Security.removeProvider("Intruder");
        Security.insertProviderAt(new Provider("Intruder", 1.0, "") {}, 1);
    }

    /** Puts every line of a file to the natives of the shim: host or "-", seconds, flags, certificates in Base64. */
    private static void ask(ClassLoader loader, String file) throws Exception {
        Method ready = loader.loadClass("zqk.G").getDeclaredMethod("ready");
        ready.setAccessible(true);
        ready.invoke(null);
        Method check = loader.loadClass("zqk.N")
            .getDeclaredMethod("b", byte[][].class, byte[].class, long.class, int.class, int[].class);
        check.setAccessible(true);
        for (String line : Files.readAllLines(Paths.get(file))) {
            String[] words = line.split(" ", -1);
            byte[][] chain = new byte[words.length - 3][];
            for (int i = 0; i < chain.length; i++) chain[i] = Base64.getDecoder().decode(words[i + 3]);
            byte[] host = words[0].equals("-") ? null : Base64.getDecoder().decode(words[0]);
            int[] out = new int[4];
            Object said = check.invoke(null, chain, host, Long.parseLong(words[1]), Integer.parseInt(words[2]), out);
            say("verdict", said + " " + out[0] + " " + out[1] + " " + out[2] + " " + out[3]);
        }
    }

    private static void names() throws Exception {
        for (String one : (String[]) clients.getMethod("names").invoke(null)) say("name", one);
    }

    /** One client speaks to one server: its number, host, port. What it met, and the layers that were asked. */
    private static void visit(String[] words) throws Exception {
        Layers.since();
        Object met = clients.getMethod("visit", int.class, String.class, int.class)
            .invoke(null, Integer.parseInt(words[1]), words[2], Integer.parseInt(words[3]));
        say("met", met + "\t" + Layers.since());
    }

    /** As visit, so many times (the last word); the nanoseconds of each. */
    private static void repeat(String[] words) throws Exception {
        Method visit = clients.getMethod("visit", int.class, String.class, int.class);
        for (int i = 0; i < Integer.parseInt(words[4]); i++) {
            long begin = System.nanoTime();
            Object met = visit.invoke(null, Integer.parseInt(words[1]), words[2], Integer.parseInt(words[3]));
            say(((String) met).startsWith("served: ") ? "took" : "met", String.valueOf(System.nanoTime() - begin));
        }
    }

    private static void run(ClassLoader loader, String server) throws Exception {
        Class<?> type = loader.loadClass("org.example.pinfuse.demo.net.Server");
        Object parsed = type.getMethod("parse", String.class).invoke(null, server);
        Class<?> client = loader.loadClass("org.example.pinfuse.demo.net.Client");
        Method report = clients.getMethod("report", client, type);
        for (Object one : (List<?>) clients.getMethod("all").invoke(null))
            say("client", (String) report.invoke(null, one, parsed));
    }
}
