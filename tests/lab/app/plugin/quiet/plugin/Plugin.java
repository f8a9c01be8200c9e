package plugin;

import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/** Code that arrives at run time and takes what the system gives. */
public final class Plugin {
    private Plugin() {}

    public static String get(String host, int port) throws Exception {
        URL url = new URL("https://" + host + ":" + port + "/");
        return String.valueOf(((HttpsURLConnection) url.openConnection()).getResponseCode());
    }
}
