package zqk;

import android.app.Application;
import android.content.Context;
import android.content.ContextWrapper;
import android.os.Build;
import android.os.Process;
import java.security.Provider;
import java.security.Security;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;

/** The runtime of one process: installed once, from whichever entry comes first, and kept at its place. */
public final class R {
    private static final int PER_USER = 100000, FIRST_ISOLATED = 90000, LAST_ISOLATED = 99999;

    private static boolean started;
    private static volatile Context context;
    private static final ThreadLocal<Boolean> BUSY = new ThreadLocal<Boolean>();

    private R() {}

    /** Called by the facades, the factory and the providers; the first call installs, the others do nothing. */
    public static synchronized void start() {
        if (started || isolated()) return;
        started = true;
        install();
    }

    static void start(Application application) {
        if (isolated()) return;
        if (context == null) context = application;
        D.watch(application);
        start();
    }

    static void start(Context provider) {
        if (isolated() || provider == null) return;
        Context application = provider.getApplicationContext();
        if (application != null) context = application;
        if (application instanceof Application) D.watch((Application) application);
        start();
        G.prepare(); // native code asks nobody to open the vault, and is refused until it is open
    }

    /** The app as the system made it, whatever its own code answers for it; null before there is one. */
    static Context context() {
        try {
            Context known = made(context);
            if (known != null && known.getPackageName() != null) return known;
        } catch (RuntimeException e) {
            return null; // the application has no base context yet
        }
        try {
            return made(
                (Context) Class.forName("android.app.ActivityThread").getMethod("currentApplication").invoke(null));
        } catch (Exception e) {
            return null;
        }
    }

    private static Context made(Context known) {
        while (known instanceof ContextWrapper) {
            Context base = ((ContextWrapper) known).getBaseContext();
            if (base == null) return known;
            known = base;
        }
        return known;
    }

    /** Isolated processes have no network, and no package manager to ask: they are left alone. */
    static boolean isolated() {
        if (Build.VERSION.SDK_INT >= 28) return Process.isIsolated();
        int id = Process.myUid() % PER_USER;
        return id >= FIRST_ISOLATED && id <= LAST_ISOLATED;
    }

    private static void install() {
        Q.remember();
        Security.insertProviderAt(new V(), 1);
        reset();
    }

    private static void reset() {
        try {
            SSLContext context = SSLContext.getInstance(S.DEFAULT);
            SSLContext.setDefault(context);
            HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
        } catch (Exception e) {
            return; // the facades and the provider itself still stand
        }
    }

    /** Puts our provider back to the first place, should another have taken it. */
    static void assertFirst() {
        if (BUSY.get() != null || isolated()) return;
        BUSY.set(Boolean.TRUE);
        try {
            Provider[] all = Security.getProviders();
            if (all.length > 0 && all[0] instanceof V) return;
            synchronized (R.class) {
                Security.removeProvider(V.NAME);
                Security.insertProviderAt(new V(), 1);
                reset();
            }
        } finally {
            BUSY.remove();
        }
    }
}
