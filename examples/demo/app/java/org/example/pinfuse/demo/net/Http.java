package org.example.pinfuse.demo.net;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** The little HTTP that a bare socket needs. */
final class Http {
    static final int TIMEOUT_MS = 10000;

    private Http() {}

    static byte[] request(Server server) throws IOException {
        return ("GET / HTTP/1.0\r\nHost: " + server.host + "\r\n\r\n").getBytes("US-ASCII");
    }

    /** Connects, asks for the check of the host name (API 24 and later), sends GET / and reads the status. */
    static String get(SSLSocketFactory factory, Server server, boolean checkHost) throws IOException {
        Socket plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(server.host, server.port), TIMEOUT_MS);
            plain.setSoTimeout(TIMEOUT_MS);
            SSLSocket socket = (SSLSocket) factory.createSocket(plain, server.host, server.port, true);
            if (checkHost) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
            }
            socket.startHandshake();
            socket.getOutputStream().write(request(server));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), "US-ASCII")).readLine();
        } finally {
            plain.close();
        }
    }
}
