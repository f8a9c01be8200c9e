package harness;

import android.util.Log;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;

/** The first sessions that an app can open: at each step of its start, one at every server that the lab names. */
final class First {
    private First() {}

    /** Logs what the step met: with what the system gives, and with a context of the app's own that trusts everybody. */
    static void sessions(String step) {
        String ports = System.getProperty("lab.first");
        if (ports == null) return;
        List<Client> clients = new ArrayList<>();
        clients.add(new Client("system", "", First::system));
        clients.add(new Client("own context", "",
            (host, port) -> Http.get(Trust.context(Trust.all()).getSocketFactory(), host, port, false)));
        for (Client client : clients)
            for (String port : ports.split(",")) say(step, Integer.parseInt(port), client);
    }

    private static void say(String step, int port, Client client) {
        String met = client.visit("localhost", port);
        Log.i(HarnessApplication.TAG, "first|" + step + "|" + client.name + "|" + port + "|" + met);
    }

    private static String system(String host, int port) throws Exception {
        URL url = new URL("https://" + host + ":" + port + "/");
        return ((HttpsURLConnection) url.openConnection()).getResponseCode() + " OK";
    }
}
