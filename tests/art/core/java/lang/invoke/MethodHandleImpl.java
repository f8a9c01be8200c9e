package java.lang.invoke;
public class MethodHandleImpl extends MethodHandle implements Cloneable {
    private HandleInfo info;
    MethodHandleImpl(long a, int k, MethodType t) { super(a, k, t); }
    public native java.lang.reflect.Member getMemberInternal();
    static class HandleInfo { private final java.lang.reflect.Member member; private final MethodHandle handle; HandleInfo(java.lang.reflect.Member m, MethodHandle h) { member = m; handle = h; } }
}
