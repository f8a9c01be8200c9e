package system;

import android.app.Activity;
import android.app.Instrumentation;
import android.content.Intent;
import android.content.pm.ActivityInfo;
import android.content.res.Configuration;
import android.content.res.Resources;
import android.os.Binder;
import android.os.Build;
import android.os.Bundle;
import android.os.Looper;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.util.ReflectionHelpers;

/** One process of an installed app, started by Android's own {@code ActivityThread}. */
final class App {
    private final Object thread = RuntimeEnvironment.getActivityThread();
    private final Object testing = ReflectionHelpers.getField(thread, "mInstrumentation");
    private final Installed app;
    private Object loaded;

    App(Installed app) {
        this.app = app;
    }

    /** What the activity manager's {@code bindApplication} brings about: everything until Application.onCreate is over. */
    void start(String process, ClassLoader code) throws Throwable {
        Object loaders = ReflectionHelpers.callStaticMethod(Class.forName("android.app.ApplicationLoaders"), "getDefault");
        Map<String, Object> known = ReflectionHelpers.getField(loaders, "mLoaders");
        known.put(app.application.sourceDir, code);
        Class<?> kind = Class.forName("android.app.ActivityThread$AppBindData");
        Object data = ReflectionHelpers.callConstructor(kind);
        ReflectionHelpers.setField(data, "processName", process);
        ReflectionHelpers.setField(data, "appInfo", app.application);
        ReflectionHelpers.setField(data, "providers", app.providersOf(process));
        ReflectionHelpers.setField(data, "config", new Configuration(Resources.getSystem().getConfiguration()));
        ReflectionHelpers.setField(data, "compatInfo", ReflectionHelpers.getStaticField(
            Class.forName("android.content.res.CompatibilityInfo"), "DEFAULT_COMPATIBILITY_INFO"));
        if (Build.VERSION.SDK_INT >= 30) ReflectionHelpers.setField(data, "disabledCompatChanges", new long[0]);
        if (Build.VERSION.SDK_INT >= 35) ReflectionHelpers.setField(data, "mLoggableCompatChanges", new long[0]);
        ReflectionHelpers.setField(thread, "mInitialApplication", null);
        ReflectionHelpers.setField(thread, "mCoreSettings", new Bundle());
        call("handleBindApplication", data);
        loaded = ReflectionHelpers.getField(data, "info");
    }

    /** The main thread does what waits; from API 36 on only with an Instrumentation of a test. */
    void idle() {
        Object own = ReflectionHelpers.getField(thread, "mInstrumentation");
        ReflectionHelpers.setField(thread, "mInstrumentation", testing);
        Shadows.shadowOf(Looper.getMainLooper()).idle();
        ReflectionHelpers.setField(thread, "mInstrumentation", own);
    }

    /** An activity as the activity manager launches it, until it is in front. */
    Activity launch(String name) throws Throwable {
        ActivityInfo info = null;
        for (ActivityInfo one : app.activities) if (one.name.equals(name)) info = one;
        Object record = ReflectionHelpers.callConstructor(Class.forName("android.app.ActivityThread$ActivityClientRecord"));
        Intent intent = new Intent(Intent.ACTION_MAIN).setClassName(info.packageName, name);
        ReflectionHelpers.setField(record, "token", new Binder());
        ReflectionHelpers.setField(record, "intent", intent);
        ReflectionHelpers.setField(record, "activityInfo", info);
        ReflectionHelpers.setField(record, "packageInfo", loaded);
        ReflectionHelpers.setField(record, "compatInfo", ReflectionHelpers.getStaticField(
            Class.forName("android.content.res.CompatibilityInfo"), "DEFAULT_COMPATIBILITY_INFO"));
        Activity activity = (Activity) call("performLaunchActivity", record, null);
        Instrumentation by = ReflectionHelpers.getField(thread, "mInstrumentation");
        by.callActivityOnStart(activity);
        by.callActivityOnResume(activity);
        return activity;
    }

    void leave(Activity activity) {
        Instrumentation by = ReflectionHelpers.getField(thread, "mInstrumentation");
        by.callActivityOnPause(activity);
        by.callActivityOnStop(activity);
        by.callActivityOnDestroy(activity);
    }

    private Object call(String name, Object... a) throws Throwable {
        for (Method one : thread.getClass().getDeclaredMethods()) {
            if (!one.getName().equals(name) || one.getParameterCount() != a.length) continue;
            one.setAccessible(true);
            try {
                return one.invoke(thread, a);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
        throw new NoSuchMethodException(name);
    }
}
