package org.example.pinfuse.demo.net;

/** One way in which an app can speak HTTPS; nothing in this package needs Android. */
public interface Client {
    /** The name shown to a person. */
    String name();

    /** Sends GET / and returns the status line; throws when the session is refused. */
    String get(Server server) throws Exception;
}
