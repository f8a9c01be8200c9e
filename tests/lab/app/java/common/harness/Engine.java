package harness;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLParameters;

/** An SSLEngine over a plain socket: {@code in} holds ciphertext to be unwrapped, {@code plain} what came out. */
public final class Engine {
    private final SSLEngine engine;
    private final Socket socket;
    private final ByteBuffer out;
    private final ByteBuffer in;
    private final ByteBuffer plain;

    private Engine(SSLEngine engine, Socket socket) {
        this.engine = engine;
        this.socket = socket;
        int packet = engine.getSession().getPacketBufferSize();
        out = ByteBuffer.allocate(packet);
        in = ByteBuffer.allocate(2 * packet);
        plain = ByteBuffer.allocate(2 * engine.getSession().getApplicationBufferSize());
    }

    /** With a host the engine checks the name; without one it does not know whom it speaks to. */
    public static String get(SSLContext context, String host, int port, boolean named) throws IOException {
        SSLEngine engine = named ? context.createSSLEngine(host, port) : context.createSSLEngine();
        engine.setUseClientMode(true);
        if (named) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            engine.setSSLParameters(parameters);
        }
        try (Socket socket = connect(host, port)) {
            Engine session = new Engine(engine, socket);
            session.shakeHands();
            session.send(ByteBuffer.wrap(Http.request(host)));
            while (session.firstLine() == null) session.receive();
            return session.firstLine();
        }
    }

    /** The other way round: the app is the server, asks the peer for its certificate, and reads what it sends. */
    public static String serve(SSLContext context, String host, int port) throws IOException {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(true);
        try (Socket socket = connect(host, port)) {
            Engine session = new Engine(engine, socket);
            session.shakeHands();
            while (session.firstLine() == null) session.receive();
            return session.firstLine();
        }
    }

    private static Socket connect(String host, int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(host, port), Http.TIMEOUT_MS);
        socket.setSoTimeout(Http.TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private void shakeHands() throws IOException {
        engine.beginHandshake();
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) engine.getDelegatedTask().run();
            else if (status == HandshakeStatus.NEED_WRAP) send(ByteBuffer.allocate(0));
            else if (status == HandshakeStatus.NEED_UNWRAP) receive();
            else return;
        }
    }

    private void send(ByteBuffer data) throws IOException {
        do {
            out.clear();
            engine.wrap(data, out);
            socket.getOutputStream().write(out.array(), 0, out.position());
        } while (data.hasRemaining());
    }

    private void receive() throws IOException {
        in.flip();
        SSLEngineResult result = engine.unwrap(in, plain);
        in.compact();
        if (result.getStatus() == Status.CLOSED) throw new EOFException("the peer closed the session");
        if (result.getStatus() != Status.BUFFER_UNDERFLOW) return;
        int count = socket.getInputStream().read(in.array(), in.position(), in.remaining());
        if (count < 0) throw new EOFException("the peer closed the connection");
        in.position(in.position() + count);
    }

    private String firstLine() throws IOException {
        String text = new String(plain.array(), 0, plain.position(), "US-ASCII");
        int end = text.indexOf("\r\n");
        return end < 0 ? null : text.substring(0, end);
    }
}
