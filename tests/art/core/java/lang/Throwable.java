package java.lang;
public class Throwable implements java.io.Serializable {
    private transient volatile Object backtrace;
    private String detailMessage;
    private Throwable cause = this;
    private StackTraceElement[] stackTrace = libcore.util.EmptyArray.STACK_TRACE_ELEMENT;
    private java.util.List<Throwable> suppressedExceptions = null;
    public Throwable() { fillInStackTrace(); }
    public Throwable(String m) { detailMessage = m; fillInStackTrace(); }
    public Throwable(String m, Throwable c) { detailMessage = m; cause = c; fillInStackTrace(); }
    public Throwable(Throwable c) { cause = c; detailMessage = c == null ? null : c.toString(); fillInStackTrace(); }
    protected Throwable(String m, Throwable c, boolean s, boolean w) { detailMessage = m; cause = c; fillInStackTrace(); }
    public String getMessage() { return detailMessage; }
    public String getLocalizedMessage() { return getMessage(); }
    public Throwable getCause() { return cause == this ? null : cause; }
    public Throwable initCause(Throwable c) { cause = c; return this; }
    public String toString() { String m = getLocalizedMessage(); return m == null ? getClass().getName() : getClass().getName() + ": " + m; }
    public void printStackTrace() { printStackTrace(System.err); }
    public void printStackTrace(java.io.PrintStream s) { s.println(this); StackTraceElement[] t = getStackTrace(); for (int i = 0; i < t.length; i++) s.println("\tat " + t[i]); if (getCause() != null) { s.print("Caused by: "); getCause().printStackTrace(s); } }
    public void printStackTrace(java.io.PrintWriter s) { s.println(this); StackTraceElement[] t = getStackTrace(); for (int i = 0; i < t.length; i++) s.println("\tat " + t[i]); }
    public Throwable fillInStackTrace() { backtrace = nativeFillInStackTrace(); return this; }
    private static native Object nativeFillInStackTrace();
    private static native StackTraceElement[] nativeGetStackTrace(Object state);
    public StackTraceElement[] getStackTrace() { if (backtrace != null) { stackTrace = nativeGetStackTrace(backtrace); backtrace = null; } return stackTrace == null ? new StackTraceElement[0] : stackTrace; }
    public void setStackTrace(StackTraceElement[] t) { stackTrace = t; backtrace = null; }
    public final void addSuppressed(Throwable t) {}
    public final Throwable[] getSuppressed() { return new Throwable[0]; }
}
