package java.lang;
public class ThreadGroup implements Thread.UncaughtExceptionHandler {
    private final ThreadGroup parent;
    String name;
    int ngroups;
    ThreadGroup[] groups = new ThreadGroup[4];
    static final ThreadGroup systemThreadGroup = new ThreadGroup();
    static final ThreadGroup mainThreadGroup = new ThreadGroup(systemThreadGroup, "main");
    private ThreadGroup() { name = "system"; parent = null; }
    public ThreadGroup(String n) { this(Thread.currentThread().getThreadGroup(), n); }
    public ThreadGroup(ThreadGroup p, String n) { parent = p; name = n; }
    void add(Thread t) {}
    void threadTerminated(Thread t) {}
    void addThread(Thread t) {}
    void removeThread(Thread t) {}
    public final String getName() { return name; }
    public final ThreadGroup getParent() { return parent; }
    public final boolean isDaemon() { return false; }
    public final void setDaemon(boolean d) {}
    public int activeCount() { return 1; }
    public int activeGroupCount() { return 0; }
    public int enumerate(Thread[] t) { return 0; }
    public int enumerate(Thread[] t, boolean r) { return 0; }
    public final int getMaxPriority() { return 10; }
    public void uncaughtException(Thread t, Throwable e) { e.printStackTrace(); }
}
