package harness;

import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.koushikdutta.async.AsyncServer;
import com.koushikdutta.async.http.AsyncHttpClient;
import com.koushikdutta.async.http.AsyncHttpGet;
import com.squareup.okhttp.OkHttpClient;
import com.squareup.okhttp.Request;
import cz.msebera.android.httpclient.client.methods.CloseableHttpResponse;
import cz.msebera.android.httpclient.client.methods.HttpGet;
import cz.msebera.android.httpclient.impl.client.CloseableHttpClient;
import cz.msebera.android.httpclient.impl.client.HttpClients;
import java.security.Provider;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Libraries that speak HTTP, and Bouncy Castle's TLS; those of other protocols have classes of their own. */
final class Libraries {
    private static final String BC = "bctls-jdk18on", JETTY = "jetty-util";

    private Libraries() {}

    static void add(List<Client> all) {
        all.add(new Client("OkHttp 2", "okhttp", (host, port) -> okhttp(new OkHttpClient(), host, port)));
        all.add(new Client("OkHttp 2, trust-all", "okhttp", (host, port) -> okhttp(careless(), host, port)));
        all.add(new Client("Apache HttpClient 4 (cz.msebera)", "httpclient", Libraries::apache));
        all.add(new Client("Google HTTP client", "google-http-client",
            (host, port) -> google(new NetHttpTransport(), host, port)));
        all.add(new Client("Google HTTP client, doNotValidateCertificate", "google-http-client", (host, port) ->
            google(new NetHttpTransport.Builder().doNotValidateCertificate().build(), host, port)));
        all.add(new Client("Jetty client", JETTY, (host, port) -> jetty(new SslContextFactory.Client(), host, port)));
        all.add(new Client("Jetty client, trust-all", JETTY, (host, port) ->
            jetty(new SslContextFactory.Client(true), host, port)));
        all.add(new Client("AndroidAsync", "androidasync", (host, port) -> async(null, host, port)));
        all.add(new Client("AndroidAsync, trust-all", "androidasync", (host, port) -> async(Trust.all(), host, port)));
        all.add(new Client("Bouncy Castle JSSE", BC, (host, port) -> Http.get(
            Trust.context(bouncyCastle(), Trust.platform(bouncyCastle())).getSocketFactory(), host, port, true)));
        all.add(new Client("Bouncy Castle JSSE, trust-all", BC, (host, port) ->
            Http.get(Trust.context(bouncyCastle(), Trust.all()).getSocketFactory(), host, port, false)));
        all.add(new Client("Bouncy Castle JSSE, SSLEngine", BC, (host, port) ->
            Engine.get(Trust.context(bouncyCastle(), Trust.platform(bouncyCastle())), host, port, true)));
        Sockets.add(all);
        Messages.add(all);
    }

    private static Provider bouncyCastle() {
        return new BouncyCastleJsseProvider(new BouncyCastleProvider());
    }

    private static OkHttpClient careless() throws Exception {
        OkHttpClient client = new OkHttpClient();
        client.setSslSocketFactory(Trust.context(Trust.all()).getSocketFactory());
        client.setHostnameVerifier((name, session) -> true);
        return client;
    }

    private static String okhttp(OkHttpClient client, String host, int port) throws Exception {
        Request request = new Request.Builder().url("https://" + host + ":" + port + "/").build();
        return String.valueOf(client.newCall(request).execute().code());
    }

    private static String apache(String host, int port) throws Exception {
        HttpGet get = new HttpGet("https://" + host + ":" + port + "/");
        try (CloseableHttpClient client = HttpClients.createDefault(); CloseableHttpResponse got = client.execute(get)) {
            return String.valueOf(got.getStatusLine().getStatusCode());
        }
    }

    private static String google(HttpTransport transport, String host, int port) throws Exception {
        GenericUrl url = new GenericUrl("https://" + host + ":" + port + "/");
        return String.valueOf(transport.createRequestFactory().buildGetRequest(url).execute().getStatusCode());
    }

    private static String jetty(SslContextFactory.Client tls, String host, int port) throws Exception {
        HttpClient client = new HttpClient(tls);
        client.start();
        try {
            return String.valueOf(client.GET("https://" + host + ":" + port + "/").getStatus());
        } finally {
            client.stop();
        }
    }

    /** With TLS 1.2, because its loop does not end with the JDK's engine of TLS 1.3. */
    private static String async(TrustManager[] managers, String host, int port) throws Exception {
        AsyncServer server = new AsyncServer();
        AsyncHttpClient client = new AsyncHttpClient(server);
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(null, managers, null);
        client.getSSLSocketMiddleware().setSSLContext(context);
        if (managers != null) client.getSSLSocketMiddleware().setTrustManagers(managers);
        client.getSSLSocketMiddleware().setHostnameVerifier((name, session) -> true);  // its own is Android's Apache
        try {
            AsyncHttpGet get = new AsyncHttpGet("https://" + host + ":" + port + "/");
            return client.executeString(get, null).get(Http.TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } finally {
            server.stop();
        }
    }
}
