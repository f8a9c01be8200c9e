package harness;

import com.neovisionaries.ws.client.WebSocket;
import com.neovisionaries.ws.client.WebSocketFactory;
import com.pusher.client.Pusher;
import com.pusher.client.PusherOptions;
import com.pusher.client.connection.ConnectionEventListener;
import com.pusher.client.connection.ConnectionState;
import com.pusher.client.connection.ConnectionStateChange;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Libraries that speak WebSocket. */
final class Sockets {
    private Sockets() {}

    static void add(List<Client> all) {
        all.add(new Client("nv-websocket-client", "nv-websocket-client",
            (host, port) -> plain(new WebSocketFactory(), host, port)));
        all.add(new Client("nv-websocket-client, trust-all", "nv-websocket-client", (host, port) ->
            plain(new WebSocketFactory().setSSLContext(Trust.context(Trust.all())), host, port)));
        all.add(new Client("Pusher", "pusher-java-client", Sockets::pusher));
    }

    private static String plain(WebSocketFactory factory, String host, int port) throws Exception {
        factory.setConnectionTimeout(Http.TIMEOUT_MS);
        factory.setVerifyHostname(false);  // it would say that of a session which was refused
        WebSocket socket = factory.createSocket("wss://" + host + ":" + port + "/");
        socket.connect();
        socket.disconnect();
        return "open";
    }

    private static String pusher(String host, int port) throws Exception {
        PusherOptions options = new PusherOptions().setHost(host).setWssPort(port).setUseTLS(true);
        options.setMaxReconnectionAttempts(0);
        CompletableFuture<String> met = new CompletableFuture<>();
        Pusher pusher = new Pusher("lab", options);
        pusher.connect(new ConnectionEventListener() {
            @Override
            public void onConnectionStateChange(ConnectionStateChange change) {
                if (change.getCurrentState() == ConnectionState.CONNECTED) met.complete("connected");
            }

            @Override
            public void onError(String message, String code, Exception e) {
                met.completeExceptionally(e == null ? new IllegalStateException(message) : e);
            }
        }, ConnectionState.ALL);
        try {
            return wait(met);
        } finally {
            pusher.disconnect();
        }
    }

    private static String wait(CompletableFuture<String> met) throws Exception {
        try {
            return met.get(Http.TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception ? (Exception) e.getCause() : e;
        }
    }
}
