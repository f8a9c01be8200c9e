package java.lang;
public class Object {
    private transient Class<?> shadow$_klass_;
    private transient int shadow$_monitor_;
    public Object() {}
    protected Object clone() throws CloneNotSupportedException {
        if (!(this instanceof Cloneable)) throw new CloneNotSupportedException();
        return internalClone();
    }
    private native Object internalClone();
    public boolean equals(Object o) { return this == o; }
    protected void finalize() throws Throwable {}
    public final Class<?> getClass() { return shadow$_klass_; }
    public int hashCode() { return identityHashCode(this); }
    static int identityHashCode(Object obj) { return identityHashCodeNative(obj); }
    private static native int identityHashCodeNative(Object obj);
    public final native void notify();
    public final native void notifyAll();
    public String toString() { return getClass().getName() + '@' + Integer.toHexString(hashCode()); }
    public final void wait() throws InterruptedException { wait(0, 0); }
    public final void wait(long ms) throws InterruptedException { wait(ms, 0); }
    public final native void wait(long ms, int ns) throws InterruptedException;
}
