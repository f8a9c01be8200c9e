package org.example.pinfuse.demo.net;

import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** OkHttp as most apps use it. */
final class OkHttp implements Client {
    @Override
    public String name() {
        return "OkHttp";
    }

    @Override
    public String get(Server server) throws Exception {
        OkHttpClient client = new OkHttpClient();
        Request request = new Request.Builder().url(server.url()).build();
        try (Response response = client.newCall(request).execute()) {
            return response.code() + " " + response.message();
        } finally {
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }
}
