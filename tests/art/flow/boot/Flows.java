import android.app.ActivityThread;
import android.app.Application;
import android.content.Context;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.content.pm.Signature;
import android.content.pm.SigningInfo;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * The app's own calls: <code>DEX files;package;APK;signer's certificate;host:certificate,…;host:…</code>, and a
 * certificate is <code>subject/issuer/DER</code>, all in hex.
 */
public final class Flows {
    private Flows() {}

    static void run(String words) {
        String[] parts = cut(words, ';');
        try {
            Probe app = new Probe(parts[0]);
            Security.insertProviderAt(new Plain(), 1);
            Application application = new Application();
            application.attach(new Phone(parts[1], parts[2], bytes(parts[3]), application));
            ActivityThread.application = application;
            Class<?> flow = Class.forName("app.Flow", true, app);
            say("meets", (String) flow.getMethod("meets").invoke(null));
            for (int i = 4; i < parts.length; i++) {
                String host = cut(parts[i], ':')[0];
                Plain.presents = certificates(cut(parts[i], ':')[1]);
                SSLEngine engine = (SSLEngine) flow.getMethod("client", String.class).invoke(null, host);
                try {
                    engine.beginHandshake();
                    say("allowed", host);
                } catch (SSLException e) {
                    say("refused", host + " " + Probe.line(e.getCause()));
                }
            }
            say("end", "");
        } catch (InvocationTargetException e) {
            tell(e.getCause());
        } catch (Throwable e) {
            tell(e);
        }
    }

    private static void tell(Throwable e) {
        for (Throwable one = e; one != null; one = one.getCause()) {
            say("threw", Probe.line(one));
            for (StackTraceElement at : one.getStackTrace()) say("at", at.toString());
        }
    }

    private static void say(String what, String text) {
        System.log("FLOW\t" + what + "\t" + text);
    }

    private static String[] cut(String text, char at) {
        List<String> out = new ArrayList<String>();
        for (StringTokenizer t = new StringTokenizer(text, String.valueOf(at)); t.hasMoreTokens(); ) out.add(t.nextToken());
        return out.toArray(new String[out.size()]);
    }

    private static byte[] bytes(String hex) {
        byte[] out = new byte[hex.length() / 2];
        for (int i = 0; i < out.length; i++)
            out[i] = (byte) (Character.digit(hex.charAt(2 * i), 16) << 4 | Character.digit(hex.charAt(2 * i + 1), 16));
        return out;
    }

    private static X509Certificate[] certificates(String list) {
        String[] texts = cut(list, ',');
        X509Certificate[] out = new X509Certificate[texts.length];
        for (int i = 0; i < out.length; i++) {
            String[] parts = cut(texts[i], '/');
            out[i] = new Bytes(parts[0], parts[1], bytes(parts[2]));
        }
        return out;
    }

    /** What the system says of the app. */
    private static final class Phone extends Context {
        private final String name;
        private final String apk;
        private final byte[] certificate;
        private final Context application;

        Phone(String name, String apk, byte[] certificate, Context application) {
            this.name = name;
            this.apk = apk;
            this.certificate = certificate;
            this.application = application;
        }

        @Override public String getPackageName() { return name; }
        @Override public String getPackageCodePath() { return apk; }
        @Override public Context getApplicationContext() { return application; }
        @Override public ApplicationInfo getApplicationInfo() { return new ApplicationInfo(); }
        @Override public File getNoBackupFilesDir() { return null; }
        @Override public Context createDeviceProtectedStorageContext() { return this; }

        @Override
        public PackageManager getPackageManager() {
            return new PackageManager() {
                @Override
                public PackageInfo getPackageInfo(String asked, int flags) {
                    PackageInfo info = new PackageInfo();
                    Signature[] history = {new Signature(certificate)};
                    info.signatures = history;
                    info.signingInfo = new SigningInfo(history);
                    return info;
                }
            };
        }
    }
}
