package harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** The little HTTP that a bare socket needs. */
public final class Http {
    public static final int TIMEOUT_MS = 10000;

    private Http() {}

    public static byte[] request(String host) throws IOException {
        return ("GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n").getBytes("US-ASCII");
    }

    /** A socket over a connected one, as HTTP clients layer it; with or without the check of the host's name. */
    public static String get(SSLSocketFactory factory, String host, int port, boolean checkHost) throws IOException {
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(host, port), TIMEOUT_MS);
            plain.setSoTimeout(TIMEOUT_MS);
            plain.setTcpNoDelay(true);
            SSLSocket socket = (SSLSocket) factory.createSocket(plain, host, port, true);
            if (checkHost) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
            }
            return talk(socket, host);
        }
    }

    /** A socket that is told an address only. */
    public static String byAddress(SSLSocketFactory factory, String host, int port) throws IOException {
        InetAddress address = InetAddress.getByAddress(InetAddress.getByName(host).getAddress());
        try (SSLSocket socket = (SSLSocket) factory.createSocket(address, port)) {
            socket.setSoTimeout(TIMEOUT_MS);
            return talk(socket, host);
        }
    }

    private static String talk(SSLSocket socket, String host) throws IOException {
        socket.startHandshake();
        socket.getOutputStream().write(request(host));
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), "US-ASCII")).readLine();
    }
}
