package android.content;

import android.app.ActivityManager;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageManager;
import android.content.res.Resources;
import java.io.File;

public abstract class Context {
    public abstract String getPackageName();
    public abstract String getPackageCodePath();
    public abstract PackageManager getPackageManager();
    public abstract Context getApplicationContext();
    public abstract ApplicationInfo getApplicationInfo();
    public abstract File getNoBackupFilesDir();
    public abstract Context createDeviceProtectedStorageContext();

    public static final String ACTIVITY_SERVICE = "activity";

    public Resources getResources() {
        return new Resources();
    }

    public Object getSystemService(String name) {
        return new ActivityManager();
    }

    public ContentResolver getContentResolver() {
        return new ContentResolver();
    }

    public void sendBroadcast(Intent intent) {
        lab.Lab.say("broadcast", intent.toString());
    }

    public void startActivity(Intent intent) {
        lab.Lab.say("activity", intent.toString());
    }
}
