package harness;

import java.io.FileInputStream;
import java.net.URL;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/** What the platform itself offers. */
final class Platform {
    private Platform() {}

    static void add(List<Client> all) {
        all.add(new Client("HttpsURLConnection", "", Platform::urlConnection));
        all.add(new Client("SSLSocketFactory.getDefault", "",
            (host, port) -> Http.get((SSLSocketFactory) SSLSocketFactory.getDefault(), host, port, true)));
        all.add(new Client("SSLContext.getDefault", "",
            (host, port) -> Http.get(SSLContext.getDefault().getSocketFactory(), host, port, true)));
        all.add(new Client("SSLContext, no trust managers", "",
            (host, port) -> Http.get(Trust.context(null).getSocketFactory(), host, port, true)));
        all.add(new Client("SSLContext, platform trust managers", "",
            (host, port) -> Http.get(Trust.context(Trust.platform()).getSocketFactory(), host, port, true)));
        all.add(new Client("SSLContext, trust-all", "",
            (host, port) -> Http.get(Trust.context(Trust.all()).getSocketFactory(), host, port, false)));
        all.add(new Client("SSLContext, named provider", "",
            (host, port) -> Http.get(Trust.context(Trust.provider(), null).getSocketFactory(), host, port, true)));
        all.add(new Client("SSLContext, named provider, trust-all", "", (host, port) ->
            Http.get(Trust.context(Trust.provider(), Trust.all()).getSocketFactory(), host, port, false)));
        all.add(new Client("SSLContext by reflection", "", Platform::reflection));
        all.add(new Client("SSLContext, subclass of the app", "", Platform::subclass));
        all.add(new Client("SSLEngine", "", (host, port) -> Engine.get(Trust.context(null), host, port, true)));
        all.add(new Client("SSLEngine, no host", "",
            (host, port) -> Engine.get(Trust.context(null), host, port, false)));
        all.add(new Client("SSLEngine, no host, trust-all", "",
            (host, port) -> Engine.get(Trust.context(Trust.all()), host, port, false)));
        all.add(new Client("SSLSocket to an address, not a name", "",
            (host, port) -> Http.byAddress(Trust.context(null).getSocketFactory(), host, port)));
        all.add(new Client("SSLEngine as the server, client certificate", "", Platform::serve));
        all.add(new Client("X509Util of Chromium, 3 arguments", "", (host, port) -> Chromium.get(host, port, false)));
        all.add(new Client("X509Util of Chromium, 5 arguments", "", (host, port) -> Chromium.get(host, port, true)));
    }

    private static String urlConnection(String host, int port) throws Exception {
        HttpsURLConnection connection =
            (HttpsURLConnection) new URL("https://" + host + ":" + port + "/").openConnection();
        connection.setConnectTimeout(Http.TIMEOUT_MS);
        connection.setReadTimeout(Http.TIMEOUT_MS);
        try {
            return connection.getResponseCode() + " " + connection.getResponseMessage();
        } finally {
            connection.disconnect();
        }
    }

    private static String reflection(String host, int port) throws Exception {
        Class<?> type = Class.forName("javax.net.ssl.SSLContext");
        SSLContext context = (SSLContext) type.getMethod("getInstance", String.class).invoke(null, "TLS");
        context.init(null, Trust.all(), null);
        return Http.get(context.getSocketFactory(), host, port, false);
    }

    private static String subclass(String host, int port) throws Exception {
        SSLContext context = OwnContext.over(Trust.provider());
        context.init(null, Trust.all(), null);
        return Http.get(context.getSocketFactory(), host, port, false);
    }

    private static String serve(String host, int port) throws Exception {
        char[] password = System.getProperty("lab.identity.password").toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream in = new FileInputStream(System.getProperty("lab.identity"))) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        int peer = lab.Native.caller(host);
        return Engine.serve(context, host, peer);
    }
}
