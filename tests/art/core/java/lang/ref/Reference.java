package java.lang.ref;
public abstract class Reference<T> {
    private static boolean disableIntrinsic = false;
    private static boolean slowPathEnabled = false;
    volatile T referent;
    final ReferenceQueue<? super T> queue;
    Reference queueNext;
    Reference<?> pendingNext;
    public T get() { return getReferent(); }
    private final native T getReferent();
    public void clear() { clearReferent(); }
    native void clearReferent();
    public boolean isEnqueued() { return false; }
    public boolean enqueue() { return queue != null && queue.enqueue(this); }
    Reference(T r) { this(r, null); }
    Reference(T r, ReferenceQueue<? super T> q) { referent = r; queue = q; }
}
