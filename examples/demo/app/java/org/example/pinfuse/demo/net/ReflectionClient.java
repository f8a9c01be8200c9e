package org.example.pinfuse.demo.net;

import java.lang.reflect.Method;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** An SSLContext found by its name at run time and cast, as some libraries do. */
final class ReflectionClient implements Client {
    @Override
    public String name() {
        return "SSLContext by reflection";
    }

    @Override
    public String get(Server server) throws Exception {
        Class<?> type = Class.forName("javax.net.ssl.SSLContext");
        Method getInstance = type.getMethod("getInstance", String.class);
        SSLContext context = (SSLContext) getInstance.invoke(null, "TLS");
        context.init((KeyManager[]) null, (TrustManager[]) null, null);
        return Http.get(context.getSocketFactory(), server, true);
    }
}
