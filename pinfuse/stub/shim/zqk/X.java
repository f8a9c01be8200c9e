package zqk;

import android.app.ActivityManager;
import android.content.Context;
import android.content.pm.PackageManager;
import android.content.pm.ProviderInfo;
import android.net.Uri;
import android.os.Binder;
import android.os.Bundle;
import android.os.Process;
import java.util.List;

/**
 * Between the processes of one app: a refusal that this one cannot show is told to the one in front, through its
 * provider, which nobody else may call. No process is started for it.
 */
final class X implements Runnable {
    private static final String METHOD = "a", HOST = "host", REASON = "reason";

    private final D from;
    private final O what;

    private X(D from, O what) {
        this.from = from;
        this.what = what;
    }

    static void forward(D from, O what) {
        try {
            W.later(new X(from, what));
        } catch (RuntimeException e) {
            return; // it waits for an activity of this process
        }
    }

    @Override
    public void run() {
        try {
            Context context = R.context();
            if (context != null && told(context)) from.told(what);
        } catch (Throwable e) { // an exception here would end the app
            return;
        }
    }

    private boolean told(Context context) throws PackageManager.NameNotFoundException {
        ActivityManager manager = (ActivityManager) context.getSystemService(Context.ACTIVITY_SERVICE);
        List<ActivityManager.RunningAppProcessInfo> running = manager.getRunningAppProcesses();
        if (running == null) return false;
        ProviderInfo[] providers = context.getPackageManager()
            .getPackageInfo(context.getPackageName(), PackageManager.GET_PROVIDERS).providers;
        for (ActivityManager.RunningAppProcessInfo one : running) {
            boolean visible = one.importance <= ActivityManager.RunningAppProcessInfo.IMPORTANCE_VISIBLE;
            if (!visible || one.pid == Process.myPid() || one.uid != Process.myUid()) continue;
            for (ProviderInfo provider : providers)
                if (provider.name.startsWith("zqk.P") && one.processName.equals(provider.processName)
                    && ask(context, provider.authority))
                    return true;
        }
        return false;
    }

    private boolean ask(Context context, String authority) {
        Bundle extras = new Bundle();
        extras.putString(HOST, what.host);
        extras.putInt(REASON, what.reason);
        return context.getContentResolver().call(Uri.parse("content://" + authority), METHOD, null, extras) != null;
    }

    /** In the process that is asked; something when it shows it, null when it does not. */
    static Bundle answer(String method, Bundle extras) {
        if (Binder.getCallingUid() != Process.myUid() || !METHOD.equals(method) || extras == null) return null;
        G.prepare();
        O what = new O(extras.getString(HOST), extras.getInt(REASON, O.VAULT), -1, true, null);
        return D.take(what) ? new Bundle() : null;
    }
}
