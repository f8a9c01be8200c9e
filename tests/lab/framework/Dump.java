import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that hangs on an object, as lines {@code path TAB value}: fields of the framework's own classes,
 * collections, maps and arrays. Elements of lists that have a class name of a component stand under it, others under
 * their place. An object that hangs there twice is written once.
 */
final class Dump {
    private final String file;
    private final Map<Object, Boolean> seen = new IdentityHashMap<>();

    /** Where {@code file} occurs in a value, it is written as {@code APK}. */
    Dump(String file) {
        this.file = file;
    }

    void value(String path, Object value) throws Exception {
        if (value == null) return;
        Class<?> type = value.getClass();
        if (value instanceof CharSequence || value instanceof Number || value instanceof Boolean
            || value instanceof Enum || value instanceof Character || value instanceof Class
            || value instanceof java.io.File || value instanceof java.util.UUID) {
            line(path, value.toString());
        } else if (seen.put(value, true) == null) {
            inside(path, value, type);
        }
    }

    private void inside(String path, Object value, Class<?> type) throws Exception {
        if (type.isArray()) {
            line(path + ".size", "" + Array.getLength(value));
            for (int i = 0; i < Array.getLength(value); i++) value(path + "[" + i + "]", Array.get(value, i));
        } else if (value instanceof Map) {
            TreeMap<String, Object> sorted = new TreeMap<>();
            ((Map<?, ?>) value).forEach((key, one) -> sorted.put(String.valueOf(key), one));
            for (Map.Entry<String, Object> one : sorted.entrySet()) {
                line(path + "{" + one.getKey() + "}", "");
                value(path + "{" + one.getKey() + "}", one.getValue());
            }
        } else if (value instanceof java.util.Set) {
            List<String> all = new ArrayList<>();
            for (Object one : (Collection<?>) value) all.add(String.valueOf(one));
            Collections.sort(all);
            line(path, all.toString());
        } else if (value instanceof Collection) {
            int place = 0;
            for (Object one : (Collection<?>) value) {
                String name = one == null ? null : name(one);
                value(path + "[" + (name == null ? "" + place++ : name) + "]", one);
            }
        } else {
            fields(path, value, type);
        }
    }

    private void fields(String path, Object value, Class<?> type) throws Exception {
        for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
            if (!at.getName().startsWith("android.") && !at.getName().startsWith("com.android.")) {
                line(path, "a " + at.getName());
                return;
            }
            for (Field field : at.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers())) continue;
                field.setAccessible(true);
                value(path + "." + field.getName(), field.get(value));
            }
        }
    }

    /** The class name of a component, null where it is none. */
    private static String name(Object one) throws Exception {
        for (Class<?> at = one.getClass(); at != null; at = at.getSuperclass()) {
            for (String known : new String[] {"className", "info", "name"}) {
                try {
                    Field field = at.getDeclaredField(known);
                    if (Modifier.isStatic(field.getModifiers())) continue;
                    field.setAccessible(true);
                    Object found = field.get(one);
                    if (found instanceof String) return (String) found;
                    if (known.equals("info") && found != null) {
                        String inner = name(found);
                        if (inner != null) return inner;
                    }
                } catch (NoSuchFieldException e) {
                    continue;
                }
            }
        }
        return null;
    }

    private void line(String path, String value) {
        System.out.println(path + "\t" + value.replace(file, "APK").replace("\n", " "));
    }
}
