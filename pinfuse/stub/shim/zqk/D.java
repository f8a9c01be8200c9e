package zqk;

import android.app.Activity;
import android.app.AlertDialog;
import android.app.Application;
import android.content.DialogInterface;
import android.content.Intent;
import android.net.Uri;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.os.SystemClock;
import java.util.ArrayDeque;

/**
 * The dialog that tells the person about refused sessions, one at a time, on whichever activity is in front; where no
 * activity of this process is, one of another process is asked for, and else it waits.
 */
final class D
        implements Application.ActivityLifecycleCallbacks, DialogInterface.OnClickListener,
            DialogInterface.OnDismissListener, Runnable {
    /** Milliseconds: clients try a host several times. */
    private static final long AGAIN_AFTER = 60000, NEVER_AGAIN = Long.MAX_VALUE / 2, HOUR = 3600000;
    private static final int MOST_WAITING = 5, MOST_AN_HOUR = 20;

    private static final D ONE = new D();
    private static boolean watching;
    private final I first = new I(NEVER_AGAIN, MOST_AN_HOUR, HOUR), always = new I(AGAIN_AFTER, MOST_AN_HOUR, HOUR);
    private final ArrayDeque<O> waiting = new ArrayDeque<O>();
    private Activity front, holder;
    private AlertDialog dialog;
    private O shown;

    private D() {}

    static synchronized void watch(Application application) {
        if (watching || application == null) return;
        watching = true;
        application.registerActivityLifecycleCallbacks(ONE);
    }

    /** Never blocks: the session is refused whether or not it can be told. */
    static void refused(O what) {
        ONE.add(what);
    }

    /** A session that another process refused: true when an activity of this one is in front to tell it. */
    static boolean take(O what) {
        if (ONE.front() == null) return false;
        ONE.add(what);
        return true;
    }

    private synchronized Activity front() {
        return front == null || front.isFinishing() ? null : front;
    }

    private synchronized void add(O what) {
        String show = A.get("show");
        if ("never".equals(show)) return;
        I limit = "always".equals(show) ? always : first;
        if (waiting.size() >= MOST_WAITING) return;
        if (!limit.allows(String.valueOf(what.host), SystemClock.elapsedRealtime())) return;
        waiting.add(what);
        new Handler(Looper.getMainLooper()).post(this);
    }

    /** Another process has told it. */
    synchronized void told(O what) {
        waiting.remove(what);
    }

    /** On the main thread: shows what waits, if there is an activity to show it on. */
    @Override
    public void run() {
        while (true) {
            Activity activity;
            O what;
            synchronized (this) {
                if (shown != null || waiting.isEmpty()) return;
                activity = front();
                what = activity == null ? waiting.peekLast() : waiting.poll();
            }
            if (activity == null) {
                X.forward(this, what);
                return;
            }
            show(activity, what);
        }
    }

    private void show(Activity activity, O what) {
        try {
            AlertDialog.Builder builder = new AlertDialog.Builder(activity)
                .setTitle(A.title(activity))
                .setMessage(A.message(activity, what))
                .setPositiveButton(A.button(activity), null)
                .setOnDismissListener(this);
            String link = A.address("link");
            if (link != null) builder.setNeutralButton(Uri.parse(link).getHost(), this);
            AlertDialog made = builder.show();
            synchronized (this) {
                holder = activity;
                dialog = made;
                shown = what;
            }
        } catch (RuntimeException e) {
            return; // the activity's window is gone
        }
    }

    /** The second button: the address of the set, in whatever shows it. */
    @Override
    public void onClick(DialogInterface from, int which) {
        Activity activity = holder;
        String link = A.address("link");
        if (activity == null || link == null || which != DialogInterface.BUTTON_NEUTRAL) return;
        try {
            activity.startActivity(new Intent(Intent.ACTION_VIEW, Uri.parse(link)));
        } catch (RuntimeException e) {
            return; // nothing on this phone shows it
        }
    }

    @Override
    public void onDismiss(DialogInterface from) {
        synchronized (this) {
            if (from != dialog) return;
            forget();
        }
        run();
    }

    private void forget() {
        holder = null;
        dialog = null;
        shown = null;
    }

    @Override
    public void onActivityResumed(Activity activity) {
        R.assertFirst();
        G.prepare();
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
        G.prepare();
    }

    /** Its dialog goes with it, and is shown again on the next: the phone may just have been turned. */
    @Override
    public void onActivityDestroyed(Activity activity) {
        AlertDialog lost;
        synchronized (this) {
            if (holder != activity) return;
            lost = dialog;
            waiting.addFirst(shown);
            forget();
        }
        try {
            lost.dismiss();
        } catch (RuntimeException e) {
            return;
        }
        run();
    }

    @Override
    public void onActivityStarted(Activity activity) {}

    @Override
    public void onActivityStopped(Activity activity) {}

    @Override
    public void onActivitySaveInstanceState(Activity activity, Bundle state) {}
}
