package android.os;

import java.util.TreeMap;

public class Bundle {
    public final TreeMap<String, Object> values = new TreeMap<>();

    public void putString(String key, String value) {
        values.put(key, value);
    }

    public void putInt(String key, int value) {
        values.put(key, value);
    }

    public String getString(String key) {
        return (String) values.get(key);
    }

    public int getInt(String key, int otherwise) {
        return (Integer) values.getOrDefault(key, otherwise);
    }
}
