package org.example.pinfuse.demo.net;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLParameters;

/** SSLEngine over a plain socket, as Netty and gRPC do it. */
final class EngineClient implements Client {
    @Override
    public String name() {
        return "SSLEngine";
    }

    @Override
    public String get(Server server) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, null, null);
        SSLEngine engine = context.createSSLEngine(server.host, server.port);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(server.host, server.port), Http.TIMEOUT_MS);
            socket.setSoTimeout(Http.TIMEOUT_MS);
            return new Session(engine, socket).get(server);
        } finally {
            socket.close();
        }
    }

    /** One session: {@code in} holds ciphertext ready to be unwrapped, {@code plain} what came out. */
    private static final class Session {
        private final SSLEngine engine;
        private final Socket socket;
        private final ByteBuffer out;
        private final ByteBuffer in;
        private final ByteBuffer plain;

        Session(SSLEngine engine, Socket socket) {
            this.engine = engine;
            this.socket = socket;
            int packet = engine.getSession().getPacketBufferSize();
            out = ByteBuffer.allocate(packet);
            in = ByteBuffer.allocate(2 * packet);
            plain = ByteBuffer.allocate(2 * engine.getSession().getApplicationBufferSize());
        }

        String get(Server server) throws IOException {
            engine.beginHandshake();
            shakeHands();
            send(ByteBuffer.wrap(Http.request(server)));
            while (firstLine() == null) {
                receive();
            }
            return firstLine();
        }

        private void shakeHands() throws IOException {
            while (true) {
                HandshakeStatus status = engine.getHandshakeStatus();
                if (status == HandshakeStatus.NEED_TASK) {
                    engine.getDelegatedTask().run();
                } else if (status == HandshakeStatus.NEED_WRAP) {
                    send(ByteBuffer.allocate(0));
                } else if (status == HandshakeStatus.NEED_UNWRAP) {
                    receive();
                } else {
                    return;
                }
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
            if (result.getStatus() == Status.CLOSED) {
                throw new EOFException("the server closed the session");
            }
            if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
                InputStream stream = socket.getInputStream();
                int count = stream.read(in.array(), in.position(), in.remaining());
                if (count < 0) {
                    throw new EOFException("the server closed the connection");
                }
                in.position(in.position() + count);
            }
        }

        private String firstLine() throws IOException {
            String text = new String(plain.array(), 0, plain.position(), "US-ASCII");
            int end = text.indexOf("\r\n");
            return end < 0 ? null : text.substring(0, end);
        }
    }
}
