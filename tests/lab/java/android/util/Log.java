package android.util;

public final class Log {
    public static final int VERBOSE = 2;

    public static int i(String tag, String text) {
        lab.Lab.say("log", text);
        return 0;
    }

    public static boolean isLoggable(String tag, int level) {
        return false;
    }
}
