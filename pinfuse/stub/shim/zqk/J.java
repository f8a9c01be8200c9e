package zqk;

import android.net.http.X509TrustManagerExtensions;
import android.os.Build;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** The judge behind a wrapped trust manager: finds the validated chain, and puts it to the gate. */
final class J {
    private final X509TrustManager manager;
    private final boolean platform;
    private X509TrustManagerExtensions extensions;

    J(X509TrustManager manager) {
        this.manager = manager;
        // Only a class of the system itself is trusted to say which chain it validated.
        platform = manager.getClass().getClassLoader() == String.class.getClassLoader();
        if (!platform) return;
        try {
            extensions = new X509TrustManagerExtensions(manager);
        } catch (IllegalArgumentException e) { // it has no method that returns the chain
            extensions = null;
        }
    }

    /** Wraps every X.509 trust manager of a list, each once; the list may be one of a class of the app's own. */
    static TrustManager[] wrap(TrustManager[] managers) {
        if (managers == null) return null;
        TrustManager[] wrapped = new TrustManager[managers.length];
        for (int i = 0; i < wrapped.length; i++) wrapped[i] = wrap(managers[i]);
        return wrapped;
    }

    private static TrustManager wrap(TrustManager one) {
        if (one instanceof U || !(one instanceof X509TrustManager) || R.isolated()) return one;
        if (Build.VERSION.SDK_INT < 24) return new U((X509TrustManager) one);
        if (T.isWrapped(one)) return one;
        return new T((X509TrustManager) one);
    }

    /** After the wrapped manager has accepted the chain: the verdict on its validated form, which is returned. */
    List<X509Certificate> judge(X509Certificate[] sent, String type, String host) throws CertificateException {
        List<X509Certificate> path = validated(sent, type, host);
        G.check(path, host, platform ? G.VALIDATED : G.VALIDATED | G.APP_TRUST);
        return path;
    }

    private List<X509Certificate> validated(X509Certificate[] sent, String type, String host) {
        if (extensions != null && host != null) {
            try {
                List<X509Certificate> chain = extensions.checkServerTrusted(sent, type, host);
                if (chain != null && !chain.isEmpty()) return chain;
            } catch (CertificateException e) {
                return K.path(sent, manager);
            } catch (RuntimeException e) {
                return K.path(sent, manager);
            }
        }
        return K.path(sent, manager);
    }

    /** The wrapped manager asked with a host, as Chromium and the extensions do; null where it has no such method. */
    List<X509Certificate> ask(X509Certificate[] sent, String type, String host) throws CertificateException {
        if (extensions != null) return extensions.checkServerTrusted(sent, type, host);
        manager.checkServerTrusted(sent, type);
        return null;
    }

    boolean same(String one, String other) {
        return extensions == null || Build.VERSION.SDK_INT < 24 || extensions.isSameTrustConfiguration(one, other);
    }
}
