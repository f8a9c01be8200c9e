package lab;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;

/**
 * Who acted: the facades (A1) or the provider (A2). {@link Loader} lets the shim's classes report here who made a
 * context or factory, which of them wraps just now, which trust manager came of it, and when that one is asked.
 */
public final class Layers {
    private static final Set<String> FACADES =
        Set.of("javax.net.ssl.SSLContexs", "javax.net.ssl.TrustManagerFactorx");
    private static final Map<Object, String> MADE = Collections.synchronizedMap(new WeakHashMap<>());
    private static final ThreadLocal<String> WRAPPING = new ThreadLocal<>();
    private static final Set<String> ASKED = Collections.synchronizedSet(new TreeSet<>());

    private Layers() {}

    /** A context or factory of the shim: A1 when a facade made it, A2 when the provider's service did. */
    public static void made(Object one) {
        String layer = StackWalker.getInstance()
            .walk(frames -> frames.map(StackWalker.StackFrame::getClassName).map(Layers::layer)
                .filter(found -> found != null).findFirst())
            .orElse("?");
        MADE.put(one, layer);
    }

    private static String layer(String name) {
        if (name.equals("zqk.S")) return "A2";
        return FACADES.contains(name) ? "A1" : null;
    }

    /** That one begins to wrap trust managers on this thread; a factory inside another's call does so for that one. */
    public static void wraps(Object one) {
        long factories = StackWalker.getInstance().walk(frames -> frames.filter(Layers::isFactory).count());
        if (factories < 2) WRAPPING.set(MADE.getOrDefault(one, "?"));
    }

    private static boolean isFactory(StackWalker.StackFrame frame) {
        return frame.getClassName().equals("zqk.M") && frame.getMethodName().equals("engineGetTrustManagers");
    }

    /** A trust manager was wrapped. */
    public static void wrapped(Object one) {
        MADE.put(one, String.valueOf(WRAPPING.get()));
    }

    /** A wrapped trust manager is asked about a server. */
    public static void asked(Object one) {
        ASKED.add(MADE.getOrDefault(one, "?"));
    }

    /** The layers that were asked since the last call: {@code none}, {@code A1}, {@code A2} or both. */
    public static String since() {
        synchronized (ASKED) {
            String said = ASKED.isEmpty() ? "none" : String.join("+", ASKED);
            ASKED.clear();
            return said;
        }
    }
}
