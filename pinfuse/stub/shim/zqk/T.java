package zqk;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A wrapped trust manager: the wrapped one decides first, then the stub. Public, with public methods of the names
 * that Conscrypt, Chromium and X509TrustManagerExtensions look up by reflection.
 */
public final class T extends X509ExtendedTrustManager {
    private final X509TrustManager manager;
    private final X509ExtendedTrustManager extended;
    private final J judge;

    T(X509TrustManager manager) {
        this.manager = manager;
        extended = manager instanceof X509ExtendedTrustManager ? (X509ExtendedTrustManager) manager : null;
        judge = new J(manager);
    }

    static boolean isWrapped(Object manager) {
        return manager instanceof T;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        manager.checkClientTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        if (extended != null) extended.checkClientTrusted(chain, type, socket);
        else manager.checkClientTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        if (extended != null) extended.checkClientTrusted(chain, type, engine);
        else manager.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        manager.checkServerTrusted(chain, type);
        judge.judge(chain, type, H.outer());
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        String host = H.of(socket), before = H.enter(host);
        try {
            if (extended != null) extended.checkServerTrusted(chain, type, socket);
            else manager.checkServerTrusted(chain, type);
            judge.judge(chain, type, host);
            String named = H.named(socket, host);
            if (named != null) judge.judge(chain, type, named);
        } finally {
            H.leave(before);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        String host = H.of(engine), before = H.enter(host);
        try {
            if (extended != null) extended.checkServerTrusted(chain, type, engine);
            else manager.checkServerTrusted(chain, type);
            judge.judge(chain, type, host);
            String named = H.named(engine, host);
            if (named != null) judge.judge(chain, type, named);
        } finally {
            H.leave(before);
        }
    }

    /** For X509TrustManagerExtensions, Chromium, OkHttp and Conscrypt; returns the validated chain. */
    public List<X509Certificate> checkServerTrusted(X509Certificate[] chain, String type, String host)
            throws CertificateException {
        String name = H.clean(host), before = H.enter(name);
        try {
            judge.ask(chain, type, host);
            return judge.judge(chain, type, name);
        } finally {
            H.leave(before);
        }
    }

    /** The same with what the handshake brought for certificate transparency (API 36). */
    public List<X509Certificate> checkServerTrusted(
            X509Certificate[] chain, byte[] ocsp, byte[] sct, String type, String host) throws CertificateException {
        String name = H.clean(host), before = H.enter(name);
        try {
            if (!Z.ask(manager, chain, ocsp, sct, type, host)) judge.ask(chain, type, host);
            return judge.judge(chain, type, name);
        } finally {
            H.leave(before);
        }
    }

    /** For X509TrustManagerExtensions (API 24). */
    public boolean isSameTrustConfiguration(String one, String other) {
        return judge.same(one, other);
    }

    /** For Conscrypt of API 36, which takes the platform's policy where this gives null. */
    public Object getNetworkSecurityPolicy() {
        return Z.policy(manager);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return manager.getAcceptedIssuers();
    }
}
