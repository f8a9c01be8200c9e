package java.lang.invoke;
public abstract class MethodHandle {
    private final MethodType type; private MethodType nominalType; private MethodHandle cachedSpreadInvoker;
    protected final int handleKind; protected final long artFieldOrMethod;
    protected MethodHandle(long a, int k, MethodType t) { artFieldOrMethod = a; handleKind = k; type = t; }
    public MethodType type() { return type; }
    public final native Object invokeExact(Object... args) throws Throwable;
    public final native Object invoke(Object... args) throws Throwable;
}
