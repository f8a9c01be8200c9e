package android.content;

import android.content.pm.ApplicationInfo;
import android.content.pm.PackageManager;

public abstract class Context {
    public abstract String getPackageName();
    public abstract String getPackageCodePath();
    public abstract PackageManager getPackageManager();
    public abstract Context getApplicationContext();
    public abstract ApplicationInfo getApplicationInfo();
}
