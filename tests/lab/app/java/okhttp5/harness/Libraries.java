package harness;

import java.util.List;
import javax.net.ssl.SSLContext;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.client5.http.ssl.TrustAllStrategy;
import org.apache.hc.core5.ssl.SSLContextBuilder;
import retrofit2.Call;
import retrofit2.Retrofit;
import retrofit2.http.GET;

/** Today's libraries. */
final class Libraries {
    private static final String OKHTTP = "okhttp-jvm", APACHE = "httpclient5";

    private Libraries() {}

    interface Page {
        @GET("/")
        Call<ResponseBody> get();
    }

    static void add(List<Client> all) {
        OkHttpClient shared = new OkHttpClient();
        all.add(new Client("OkHttp 5", OKHTTP, (host, port) -> okhttp(shared, host, port)));
        all.add(new Client("OkHttp 5, trust-all", OKHTTP, (host, port) -> okhttp(careless(), host, port)));
        all.add(new Client("Retrofit 3 over OkHttp 5", "retrofit", (host, port) -> {
            Retrofit retrofit = new Retrofit.Builder().baseUrl("https://" + host + ":" + port + "/").build();
            return String.valueOf(retrofit.create(Page.class).get().execute().code());
        }));
        all.add(new Client("Apache HttpClient 5", APACHE, (host, port) -> apache(HttpClients.custom(), host, port)));
        all.add(new Client("Apache HttpClient 5, trust-all", APACHE, (host, port) -> {
            SSLContext context = SSLContextBuilder.create().loadTrustMaterial(TrustAllStrategy.INSTANCE).build();
            PoolingHttpClientConnectionManagerBuilder connections = PoolingHttpClientConnectionManagerBuilder.create();
            connections.setTlsSocketStrategy(new DefaultClientTlsStrategy(context, NoopHostnameVerifier.INSTANCE));
            return apache(HttpClients.custom().setConnectionManager(connections.build()), host, port);
        }));
    }

    private static OkHttpClient careless() throws Exception {
        SSLContext context = Trust.context(Trust.all());
        return new OkHttpClient.Builder()
            .sslSocketFactory(context.getSocketFactory(), new Trust.All())
            .hostnameVerifier((name, session) -> true)
            .build();
    }

    private static String okhttp(OkHttpClient client, String host, int port) throws Exception {
        Request request = new Request.Builder().url("https://" + host + ":" + port + "/").build();
        try (Response response = client.newCall(request).execute()) {
            return String.valueOf(response.code());
        }
    }

    private static String apache(HttpClientBuilder builder, String host, int port) throws Exception {
        try (CloseableHttpClient client = builder.disableAutomaticRetries().build()) {
            return client.execute(new HttpGet("https://" + host + ":" + port + "/"),
                response -> String.valueOf(response.getCode()));
        }
    }
}
