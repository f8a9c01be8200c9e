package android.app;

public final class ActivityThread {
    public static volatile Application application;

    public static Application currentApplication() {
        return application;
    }
}
