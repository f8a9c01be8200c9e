package org.example.pinfuse.demo.net;

import java.security.Provider;
import java.security.Security;
import javax.net.ssl.SSLContext;

/** An SSLContext asked of one provider by name, which passes any provider placed before it. */
final class ProviderClient implements Client {
    private static final String[] NAMES = {"AndroidOpenSSL", "SunJSSE"};

    @Override
    public String name() {
        return "SSLContext, explicit provider";
    }

    @Override
    public String get(Server server) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS", provider());
        context.init(null, null, null);
        return Http.get(context.getSocketFactory(), server, true);
    }

    private static Provider provider() {
        for (String name : NAMES) {
            Provider found = Security.getProvider(name);
            if (found != null) {
                return found;
            }
        }
        throw new IllegalStateException("no TLS provider under a known name");
    }
}
