package java.lang;
import java.util.*;
public class Thread implements Runnable {
    private final Object lock = new Object();
    private volatile long nativePeer;
    boolean started = false;
    private volatile String name;
    private int priority = 5;
    private boolean daemon = false;
    private Runnable target;
    private ThreadGroup group;
    private ClassLoader contextClassLoader;
    ThreadLocal.Values localValues;
    ThreadLocal.Values inheritableValues;
    private long stackSize;
    volatile Object parkBlocker;
    private boolean systemDaemon = false;
    private boolean unparkedBeforeStart;
    private UncaughtExceptionHandler handler;
    private static UncaughtExceptionHandler defaultHandler;
    private long id;
    private static long ids;
    public static final int MIN_PRIORITY = 1, NORM_PRIORITY = 5, MAX_PRIORITY = 10;
    public enum State { NEW, RUNNABLE, BLOCKED, WAITING, TIMED_WAITING, TERMINATED }
    public interface UncaughtExceptionHandler { void uncaughtException(Thread t, Throwable e); }
    Thread(ThreadGroup g, String n, int p, boolean d) { group = g; name = n == null ? "Thread" : n; priority = p; daemon = d; id = ++ids; g.add(this); }
    public Thread() { this((ThreadGroup) null, null, null, 0); }
    public Thread(Runnable r) { this(null, r, null, 0); }
    public Thread(String n) { this(null, null, n, 0); }
    public Thread(Runnable r, String n) { this(null, r, n, 0); }
    public Thread(ThreadGroup g, Runnable r) { this(g, r, null, 0); }
    public Thread(ThreadGroup g, String n) { this(g, null, n, 0); }
    public Thread(ThreadGroup g, Runnable r, String n) { this(g, r, n, 0); }
    public Thread(ThreadGroup g, Runnable r, String n, long s) {
        Thread c = currentThread();
        group = g == null ? c.group : g; target = r; id = ++ids; name = n == null ? "Thread-" + id : n; stackSize = s;
        daemon = c.daemon; priority = c.priority; contextClassLoader = c.contextClassLoader;
    }
    public static native Thread currentThread();
    public static native boolean interrupted();
    public native boolean isInterrupted();
    private static native void nativeCreate(Thread t, long size, boolean daemon);
    private native int nativeGetStatus(boolean started);
    public static native boolean holdsLock(Object o);
    private native void interrupt0();
    private native void setNativeName(String n);
    private native void setPriority0(int p);
    private static native void sleep(Object lock, long ms, int ns);
    public static native void yield();
    public void interrupt() { interrupt0(); }
    public synchronized void start() { if (started) throw new IllegalThreadStateException(); group.add(this); nativeCreate(this, stackSize, daemon); started = true; }
    public void run() { if (target != null) target.run(); }
    public static void sleep(long ms) throws InterruptedException { sleep(ms, 0); }
    public static void sleep(long ms, int ns) throws InterruptedException { Object l = currentThread().lock; synchronized (l) { sleep(l, ms, ns); } }
    public final void join() throws InterruptedException { join(0); }
    public final void join(long ms) throws InterruptedException { synchronized (lock) { while (isAlive()) lock.wait(ms == 0 ? 10 : ms); } }
    public final boolean isAlive() { return nativePeer != 0; }
    public State getState() { return State.values()[nativeGetStatus(started)]; }
    public final String getName() { return name; }
    public final void setName(String n) { name = n; }
    public final int getPriority() { return priority; }
    public final void setPriority(int p) { priority = p; }
    public final boolean isDaemon() { return daemon; }
    public final void setDaemon(boolean d) { daemon = d; }
    public final ThreadGroup getThreadGroup() { return group; }
    public long getId() { return id; }
    public ClassLoader getContextClassLoader() { return contextClassLoader; }
    public void setContextClassLoader(ClassLoader l) { contextClassLoader = l; }
    public StackTraceElement[] getStackTrace() { return new Throwable().getStackTrace(); }
    public static Map<Thread, StackTraceElement[]> getAllStackTraces() { return new HashMap<Thread, StackTraceElement[]>(); }
    public UncaughtExceptionHandler getUncaughtExceptionHandler() { return handler == null ? group : handler; }
    public void setUncaughtExceptionHandler(UncaughtExceptionHandler h) { handler = h; }
    public static UncaughtExceptionHandler getDefaultUncaughtExceptionHandler() { return defaultHandler; }
    public static void setDefaultUncaughtExceptionHandler(UncaughtExceptionHandler h) { defaultHandler = h; }
    public final void dispatchUncaughtException(Throwable e) { getUncaughtExceptionHandler().uncaughtException(this, e); }
    public static int activeCount() { return 1; }
    public static void dumpStack() { new Throwable("stack").printStackTrace(); }
    public void setSystemDaemon(boolean b) { systemDaemon = b; }
    public final void checkAccess() {}
    final void parkFor(long ns) {}
    final void parkUntil(long t) {}
    final void unpark() {}
    public void pushInterruptAction$(Runnable r) {}
    public void popInterruptAction$(Runnable r) {}
    public String toString() { return "Thread[" + name + "]"; }
    public final void stop() {}
    public final void suspend() {}
    public final void resume() {}
}
