package zqk;

import android.app.Activity;
import android.app.AppComponentFactory;
import android.app.Application;
import android.app.Service;
import android.content.BroadcastReceiver;
import android.content.ContentProvider;
import android.content.Intent;
import android.content.pm.ApplicationInfo;

/** The entry point (API 28 and later): installs before any code of the app, then does what the app's own one does. */
public final class F extends AppComponentFactory {
    /** The build writes the class name of the app's own factory over the dots. */
    private static final String SLOT =
        "zqk|..........................................................................................................................................................................................................................................................";

    private AppComponentFactory own;
    private boolean looked;

    /** The app's own factory; null for none, and where it cannot be loaded, as the system would have it. */
    private synchronized AppComponentFactory own(ClassLoader loader) {
        if (looked) return own;
        int end = SLOT.length();
        while (end > 4 && SLOT.charAt(end - 1) == '.') end--;
        if (end == 4) {
            looked = true;
            return null;
        }
        try {
            own = (AppComponentFactory) loader.loadClass(SLOT.substring(4, end)).getDeclaredConstructor().newInstance();
            looked = true;
        } catch (Exception e) {
            own = null; // an isolated split may bring it later
        }
        return own;
    }

    @Override
    public ClassLoader instantiateClassLoader(ClassLoader loader, ApplicationInfo info) {
        AppComponentFactory own = own(loader);
        return own == null ? super.instantiateClassLoader(loader, info) : own.instantiateClassLoader(loader, info);
    }

    @Override
    public Application instantiateApplication(ClassLoader loader, String name)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        R.start();
        R.assertFirst(); // where the app's own factory started us, the system's provider came in front since
        AppComponentFactory own = own(loader);
        Application application =
            own == null ? super.instantiateApplication(loader, name) : own.instantiateApplication(loader, name);
        R.start(application);
        return application;
    }

    @Override
    public Activity instantiateActivity(ClassLoader loader, String name, Intent intent)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        AppComponentFactory own = own(loader);
        return own == null
            ? super.instantiateActivity(loader, name, intent)
            : own.instantiateActivity(loader, name, intent);
    }

    @Override
    public BroadcastReceiver instantiateReceiver(ClassLoader loader, String name, Intent intent)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        AppComponentFactory own = own(loader);
        return own == null
            ? super.instantiateReceiver(loader, name, intent)
            : own.instantiateReceiver(loader, name, intent);
    }

    @Override
    public Service instantiateService(ClassLoader loader, String name, Intent intent)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        AppComponentFactory own = own(loader);
        return own == null
            ? super.instantiateService(loader, name, intent)
            : own.instantiateService(loader, name, intent);
    }

    @Override
    public ContentProvider instantiateProvider(ClassLoader loader, String name)
            throws InstantiationException, IllegalAccessException, ClassNotFoundException {
        AppComponentFactory own = own(loader);
        return own == null ? super.instantiateProvider(loader, name) : own.instantiateProvider(loader, name);
    }
}
