package lab;

import android.content.Context;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.content.pm.Signature;
import android.content.pm.SigningInfo;
import java.io.File;

/** What a phone says about the installed app: name, file, certificate of the signer, and a folder. */
final class Device extends Context {
    private final String name;
    private final String apk;
    private final byte[] certificate;
    Context application;

    Device(String name, String apk, byte[] certificate) {
        this.name = name;
        this.apk = apk;
        this.certificate = certificate;
    }

    @Override
    public String getPackageName() {
        return name;
    }

    @Override
    public String getPackageCodePath() {
        return apk;
    }

    @Override
    public PackageManager getPackageManager() {
        return new PackageManager() {
            @Override
            public PackageInfo getPackageInfo(String asked, int flags) {
                PackageInfo info = new PackageInfo();
                Signature[] history = {new Signature(certificate)};
                if ((flags & GET_SIGNATURES) != 0) info.signatures = history;
                if ((flags & GET_SIGNING_CERTIFICATES) != 0) info.signingInfo = new SigningInfo(history);
                return info;
            }
        };
    }

    @Override
    public Context getApplicationContext() {
        return application;
    }

    @Override
    public ApplicationInfo getApplicationInfo() {
        return new ApplicationInfo();
    }

    @Override
    public File getNoBackupFilesDir() {
        String folder = System.getProperty("lab.files");
        return folder == null ? null : new File(folder);
    }

    @Override
    public Context createDeviceProtectedStorageContext() {
        return this;
    }
}
