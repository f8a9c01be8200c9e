package zqk;

import android.app.Activity;
import android.app.AlertDialog;
import android.app.Application;
import android.content.Context;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.os.SystemClock;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** The dialog that tells the person about a refused session; shown on whichever activity is in front. */
final class D implements Application.ActivityLifecycleCallbacks, Runnable {
    private static final long AGAIN_AFTER = 60000; // milliseconds; clients try a host several times
    private static final int MOST_WAITING = 5;

    private static final D ONE = new D();
    private static boolean watching;
    private final Map<String, Long> told = new HashMap<String, Long>();
    private final ArrayDeque<String> waiting = new ArrayDeque<String>();
    private Activity front;

    private D() {}

    static synchronized void watch(Application application) {
        if (watching || application == null) return;
        watching = true;
        application.registerActivityLifecycleCallbacks(ONE);
    }

    /** Never blocks and never throws: the session is refused whether or not it can be told. */
    static void refused(String host) {
        try {
            ONE.add(host == null ? "" : host);
        } catch (RuntimeException e) {
            return;
        } catch (LinkageError e) {
            return;
        }
    }

    private synchronized void add(String host) {
        long now = SystemClock.elapsedRealtime();
        Long last = told.get(host);
        if (last != null && now - last < AGAIN_AFTER) return;
        told.put(host, now);
        if (waiting.size() < MOST_WAITING) waiting.add(host);
        new Handler(Looper.getMainLooper()).post(this);
    }

    /** On the main thread: shows what waits, if there is an activity to show it on. */
    @Override
    public void run() {
        while (true) {
            Activity activity;
            String host;
            synchronized (this) {
                activity = front;
                if (activity == null || activity.isFinishing() || waiting.isEmpty()) return;
                host = waiting.poll();
            }
            show(activity, host);
        }
    }

    private static void show(Activity activity, String host) {
        try {
            String server = host.isEmpty() ? "a server" : host;
            new AlertDialog.Builder(activity)
                .setTitle("Connection blocked")
                .setMessage(name(activity) + " did not connect to " + server
                    + ", because the server could not prove that it is the right one.")
                .setPositiveButton("OK", null)
                .show();
        } catch (RuntimeException e) {
            return; // the activity's window is gone
        }
    }

    private static CharSequence name(Context context) {
        return context.getApplicationInfo().loadLabel(context.getPackageManager());
    }

    @Override
    public void onActivityResumed(Activity activity) {
        R.assertFirst();
        synchronized (this) {
            front = activity;
        }
        run();
    }

    @Override
    public void onActivityPaused(Activity activity) {
        synchronized (this) {
            if (front == activity) front = null;
        }
    }

    @Override
    public void onActivityCreated(Activity activity, Bundle state) {
        R.assertFirst();
    }

    @Override
    public void onActivityStarted(Activity activity) {}

    @Override
    public void onActivityStopped(Activity activity) {}

    @Override
    public void onActivitySaveInstanceState(Activity activity, Bundle state) {}

    @Override
    public void onActivityDestroyed(Activity activity) {}
}
