package zqk;

import android.app.Application;
import android.content.ContextWrapper;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collections;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Questions to classes of the shim that no other package sees. Arguments: the question, and what it is about. */
public final class Inside {
    /** A trust manager of an app's own, which accepts everything. */
    static final class Own implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** An application that calls itself something else, as some do so that pages in a WebView do not learn its name. */
    static final class Renamed extends Application {
        @Override
        public String getPackageName() {
            return "com.example.elsewhere";
        }
    }

    private Inside() {}

    public static void main(String[] a) throws Exception {
        if (a[0].equals("array")) System.out.println(array());
        if (a[0].equals("path")) System.out.println(K.path(chain(a), new Own()).size());
        if (a[0].equals("name")) System.out.println(name(a[1]));
        if (a[0].equals("named")) System.out.println(H.named(engine(a[1], a[2]), a[1]));
    }

    /** An array whose type is the app's own class holds nothing else: what is wrapped needs another array. */
    private static String array() {
        TrustManager[] given = new Own[] {new Own()};
        TrustManager[] wrapped = J.wrap(given);
        return given[0].getClass().getSimpleName() + " " + wrapped[0].getClass().getSimpleName();
    }

    private static String name(String real) {
        Application application = new Renamed();
        R.start(application);
        application.attach(new ContextWrapper(null) {
            @Override
            public String getPackageName() {
                return real;
            }
        });
        return R.context().getPackageName();
    }

    private static X509Certificate[] chain(String[] a) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate[] chain = new X509Certificate[a.length - 1];
        for (int i = 0; i < chain.length; i++)
            chain[i] = (X509Certificate) factory.generateCertificate(
                new ByteArrayInputStream(Base64.getDecoder().decode(a[i + 1])));
        return chain;
    }

    private static SSLEngine engine(String host, String sni) throws Exception {
        SSLEngine engine = javax.net.ssl.SSLContext.getDefault().createSSLEngine(host, 443);
        SSLParameters parameters = engine.getSSLParameters();
        if (!sni.equals("-")) parameters.setServerNames(Collections.singletonList(new SNIHostName(sni)));
        engine.setSSLParameters(parameters);
        return engine;
    }
}
