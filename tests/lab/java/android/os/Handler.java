package android.os;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Its thread is the main thread of the lab. */
public class Handler {
    private static final ExecutorService MAIN = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "main-of-the-app");
        thread.setDaemon(true);
        return thread;
    });

    public Handler(Looper looper) {}

    public final boolean post(Runnable task) {
        MAIN.execute(task);
        return true;
    }
}
