package harness;

/** One way to speak TLS: a name, the artifact that does it (empty: the platform), and the call. */
public final class Client {
    /** Sends one request and gives the first words of the answer. */
    public interface Call {
        String get(String host, int port) throws Exception;
    }

    public final String name;
    public final String library;
    private final Call call;

    public Client(String name, String library, Call call) {
        this.name = name;
        this.library = library;
        this.call = call;
    }

    /** What it met, in a line. */
    public String visit(String host, int port) {
        try {
            return "served: " + call.get(host, port);
        } catch (Exception | LinkageError e) {
            return Said.of(e);
        }
    }
}
