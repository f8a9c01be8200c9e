package zqk;

import android.content.Context;
import android.content.res.Configuration;
import android.os.Build;
import java.nio.charset.Charset;
import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The settings of the vault: texts of the dialog in the phone's language, and where reports go. */
final class A {
    private static final String UNKNOWN = "?";

    private static volatile Map<String, String> settings = Collections.emptyMap();

    private A() {}

    /** Takes what the stub hands out: {@code key NUL value NUL} in UTF-8, and so on. */
    static void take(byte[] data) {
        if (data == null) return;
        String[] texts = new String(data, Charset.forName("UTF-8")).split("\0", -1);
        Map<String, String> found = new HashMap<String, String>();
        for (int i = 0; i + 1 < texts.length; i += 2) found.put(texts[i], texts[i + 1]);
        settings = found;
    }

    /** Null where the set does not say it. */
    static String get(String key) {
        return settings.get(key);
    }

    /** An https address; null for every other. */
    static String address(String key) {
        String text = get(key);
        return text != null && text.startsWith("https://") ? text : null;
    }

    static String title(Context context) {
        return text(context, "title", "Connection blocked");
    }

    static String button(Context context) {
        return text(context, "button", "OK");
    }

    static String message(Context context, O what) {
        String app = String.valueOf(context.getApplicationInfo().loadLabel(context.getPackageManager()));
        String own = text(context, "message", null);
        if (own != null) return fill(own, app, what);
        return app + " did not connect to " + (what.host == null ? "a server" : what.host)
            + ", because the server could not prove that it is the right one.";
    }

    /** In one pass: what is filled in is never looked at again. */
    private static String fill(String text, String app, O what) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            if (text.startsWith("{app}", at)) {
                out.append(app);
                at += 5;
            } else if (text.startsWith("{host}", at)) {
                out.append(what.host == null ? UNKNOWN : what.host);
                at += 6;
            } else if (text.startsWith("{reason}", at)) {
                out.append(what.word());
                at += 8;
            } else {
                out.append(text.charAt(at++));
            }
        }
        return out.toString();
    }

    /** In the phone's language: the tag as it is, then without script or region, then what holds for every language. */
    private static String text(Context context, String key, String builtIn) {
        Map<String, String> all = settings;
        for (String tag : tags(locale(context))) {
            String text = all.get(key + "." + tag);
            if (text != null) return text;
        }
        String text = all.get(key);
        return text == null ? builtIn : text;
    }

    private static String[] tags(Locale locale) {
        String tag = locale.toLanguageTag();
        for (int end = tag.indexOf('-'); end > 0; end = tag.indexOf('-', end + 1))
            if (end + 2 < tag.length() && tag.charAt(end + 2) == '-') tag = tag.substring(0, end); // extensions
        int end = tag.indexOf('-');
        String language = end < 0 ? tag : tag.substring(0, end);
        return new String[] {
            tag, language + "-" + locale.getScript(), language + "-" + locale.getCountry(), language,
        };
    }

    @SuppressWarnings("deprecation")
    private static Locale locale(Context context) {
        Configuration configuration = context.getResources().getConfiguration();
        Locale first = Build.VERSION.SDK_INT >= 24 ? configuration.getLocales().get(0) : configuration.locale;
        return first == null ? Locale.ROOT : first;
    }
}
