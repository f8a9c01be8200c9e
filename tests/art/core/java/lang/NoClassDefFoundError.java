package java.lang;
public class NoClassDefFoundError extends LinkageError {
    public NoClassDefFoundError() {}
    public NoClassDefFoundError(String m) { super(m); }
    private NoClassDefFoundError(String m, Throwable c) { super(m); initCause(c); }
}
