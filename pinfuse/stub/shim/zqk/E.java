package zqk;

import android.content.Context;
import android.content.Intent;

/** The event that the app's own code can receive (docs/events.md): a broadcast that stays inside the app. */
final class E implements Runnable {
    private final Context context;
    private final O what;
    private final int missed;

    E(Context context, O what, int missed) {
        this.context = context;
        this.what = what;
        this.missed = missed;
    }

    @Override
    public void run() {
        try {
            String name = context.getPackageName();
            Intent intent = new Intent(name + ".zqk.SESSION");
            intent.setPackage(name);
            if (what.host != null) intent.putExtra("host", what.host);
            intent.putExtra("reason", what.word());
            intent.putExtra("code", what.reason);
            intent.putExtra("certificate", what.certificate);
            intent.putExtra("mode", mode(what));
            intent.putExtra("time", what.time);
            intent.putExtra("missed", missed);
            context.sendBroadcast(intent);
        } catch (Throwable e) { // an exception here would end the app
            return;
        }
    }

    static String mode(O what) {
        return what.refused ? "enforce" : "report";
    }
}
