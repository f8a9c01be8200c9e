package org.example.pinfuse.demo;

import android.app.Application;
import android.content.Context;
import android.util.Log;

/** The app's own Application: logs its start, so that the order of entry points can be seen. */
public final class DemoApplication extends Application {
    static final String TAG = "pinfuse-demo";

    @Override
    protected void attachBaseContext(Context base) {
        super.attachBaseContext(base);
        Log.i(TAG, "Application.attachBaseContext");
    }

    @Override
    public void onCreate() {
        super.onCreate();
        Log.i(TAG, "Application.onCreate");
    }
}
