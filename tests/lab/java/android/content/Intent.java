package android.content;

import android.net.Uri;
import java.util.TreeMap;

public class Intent {
    public static final String ACTION_VIEW = "android.intent.action.VIEW";

    private final TreeMap<String, Object> extras = new TreeMap<>();
    private final String action;
    private final Uri data;
    private String to;

    public Intent(String action) {
        this(action, null);
    }

    public Intent(String action, Uri data) {
        this.action = action;
        this.data = data;
    }

    public Intent setPackage(String name) {
        to = name;
        return this;
    }

    public Intent putExtra(String name, String value) {
        extras.put(name, value);
        return this;
    }

    public Intent putExtra(String name, int value) {
        extras.put(name, value);
        return this;
    }

    public Intent putExtra(String name, long value) {
        extras.put(name, value);
        return this;
    }

    @Override
    public String toString() {
        return action + " " + (data == null ? to : data) + " " + extras;
    }
}
