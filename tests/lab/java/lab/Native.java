package lab;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A TLS stack that is not Java's to check, as Chromium's is: it takes every certificate and hands the chain out. */
public final class Native implements AutoCloseable {
    private static final int TIMEOUT_MS = 10000;
    private final Socket plain = new Socket();
    private final SSLSocket socket;

    public Native(String host, int port) throws Exception {
        plain.connect(new InetSocketAddress(host, port), TIMEOUT_MS);
        plain.setSoTimeout(TIMEOUT_MS);
        SSLContext context = SSLContext.getInstance("TLS", Systems.provider());
        context.init(null, new TrustManager[] {new Anybody()}, null);
        socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
        socket.startHandshake();
    }

    public X509Certificate[] chain() throws IOException {
        Certificate[] chain = socket.getSession().getPeerCertificates();
        return Arrays.copyOf(chain, chain.length, X509Certificate[].class);
    }

    public String talk(byte[] request) throws IOException {
        socket.getOutputStream().write(request);
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), "US-ASCII")).readLine();
    }

    @Override
    public void close() throws IOException {
        plain.close();
    }

    /** Waits for one connection, on the port that is returned, and is the TLS client there, with a certificate. */
    public static int caller(String host) throws Exception {
        ServerSocket waiting = new ServerSocket(0, 1, InetAddress.getByName(host));
        SSLContext context = SSLContext.getInstance("TLS", Systems.provider());
        context.init(identity().getKeyManagers(), new TrustManager[] {new Anybody()}, null);
        new Thread(() -> {
            try (ServerSocket listening = waiting; Socket plain = listening.accept()) {
                plain.setSoTimeout(TIMEOUT_MS);
                SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, host, plain.getPort(), true);
                socket.startHandshake();
                socket.getOutputStream().write("HELLO\r\n".getBytes("US-ASCII"));
                while (socket.getInputStream().read() >= 0) continue;
            } catch (IOException e) {
                return; // the app refused, and says so itself
            }
        }).start();
        return waiting.getLocalPort();
    }

    private static KeyManagerFactory identity() throws Exception {
        char[] password = System.getProperty("lab.identity.password").toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream in = new FileInputStream(System.getProperty("lab.identity"))) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        return keys;
    }

    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
