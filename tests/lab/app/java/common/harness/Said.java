package harness;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An exception in a line: the reason of a refusal, wherever in its causes, or what else went wrong. */
final class Said {
    private static final Pattern REFUSED = Pattern.compile("Connection to (.*) refused: ([a-z-]+)");

    private Said() {}

    static String of(Throwable error) {
        String reason = reason(error, Collections.newSetFromMap(new IdentityHashMap<>()));
        return reason == null ? "failed: " + error + causes(error) : "refused: " + reason;
    }

    private static String reason(Throwable error, Set<Throwable> seen) {
        if (error == null || !seen.add(error)) return null;
        Matcher found = REFUSED.matcher(String.valueOf(error.getMessage()));
        if (found.find()) return found.group(2);
        String reason = reason(error.getCause(), seen);
        for (Throwable one : error.getSuppressed()) if (reason == null) reason = reason(one, seen);
        return reason;
    }

    private static String causes(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable one = error.getCause(); one != null; one = one.getCause()) text.append(" / ").append(one);
        StackTraceElement[] stack = error.getStackTrace();
        return text + (stack.length == 0 ? "" : " at " + stack[0]);
    }
}
