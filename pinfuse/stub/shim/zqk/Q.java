package zqk;

import android.content.Context;
import android.content.pm.PackageInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.Charset;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * One report: a POST of JSON, tried once. It speaks through a socket of its own under the platform's trust alone, so
 * that no pin, no cookie, no handler and no verifier of the app has a part in it, and a failure ends here.
 */
final class Q implements Runnable {
    private static final int WAIT = 10000; // milliseconds
    private static final int PORT = 443, LONGEST_ANSWER = 4096;
    private static final Charset UTF_8 = Charset.forName("UTF-8");
    private static final String DIGITS = "0123456789abcdef";

    /** That of the platform, taken before the app can set one of its own. */
    private static volatile HostnameVerifier verifier;

    private final Context context;
    private final O what;
    private final String address;

    Q(Context context, O what, String address) {
        this.context = context;
        this.what = what;
        this.address = address;
    }

    /** Called before any code of the app runs, where the entry point allows it. */
    static void remember() {
        verifier = HttpsURLConnection.getDefaultHostnameVerifier();
    }

    @Override
    public void run() {
        try {
            send(new URI(address), json().getBytes(UTF_8));
        } catch (Throwable e) { // an exception here would end the app
            return;
        }
    }

    private static void send(URI to, byte[] body) throws IOException, GeneralSecurityException {
        String host = to.getHost(), path = to.getRawPath();
        if (host == null) return;
        int port = to.getPort() < 0 ? PORT : to.getPort();
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        if (path == null || path.isEmpty()) path = "/";
        if (to.getRawQuery() != null) path += "?" + to.getRawQuery();
        String head = "POST " + path + " HTTP/1.1\r\nHost: " + host + (port == PORT ? "" : ":" + port)
            + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\nConnection: close\r\n\r\n";
        Socket plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(bare, port), WAIT);
            plain.setSoTimeout(WAIT);
            SSLSocket socket = (SSLSocket) platform().getSocketFactory().createSocket(plain, bare, port, true);
            if (!checked(socket, bare)) return;
            OutputStream out = socket.getOutputStream();
            out.write(head.getBytes(UTF_8));
            out.write(body);
            out.flush();
            InputStream in = socket.getInputStream();
            for (int i = 0; i < LONGEST_ANSWER && in.read() >= 0; i++) continue;
        } finally {
            plain.close();
        }
    }

    /** The next real provider's context with its own trust managers: none of ours is in it. */
    private static SSLContext platform() throws GeneralSecurityException {
        TrustManagerFactory factory = S.realFactory(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        SSLContext context = S.realContext("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    /** The handshake, with the name of the server checked by the platform. */
    private static boolean checked(SSLSocket socket, String host) throws IOException {
        boolean named = true;
        try {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
        } catch (LinkageError e) { // before API 24
            named = false;
        }
        socket.startHandshake();
        HostnameVerifier known = verifier;
        return named || (known != null && known.verify(host, socket.getSession()));
    }

    private String json() throws GeneralSecurityException {
        StringBuilder out = new StringBuilder("{\"form\": 1");
        field(out, "app", context.getPackageName());
        field(out, "version", version());
        field(out, "host", what.host);
        field(out, "reason", what.word());
        out.append(", \"code\": ").append(what.reason).append(", \"certificate\": ").append(what.certificate);
        field(out, "mode", E.mode(what));
        out.append(", \"time\": ").append(what.time / 1000).append(", \"chain\": [");
        for (int i = 0; what.chain != null && i < what.chain.length; i++) {
            out.append(i == 0 ? "\"" : ", \"");
            for (byte one : what.digest(i))
                out.append(DIGITS.charAt(one >> 4 & 15)).append(DIGITS.charAt(one & 15));
            out.append('"');
        }
        return out.append("]}").toString();
    }

    private String version() {
        try {
            PackageInfo info = context.getPackageManager().getPackageInfo(context.getPackageName(), 0);
            return info.versionName;
        } catch (Exception e) {
            return null;
        }
    }

    private static void field(StringBuilder out, String name, String value) {
        out.append(", \"").append(name).append("\": ");
        if (value == null) {
            out.append("null");
            return;
        }
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char one = value.charAt(i);
            if (one == '"' || one == '\\') out.append('\\').append(one);
            else if (one >= ' ' && one < 127) out.append(one);
            else {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) out.append(DIGITS.charAt(one >> shift & 15));
            }
        }
        out.append('"');
    }
}
