package org.example.pinfuse.demo.net;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** All the clients of the demo. */
public final class Clients {
    private static final List<Client> ALL = Collections.unmodifiableList(Arrays.<Client>asList(
            new UrlConnectionClient(),
            new DefaultFactoryClient(),
            new ContextClient(),
            new ProviderClient(),
            new ReflectionClient(),
            new TrustAllClient(),
            new EngineClient(),
            new OkHttp()));

    private Clients() {}

    /** The clients in the order of their buttons. */
    public static List<Client> all() {
        return ALL;
    }

    /** Runs one client and says in a line what it met. */
    public static String report(Client client, Server server) {
        try {
            return client.name() + ": " + client.get(server);
        } catch (Exception | LinkageError e) {
            return client.name() + ": refused: " + root(e);
        }
    }

    private static Throwable root(Throwable e) {
        while (e.getCause() != null) {
            e = e.getCause();
        }
        return e;
    }
}
