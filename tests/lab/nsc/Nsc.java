import android.content.pm.ApplicationInfo;
import android.content.res.XmlResourceParser;
import android.security.net.config.ApplicationConfig;
import android.security.net.config.NetworkSecurityConfig;
import android.security.net.config.Pin;
import android.security.net.config.XmlConfigSource;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.xmlpull.v1.XmlPullParser;

/**
 * Android's own parser of network security configs. Lines of the file are configs as events: {@code config},
 * {@code <name}, {@code @name=value} for the element before, {@code "text}, {@code >}, {@code ?host}. The answer is one
 * line for each host, or {@code refused}.
 */
public final class Nsc implements InvocationHandler {
    private final List<String[]> events = new ArrayList<>();
    private final List<TreeMap<String, String>> attributes = new ArrayList<>();
    private int at = -1;
    private int depth;

    public static void main(String[] a) throws Exception {
        Nsc config = null;
        List<String> hosts = new ArrayList<>();
        for (String line : Files.readAllLines(Paths.get(a[0]))) {
            if (line.equals("config")) {
                if (config != null) config.answer(hosts);
                config = new Nsc();
                hosts.clear();
            } else if (line.startsWith("?")) {
                hosts.add(line.substring(1));
            } else {
                config.take(line);
            }
        }
        config.answer(hosts);
    }

    private void take(String line) {
        if (line.startsWith("@")) {
            String[] pair = line.substring(1).split("=", 2);
            attributes.get(attributes.size() - 1).put(pair[0], pair[1]);
            return;
        }
        events.add(new String[] {line.substring(0, 1), line.substring(1)});
        attributes.add(new TreeMap<>());
    }

    private void answer(List<String> hosts) throws Exception {
        ApplicationInfo info = new ApplicationInfo();
        info.targetSdkVersion = 34;
        XmlConfigSource source = new XmlConfigSource(null, 0, info);
        XmlResourceParser parser = (XmlResourceParser) Proxy.newProxyInstance(
            Nsc.class.getClassLoader(), new Class<?>[] {XmlResourceParser.class}, this);
        Method parse = XmlConfigSource.class.getDeclaredMethod("parseNetworkSecurityConfig", XmlResourceParser.class);
        parse.setAccessible(true);
        try {
            parse.invoke(source, parser);
        } catch (InvocationTargetException e) {
            System.out.println("refused " + e.getCause().getMessage());
            return;
        }
        Field done = XmlConfigSource.class.getDeclaredField("mInitialized");
        done.setAccessible(true);
        done.set(source, true);
        ApplicationConfig config = new ApplicationConfig(source);
        for (String host : hosts) {
            NetworkSecurityConfig found = config.getConfigForHostname(host);
            TreeSet<String> pins = new TreeSet<>();
            for (Pin pin : found.getPins().pins) pins.add(Base64.getEncoder().encodeToString(pin.digest));
            long until = found.getPins().expirationTime;
            String end = until == Long.MAX_VALUE ? "-" : new SimpleDateFormat("yyyy-MM-dd").format(new Date(until));
            System.out.println(host + " " + found.isCleartextTrafficPermitted() + " " + end + " " + String.join(",", pins));
        }
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] a) {
        switch (method.getName()) {
            case "next": return step();
            case "getEventType": return type();
            case "getName": return events.get(at)[1];
            case "getText": return events.get(at)[1];
            case "getDepth": return depth;
            case "getPositionDescription": return "event " + at;
            case "getAttributeCount": return attributes.get(at).size();
            case "getAttributeName": return name((Integer) a[0]);
            case "getAttributeValue": return a.length == 1 ? value((Integer) a[0]) : attributes.get(at).get(a[1]);
            case "getAttributeBooleanValue":
                String text = a.length == 2 ? value((Integer) a[0]) : attributes.get(at).get(a[1]);
                return text == null ? a[a.length - 1] : (Object) text.equals("true");
            case "getAttributeResourceValue": return a[2];
            default: throw new UnsupportedOperationException(method.toString());
        }
    }

    private String name(int index) {
        return new ArrayList<>(attributes.get(at).keySet()).get(index);
    }

    private String value(int index) {
        return attributes.get(at).get(name(index));
    }

    private int step() {
        if (at >= 0 && at < events.size() && events.get(at)[0].equals(">")) depth--;
        at++;
        if (at < events.size() && events.get(at)[0].equals("<")) depth++;
        return type();
    }

    private int type() {
        if (at < 0) return XmlPullParser.START_DOCUMENT;
        if (at >= events.size()) return XmlPullParser.END_DOCUMENT;
        switch (events.get(at)[0]) {
            case "<": return XmlPullParser.START_TAG;
            case ">": return XmlPullParser.END_TAG;
            default: return XmlPullParser.TEXT;
        }
    }
}
