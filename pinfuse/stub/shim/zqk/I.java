package zqk;

import java.util.LinkedHashMap;
import java.util.Map;

/** How often a thing may happen: the same one once in a while, and all together so many times in a while. */
final class I extends LinkedHashMap<String, Long> {
    private static final int MOST_KEPT = 64;

    private final long again, span;
    private final int most;
    private long begun;
    private int count, left;

    /** Milliseconds between two of the same; at most so many in all in so many milliseconds. */
    I(long again, int most, long span) {
        this.again = again;
        this.most = most;
        this.span = span;
        begun = -span;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
        return size() > MOST_KEPT;
    }

    /** Whether it may happen now, in milliseconds of a clock that only goes on; it counts when it may. */
    synchronized boolean allows(String key, long now) {
        if (now - begun >= span) {
            begun = now;
            count = 0;
        }
        Long last = get(key);
        if (count >= most || (last != null && now - last < again)) {
            left++;
            return false;
        }
        put(key, now);
        count++;
        return true;
    }

    /** So many more did not happen. */
    synchronized void skip(int many) {
        left += many;
    }

    /** How many were not allowed since this was asked last. */
    synchronized int left() {
        int before = left;
        left = 0;
        return before;
    }
}
