package org.example.pinfuse.demo.net;

import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/** The client of the platform: it never names SSLContext in the app. */
final class UrlConnectionClient implements Client {
    @Override
    public String name() {
        return "HttpsURLConnection";
    }

    @Override
    public String get(Server server) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(server.url()).openConnection();
        connection.setConnectTimeout(Http.TIMEOUT_MS);
        connection.setReadTimeout(Http.TIMEOUT_MS);
        try {
            return connection.getResponseCode() + " " + connection.getResponseMessage();
        } finally {
            connection.disconnect();
        }
    }
}
