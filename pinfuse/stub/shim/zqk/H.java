package zqk;

import java.net.IDN;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** The host of a session: what the handshake says, then the SNI, then what an outer call on this thread knows. */
final class H {
    private static final ThreadLocal<String> OUTER = new ThreadLocal<String>();

    private H() {}

    static String of(Socket socket) {
        String host = null;
        if (socket instanceof SSLSocket) {
            host = peer(handshake((SSLSocket) socket));
            if (host == null) host = sni((SSLSocket) socket);
        }
        return host == null ? OUTER.get() : host;
    }

    static String of(SSLEngine engine) {
        String host = engine == null ? null : peer(handshake(engine));
        if (host == null && engine != null) host = clean(engine.getPeerHost());
        if (host == null && engine != null) host = sni(engine);
        return host == null ? OUTER.get() : host;
    }

    /** The name in the SNI of a session whose host is an address; null where there is none. */
    static String named(Socket socket, String host) {
        return isAddress(host) && socket instanceof SSLSocket ? sni((SSLSocket) socket) : null;
    }

    static String named(SSLEngine engine, String host) {
        return isAddress(host) && engine != null ? sni(engine) : null;
    }

    private static boolean isAddress(String host) {
        if (host == null) return false;
        for (int i = 0; i < host.length(); i++) {
            char one = host.charAt(i);
            if (one == ':') return true;
            if (one != '.' && (one < '0' || one > '9')) return false;
        }
        return true;
    }

    /** The host that an outer call on this thread knows, or null. */
    static String outer() {
        return OUTER.get();
    }

    /** Makes {@code host} known to calls inside; returns what was known before, for {@link #leave}. */
    static String enter(String host) {
        String before = OUTER.get();
        OUTER.set(host);
        return before;
    }

    static void leave(String before) {
        if (before == null) OUTER.remove();
        else OUTER.set(before);
    }

    /** A host as the stub compares it: A-labels; null for none. */
    static String clean(String host) {
        if (host == null || host.isEmpty()) return null;
        for (int i = 0; i < host.length(); i++) if (host.charAt(i) > 127) return ascii(host);
        return host;
    }

    private static String ascii(String host) {
        try {
            return IDN.toASCII(host);
        } catch (IllegalArgumentException e) {
            return host;
        }
    }

    private static String peer(SSLSession session) {
        return session == null ? null : clean(session.getPeerHost());
    }

    private static SSLSession handshake(SSLSocket socket) {
        try {
            return socket.getHandshakeSession();
        } catch (LinkageError e) { // before API 24
            return null;
        } catch (UnsupportedOperationException e) {
            return null;
        }
    }

    private static SSLSession handshake(SSLEngine engine) {
        try {
            return engine.getHandshakeSession();
        } catch (LinkageError e) {
            return null;
        } catch (UnsupportedOperationException e) {
            return null;
        }
    }

    private static String sni(SSLSocket socket) {
        try {
            return first(socket.getSSLParameters());
        } catch (LinkageError e) {
            return null;
        } catch (IllegalArgumentException e) { // a host with an underscore is no SNI name
            return null;
        }
    }

    private static String sni(SSLEngine engine) {
        try {
            return first(engine.getSSLParameters());
        } catch (LinkageError e) {
            return null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static String first(SSLParameters parameters) {
        List<SNIServerName> names = parameters == null ? null : parameters.getServerNames();
        if (names != null)
            for (SNIServerName name : names)
                if (name instanceof SNIHostName) return clean(((SNIHostName) name).getAsciiName());
        return null;
    }
}
