package harness;

import java.util.ArrayList;
import java.util.List;

/** Every client of this build of the app, in a fixed order; made at the first question. */
public final class Clients {
    private static List<Client> all;

    private Clients() {}

    public static synchronized List<Client> all() {
        if (all == null) {
            all = new ArrayList<>();
            if (!Boolean.getBoolean("lab.libraries")) Platform.add(all);
            Libraries.add(all);
        }
        return all;
    }

    /** Name and artifact of each, a tab between. */
    public static String[] names() {
        return all().stream().map(one -> one.name + "\t" + one.library).toArray(String[]::new);
    }

    public static String visit(int number, String host, int port) {
        return all().get(number).visit(host, port);
    }
}
