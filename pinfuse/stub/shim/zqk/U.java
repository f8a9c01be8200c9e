package zqk;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.X509TrustManager;

/** A wrapped trust manager for API 21 to 23, where X509ExtendedTrustManager is not there yet. */
public final class U implements X509TrustManager {
    private final X509TrustManager manager;
    private final J judge;

    U(X509TrustManager manager) {
        this.manager = manager;
        judge = new J(manager);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        manager.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        R.assertFirst();
        manager.checkServerTrusted(chain, type);
        judge.judge(chain, type, H.outer());
    }

    /** As {@code X509TrustManagerExtensions} finds it by reflection. */
    public List<X509Certificate> checkServerTrusted(X509Certificate[] chain, String type, String host)
            throws CertificateException {
        judge.ask(chain, type, host);
        return judge.judge(chain, type, H.clean(host));
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return manager.getAcceptedIssuers();
    }
}
