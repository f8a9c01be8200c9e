package zqk;

import android.content.Context;
import android.os.SystemClock;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What must not keep a session waiting: one thread tells the app and its other processes, one reports. Both end when
 * they have nothing to do; what their queues do not hold is left out.
 */
final class W implements ThreadFactory {
    private static final int MOST_WAITING = 32, IDLE_SECONDS = 20;
    private static final long SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;
    private static final String NAME = "zqk";

    private static final I EVENTS = new I(5 * SECOND, 60, MINUTE), REPORTS = new I(HOUR, 10, HOUR);
    private static final Executor TELLING = thread(), REPORTING = thread();

    private static final class Worker extends Thread {
        Worker(Runnable task) {
            super(task, NAME);
            setDaemon(true);
        }
    }

    private W() {}

    private static Executor thread() {
        ThreadPoolExecutor made = new ThreadPoolExecutor(
            1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<Runnable>(MOST_WAITING), new W(),
            new ThreadPoolExecutor.DiscardPolicy());
        made.allowCoreThreadTimeOut(true);
        return made;
    }

    @Override
    public Thread newThread(Runnable task) {
        return new Worker(task);
    }

    /** Never blocks and never throws; what a thread of ours meets itself is told to nobody. */
    static void tell(O what) {
        if (Thread.currentThread() instanceof Worker) return;
        try {
            if (what.refused) D.refused(what);
            Context context = R.context();
            if (context == null) return;
            long now = SystemClock.elapsedRealtime();
            if (EVENTS.allows(what.key(), now)) TELLING.execute(new E(context, what, EVENTS.left()));
            String address = A.address("report");
            if (address != null && REPORTS.allows(what.key(), now)) REPORTING.execute(new Q(context, what, address));
        } catch (RuntimeException e) {
            return;
        } catch (LinkageError e) {
            return;
        }
    }

    /** So many were left out before they came here. */
    static void leftOut(int many) {
        EVENTS.skip(many);
    }

    /** Does it on the thread that tells. */
    static void later(Runnable task) {
        TELLING.execute(task);
    }
}
