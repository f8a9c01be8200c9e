package plugin;

import harness.Http;
import harness.Trust;
import javax.net.ssl.SSLContext;

/** Code that arrives at run time and names SSLContext: the build cannot rename it there. */
public final class Plugin {
    private Plugin() {}

    public static String get(String host, int port) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, Trust.all(), null);
        return Http.get(context.getSocketFactory(), host, port, false);
    }
}
