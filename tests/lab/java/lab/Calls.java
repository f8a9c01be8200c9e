package lab;

import java.nio.charset.StandardCharsets;

/** Native libraries of an app, called as Java calls them. */
final class Calls {
    private static boolean loaded;

    private Calls() {}

    /** Words: the library and what it is told; what its {@code run} returns. */
    static synchronized int call(String[] words) {
        if (!loaded) System.loadLibrary("calls");
        loaded = true;
        return run((String.join("\0", words) + "\0").getBytes(StandardCharsets.UTF_8));
    }

    private static native int run(byte[] words);
}
