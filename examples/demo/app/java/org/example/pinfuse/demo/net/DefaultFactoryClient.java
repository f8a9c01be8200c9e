package org.example.pinfuse.demo.net;

import javax.net.ssl.SSLSocketFactory;

/** Sockets of the default factory of the process. */
final class DefaultFactoryClient implements Client {
    @Override
    public String name() {
        return "SSLSocketFactory.getDefault";
    }

    @Override
    public String get(Server server) throws Exception {
        return Http.get((SSLSocketFactory) SSLSocketFactory.getDefault(), server, true);
    }
}
