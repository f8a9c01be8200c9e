package harness;

import android.app.Application;
import android.content.Context;
import android.util.Log;

/** The application; it can be told to make its clients before any provider runs. */
public final class HarnessApplication extends Application {
    static final String TAG = "harness";

    public HarnessApplication() {
        First.sessions("constructor");
    }

    @Override
    protected void attachBaseContext(Context base) {
        super.attachBaseContext(base);
        Log.i(TAG, "attachBaseContext");
        First.sessions("attachBaseContext");
        if (Boolean.getBoolean("lab.early")) Clients.all();
    }

    @Override
    public void onCreate() {
        super.onCreate();
        Log.i(TAG, "onCreate");
        First.sessions("onCreate");
    }
}
