package system;

import android.app.Activity;
import android.app.AlertDialog;
import android.app.Application;
import android.os.Build;
import android.widget.Button;
import android.widget.TextView;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import org.conscrypt.Conscrypt;
import org.junit.Test;
import org.junit.runner.JUnitCore;
import org.junit.runner.Result;
import org.junit.runner.RunWith;
import org.junit.runner.notification.Failure;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.ConscryptMode;
import org.robolectric.annotation.GraphicsMode;
import org.robolectric.annotation.SQLiteMode;
import org.robolectric.shadows.ShadowLog;
import org.robolectric.util.ReflectionHelpers;

/**
 * A phone of one API level on which one process of an app is started. Properties: {@code lab.apk}, {@code lab.classes}
 * (class files that were its DEX files), {@code lab.libraries}, {@code lab.certificate}, {@code lab.process},
 * {@code lab.data}. Commands come on stdin, answers are lines of two columns.
 */
@RunWith(Runner.class)
@Config(
    manifest = Config.NONE,
    sdk = Config.ALL_SDKS,
    application = Application.class,
    instrumentedPackages = {"org.apache.harmony.dalvik."},
    shadows = {Ours.Loaded.class, Ours.Base.class, Ours.Main.class, Ours.Dex.class, Ours.LaterDex.class,
        Ours.Logs.class, Ours.Crypto.class, Ours.Jni.class,
        Ours.SystemPins.class})
@ConscryptMode(ConscryptMode.Mode.OFF)
@GraphicsMode(GraphicsMode.Mode.LEGACY)
@SQLiteMode(SQLiteMode.Mode.LEGACY)
public final class Start {
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true);

    private final List<AlertDialog> seen = new ArrayList<>();
    private App app;
    private Class<?> clients;
    private Activity front;
    private int logged;

    private static void say(String what, String text) {
        OUT.println(what + "\t" + text.replace('\n', ' '));
    }

    private static Path path(String property) {
        return Paths.get(System.getProperty(property));
    }

    public static void main(String[] a) {
        System.setOut(System.err); // Robolectric has much to say
        Result result = JUnitCore.runClasses(Start.class);
        for (Failure one : result.getFailures()) System.err.println(one.getTrace());
        System.exit(1);
    }

    @Test
    public void run() throws Throwable {
        String libraries = System.getProperty("lab.libraries");
        byte[] certificate = Files.readAllBytes(path("lab.certificate"));
        Installed installed = new Installed(path("lab.apk"), certificate, path("lab.data"), libraries);
        URL[] files = {path("lab.classes").toUri().toURL(), path("lab.apk").toUri().toURL()};
        ClassLoader code = new Code(files, libraries, getClass().getClassLoader());
        app = new App(installed);
        Provider tls = Conscrypt.newProviderBuilder().setName("AndroidOpenSSL").provideTrustManager(false).build();
        Security.insertProviderAt(tls, 1);
        Class<?> managers = Class.forName("com.android.org.conscrypt.JSSEProvider"); // the system's trust, without the app's config
        Security.insertProviderAt((Provider) managers.getDeclaredConstructor().newInstance(), 2);
        Class<?> verifier = Class.forName("com.android.okhttp.internal.tls.OkHostnameVerifier"); // as Android's own class has it
        HttpsURLConnection.setDefaultHostnameVerifier(ReflectionHelpers.getStaticField(verifier, "INSTANCE"));
        say("api", String.valueOf(Build.VERSION.SDK_INT));
        try {
            app.start(installed.application.packageName + System.getProperty("lab.process"), code);
        } finally {
            settle();
        }
        clients = code.loadClass(System.getProperty("lab.clients"));
        say("ready", first());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            obey(line.split(" "));
            settle();
            say("done", first());
        }
        System.exit(0);
    }

    private static String first() {
        return Security.getProviders()[0].getName();
    }

    private void obey(String[] words) throws Throwable {
        switch (words[0]) {
            case "names":
                for (String one : (String[]) clients.getMethod("names").invoke(null)) say("name", one);
                return;
            case "visit":
                Object met = clients.getMethod("visit", int.class, String.class, int.class)
                    .invoke(null, Integer.parseInt(words[1]), words[2], Integer.parseInt(words[3]));
                say("met", met + "\t");
                return;
            case "resume":
                front = app.launch(words[1]);
                return;
            case "leave":
                app.leave(front);
                return;
            case "intrude":
                Security.removeProvider("Intruder");
                Security.insertProviderAt(new Provider("Intruder", "1", "") {}, 1);
                return;
            case "press":
                seen.get(seen.size() - 1).getButton(AlertDialog.BUTTON_POSITIVE).performClick();
                return;
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    /** Lets the main thread do what it was asked to, and tells what the app logged and what is on the screen. */
    private void settle() {
        app.idle();
        List<ShadowLog.LogItem> lines = ShadowLog.getLogsForTag("harness");
        for (; logged < lines.size(); logged++) say("log", lines.get(logged).msg);
        for (android.app.Dialog one : org.robolectric.shadows.ShadowDialog.getShownDialogs()) {
            if (!(one instanceof AlertDialog) || seen.contains(one)) continue;
            AlertDialog dialog = (AlertDialog) one;
            seen.add(dialog);
            Button button = dialog.getButton(AlertDialog.BUTTON_POSITIVE);
            say("dialog", text(dialog, "alertTitle") + " | " + text(dialog, "message") + " | " + button.getText());
        }
    }

    private static CharSequence text(AlertDialog dialog, String name) {
        int id = dialog.getContext().getResources().getIdentifier(name, "id", "android");
        return ((TextView) dialog.findViewById(id)).getText();
    }
}
