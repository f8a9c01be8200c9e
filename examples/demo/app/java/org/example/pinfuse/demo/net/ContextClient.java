package org.example.pinfuse.demo.net;

import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An SSLContext of the app's own, with the trust managers of the platform. */
final class ContextClient implements Client {
    @Override
    public String name() {
        return "SSLContext, platform trust";
    }

    @Override
    public String get(Server server) throws Exception {
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return Http.get(context.getSocketFactory(), server, true);
    }
}
