package org.example.pinfuse.demo;

import android.app.AppComponentFactory;
import android.app.Application;
import android.util.Log;

/** A component factory of the app's own (API 28 and later): protection must keep it and call it. */
public final class DemoFactory extends AppComponentFactory {
    @Override
    public Application instantiateApplication(ClassLoader loader, String name)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        Log.i(DemoApplication.TAG, "AppComponentFactory.instantiateApplication " + name);
        return super.instantiateApplication(loader, name);
    }
}
