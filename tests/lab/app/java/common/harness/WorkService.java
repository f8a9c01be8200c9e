package harness;

import android.app.Service;
import android.content.Intent;
import android.os.IBinder;

/** Work in a second process. */
public final class WorkService extends Service {
    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }
}
