package harness;

import android.app.Activity;
import android.app.AppComponentFactory;
import android.app.Application;
import android.content.ContentProvider;
import android.content.Intent;
import android.util.Log;
import java.security.Security;

/** A factory of the app's own, which must go on working behind the shim's. */
public final class HarnessFactory extends AppComponentFactory {
    public HarnessFactory() {
        if (Boolean.getBoolean("lab.first.factory")) First.sessions("factory");
    }

    @Override
    public Application instantiateApplication(ClassLoader loader, String name)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        Log.i(HarnessApplication.TAG, "factory: first is " + Security.getProviders()[0].getName());
        Log.i(HarnessApplication.TAG, "factory: application " + name);
        return super.instantiateApplication(loader, name);
    }

    @Override
    public ContentProvider instantiateProvider(ClassLoader loader, String name)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        Log.i(HarnessApplication.TAG, "factory: provider " + name);
        return super.instantiateProvider(loader, name);
    }

    @Override
    public Activity instantiateActivity(ClassLoader loader, String name, Intent intent)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        Log.i(HarnessApplication.TAG, "factory: activity " + name);
        return super.instantiateActivity(loader, name, intent);
    }

    @Override
    public android.app.Service instantiateService(ClassLoader loader, String name, Intent intent)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        Log.i(HarnessApplication.TAG, "factory: service " + name);
        return super.instantiateService(loader, name, intent);
    }
}
