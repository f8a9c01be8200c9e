package harness;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.ktor.client.HttpClient;
import io.ktor.client.HttpClientKt;
import io.ktor.client.engine.HttpClientEngineFactory;
import io.ktor.client.engine.android.Android;
import io.ktor.client.engine.cio.CIO;
import io.ktor.client.engine.okhttp.OkHttp;
import io.ktor.client.request.HttpRequestBuilder;
import io.ktor.client.request.HttpRequestKt;
import io.ktor.client.statement.HttpResponse;
import io.ktor.client.statement.HttpStatement;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import kotlin.Unit;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.BuildersKt;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import retrofit2.Call;
import retrofit2.Retrofit;
import retrofit2.http.GET;

/** OkHttp 4 and what came with Kotlin, and the clients of HTTP/2. */
final class Libraries {
    private static final String OKHTTP = "okhttp", NETTY = "netty-handler";
    private static final MethodDescriptor<byte[], byte[]> METHOD = MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName("lab.Lab/Get")
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();

    private Libraries() {}

    interface Page {
        @GET("/")
        Call<ResponseBody> get();
    }

    static void add(List<Client> all) {
        OkHttpClient shared = new OkHttpClient();
        all.add(new Client("OkHttp 4", OKHTTP, (host, port) -> okhttp(shared, host, port)));
        all.add(new Client("OkHttp 4, trust-all", OKHTTP, (host, port) -> okhttp(careless(), host, port)));
        all.add(new Client("Retrofit 2 over OkHttp 4", "retrofit", (host, port) -> {
            Retrofit retrofit = new Retrofit.Builder().baseUrl("https://" + host + ":" + port + "/").build();
            return String.valueOf(retrofit.create(Page.class).get().execute().code());
        }));
        all.add(new Client("gRPC, OkHttp transport", "grpc-okhttp",
            (host, port) -> grpc(OkHttpChannelBuilder.forAddress(host, port))));
        all.add(new Client("gRPC, OkHttp transport, trust-all", "grpc-okhttp", (host, port) ->
            grpc(OkHttpChannelBuilder.forAddress(host, port)
                .sslSocketFactory(Trust.context(Trust.all()).getSocketFactory())
                .hostnameVerifier((name, session) -> true))));
        all.add(new Client("gRPC, Netty transport", "grpc-netty",
            (host, port) -> grpc(NettyChannelBuilder.forAddress(host, port))));
        all.add(new Client("gRPC, Netty transport, trust-all", "grpc-netty", (host, port) ->
            grpc(NettyChannelBuilder.forAddress(host, port).sslContext(GrpcSslContexts.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE).build()))));
        all.add(new Client("Netty", NETTY,
            (host, port) -> netty(SslContextBuilder.forClient().build(), host, port)));
        all.add(new Client("Netty, platform trust managers", NETTY, (host, port) ->
            netty(SslContextBuilder.forClient().trustManager(Trust.platform()[0]).build(), host, port)));
        all.add(new Client("Netty, trust-all", NETTY, (host, port) -> {
            SslContextBuilder builder = SslContextBuilder.forClient();
            return netty(builder.trustManager(InsecureTrustManagerFactory.INSTANCE).build(), host, port);
        }));
        all.add(new Client("Ktor, OkHttp engine", "ktor-client-okhttp-jvm",
            (host, port) -> ktor(OkHttp.INSTANCE, host, port)));
        all.add(new Client("Ktor, CIO engine", "ktor-client-cio-jvm",
            (host, port) -> ktor(CIO.INSTANCE, host, port)));
        all.add(new Client("Ktor, CIO engine, trust-all", "ktor-client-cio-jvm", (host, port) ->
            ktor(HttpClientKt.HttpClient(CIO.INSTANCE, config -> {
                config.engine(engine -> {
                    engine.getHttps().setTrustManager(new Trust.All());
                    return Unit.INSTANCE;
                });
                return Unit.INSTANCE;
            }), host, port)));
        all.add(new Client("Ktor, Android engine", "ktor-client-android-jvm",
            (host, port) -> ktor(Android.INSTANCE, host, port)));
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

    private static String grpc(ManagedChannelBuilder<?> builder) throws Exception {
        ManagedChannel channel = builder.build();
        try {
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(Http.TIMEOUT_MS, TimeUnit.MILLISECONDS);
            return ClientCalls.blockingUnaryCall(channel, METHOD, options, new byte[0]).length + " bytes";
        } finally {
            channel.shutdownNow();
        }
    }

    private static String netty(SslContext context, String host, int port) throws Exception {
        return NettyHttp.get(context, host, port);
    }

    private static String ktor(HttpClientEngineFactory<?> engine, String host, int port) throws Exception {
        return ktor(HttpClientKt.HttpClient(engine, config -> Unit.INSTANCE), host, port);
    }

    private static String ktor(HttpClient client, String host, int port) throws Exception {
        try {
            HttpRequestBuilder request = new HttpRequestBuilder();
            HttpRequestKt.url(request, "https://" + host + ":" + port + "/");
            HttpStatement statement = new HttpStatement(request, client);
            HttpResponse response = BuildersKt.runBlocking(
                EmptyCoroutineContext.INSTANCE, (scope, next) -> statement.execute(next));
            return String.valueOf(response.getStatus().getValue());
        } finally {
            client.close();
        }
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            return new byte[0];
        }
    }
}
