package harness;

import com.android.volley.Request;
import com.android.volley.toolbox.HttpResponse;
import com.android.volley.toolbox.HurlStack;
import com.android.volley.toolbox.StringRequest;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.net.URI;
import java.security.Provider;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.conn.ssl.NoopHostnameVerifier;
import org.apache.http.conn.ssl.TrustAllStrategy;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.ssl.SSLContextBuilder;
import org.conscrypt.Conscrypt;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.handshake.ServerHandshake;
import retrofit2.Call;
import retrofit2.Retrofit;
import retrofit2.http.GET;

/** Libraries of the years before Kotlin. */
final class Libraries {
    private static final String OKHTTP = "okhttp", APACHE = "httpclient", CONSCRYPT = "conscrypt-openjdk-uber";

    private Libraries() {}

    interface Page {
        @GET("/")
        Call<ResponseBody> get();
    }

    static void add(List<Client> all) {
        OkHttpClient shared = new OkHttpClient();
        all.add(new Client("OkHttp 3", OKHTTP, (host, port) -> okhttp(shared, host, port)));
        all.add(new Client("OkHttp 3, trust-all", OKHTTP, (host, port) -> {
            SSLContext context = Trust.context(Trust.all());
            OkHttpClient client = new OkHttpClient.Builder()
                .sslSocketFactory(context.getSocketFactory(), new Trust.All())
                .hostnameVerifier((name, session) -> true)
                .build();
            return okhttp(client, host, port);
        }));
        all.add(new Client("Retrofit 2 over OkHttp 3", "retrofit", (host, port) -> {
            Retrofit retrofit = new Retrofit.Builder().baseUrl("https://" + host + ":" + port + "/").build();
            return String.valueOf(retrofit.create(Page.class).get().execute().code());
        }));
        all.add(new Client("Apache HttpClient 4", APACHE,
            (host, port) -> apache(HttpClients.custom(), host, port)));
        all.add(new Client("Apache HttpClient 4, trust-all", APACHE, (host, port) -> {
            SSLContext context = SSLContextBuilder.create().loadTrustMaterial(TrustAllStrategy.INSTANCE).build();
            HttpClientBuilder builder = HttpClients.custom().setSSLContext(context);
            return apache(builder.setSSLHostnameVerifier(NoopHostnameVerifier.INSTANCE), host, port);
        }));
        all.add(new Client("Java-WebSocket", "Java-WebSocket", (host, port) -> webSocket(null, host, port)));
        all.add(new Client("Java-WebSocket, trust-all", "Java-WebSocket",
            (host, port) -> webSocket(Trust.context(Trust.all()).getSocketFactory(), host, port)));
        all.add(new Client("Socket.IO", "socket.io-client", Libraries::socketIo));
        all.add(new Client("Volley, HurlStack", "volley", (host, port) -> volley(new HurlStack(), host, port)));
        all.add(new Client("Volley, HurlStack, trust-all", "volley", (host, port) ->
            volley(new HurlStack(null, Trust.context(Trust.all()).getSocketFactory()), host, port)));
        all.add(new Client("Conscrypt of the app, named provider", CONSCRYPT, (host, port) ->
            Http.get(Trust.context(conscrypt(), Trust.platform(conscrypt())).getSocketFactory(), host, port, true)));
        all.add(new Client("Conscrypt of the app, trust-all", CONSCRYPT, (host, port) ->
            Http.get(Trust.context(conscrypt(), Trust.all()).getSocketFactory(), host, port, false)));
        all.add(new Client("Conscrypt of the app, SSLEngine", CONSCRYPT, (host, port) ->
            Engine.get(Trust.context(conscrypt(), Trust.platform(conscrypt())), host, port, true)));
        all.add(new Client("OkHttp 3 on Conscrypt of the app", OKHTTP, (host, port) -> {
            SSLContext context = Trust.context(conscrypt(), Trust.all());
            OkHttpClient client = new OkHttpClient.Builder()
                .sslSocketFactory(context.getSocketFactory(), new Trust.All())
                .hostnameVerifier((name, session) -> true)
                .build();
            return okhttp(client, host, port);
        }));
    }

    private static String socketIo(String host, int port) throws Exception {
        IO.Options options = new IO.Options();
        options.forceNew = true;
        options.reconnection = false;
        options.transports = new String[] {"websocket"};
        CompletableFuture<String> met = new CompletableFuture<>();
        Socket socket = IO.socket("https://" + host + ":" + port, options);
        socket.io().on("open", args -> met.complete("open"));
        socket.io().on("error", args -> met.completeExceptionally((Exception) args[0]));
        socket.connect();
        try {
            return met.get(Http.TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } finally {
            socket.disconnect();
        }
    }

    private static Provider conscrypt() {
        return Conscrypt.newProviderBuilder().provideTrustManager(true).build();
    }

    private static String okhttp(OkHttpClient client, String host, int port) throws Exception {
        okhttp3.Request request = new okhttp3.Request.Builder().url("https://" + host + ":" + port + "/").build();
        try (Response response = client.newCall(request).execute()) {
            return String.valueOf(response.code());
        }
    }

    private static String apache(HttpClientBuilder builder, String host, int port) throws Exception {
        HttpGet get = new HttpGet("https://" + host + ":" + port + "/");
        try (CloseableHttpClient client = builder.build(); CloseableHttpResponse response = client.execute(get)) {
            return String.valueOf(response.getStatusLine().getStatusCode());
        }
    }

    private static String volley(HurlStack stack, String host, int port) throws Exception {
        Request<?> request = new StringRequest("https://" + host + ":" + port + "/", null, null);
        HttpResponse response = stack.executeRequest(request, Collections.<String, String>emptyMap());
        return String.valueOf(response.getStatusCode());
    }

    private static String webSocket(SSLSocketFactory factory, String host, int port) throws Exception {
        AtomicReference<Exception> error = new AtomicReference<>();
        AtomicReference<String> opened = new AtomicReference<>();
        CountDownLatch end = new CountDownLatch(1);
        WebSocketClient client = new WebSocketClient(new URI("wss://" + host + ":" + port + "/")) {
            @Override
            public void onOpen(ServerHandshake handshake) {
                opened.set(String.valueOf(handshake.getHttpStatus()));
                end.countDown();
            }

            @Override
            public void onMessage(String message) {}

            @Override
            public void onClose(int code, String reason, boolean remote) {
                end.countDown();
            }

            @Override
            public void onError(Exception e) {
                error.compareAndSet(null, e);
            }
        };
        if (factory != null) client.setSocketFactory(factory);
        client.connect();
        if (!end.await(Http.TIMEOUT_MS, TimeUnit.MILLISECONDS)) throw new IllegalStateException("no answer");
        client.close();
        for (int i = 0; i < 100 && opened.get() == null && error.get() == null; i++) Thread.sleep(10);
        if (opened.get() != null) return opened.get();
        throw error.get() == null ? new IllegalStateException("closed") : error.get();
    }
}
