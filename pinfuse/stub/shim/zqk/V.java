package zqk;

import java.security.Provider;

/** The JCA provider of layer A2: contexts and trust manager factories, ahead of all others. */
public final class V extends Provider {
    static final String NAME = "ZQK";
    private static final String[] CONTEXTS = {"TLS", "SSL", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", S.DEFAULT};
    private static final String[] FACTORIES = {"PKIX", "X509"};

    @SuppressWarnings("deprecation")
    V() {
        super(NAME, 1.0, "");
        for (String one : CONTEXTS) putService(new S(this, S.CONTEXT, one));
        for (String one : FACTORIES) putService(new S(this, S.FACTORY, one));
    }
}
