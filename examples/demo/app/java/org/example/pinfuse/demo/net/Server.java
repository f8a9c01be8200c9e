package org.example.pinfuse.demo.net;

/** A host and a port. */
public final class Server {
    private static final int HTTPS = 443;
    public final String host;
    public final int port;

    public Server(String host, int port) {
        this.host = host;
        this.port = port;
    }

    /** Reads "host" or "host:port"; a port that is no number is port 443. */
    public static Server parse(String text) {
        int colon = text == null ? -1 : text.lastIndexOf(':');
        if (colon < 0) {
            return new Server(text == null ? "" : text.trim(), HTTPS);
        }
        int port = HTTPS;
        try {
            port = Integer.parseInt(text.substring(colon + 1).trim());
        } catch (NumberFormatException e) {
            port = HTTPS;
        }
        return new Server(text.substring(0, colon).trim(), port);
    }

    /** The root page of the server. */
    public String url() {
        return "https://" + host + ":" + port + "/";
    }
}
