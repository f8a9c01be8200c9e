package system;

import android.content.pm.ActivityInfo;
import android.content.pm.ApplicationInfo;
import android.content.pm.ComponentInfo;
import android.content.pm.PackageInfo;
import android.content.pm.ProviderInfo;
import android.content.pm.Signature;
import android.content.pm.SigningInfo;
import android.os.Build;
import android.os.Process;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.shadows.ShadowPackageParser;
import org.robolectric.util.ReflectionHelpers;

/** An app that Android's own PackageParser has read, installed with the folders and the process names it then gets. */
final class Installed {
    final ApplicationInfo application;
    final List<ActivityInfo> activities;
    final List<ProviderInfo> providers;
    final PackageInfo known = new PackageInfo();

    Installed(Path apk, byte[] certificate, Path data, String libraries) {
        Object parsed = ShadowPackageParser.callParsePackage(apk);
        application = ReflectionHelpers.getField(parsed, "applicationInfo");
        application.uid = Process.myUid();
        application.sourceDir = application.publicSourceDir = apk.toString();
        application.dataDir = data.toString();
        application.nativeLibraryDir = libraries;
        ReflectionHelpers.setField(application, "credentialProtectedDataDir", data.toString());
        ReflectionHelpers.setField(application, "deviceProtectedDataDir", data.toString());
        if (application.processName == null) application.processName = application.packageName;
        activities = components(parsed, "activities");
        providers = components(parsed, "providers");
        known.packageName = application.packageName;
        known.applicationInfo = application;
        known.providers = providers.toArray(new ProviderInfo[0]);
        known.activities = activities.toArray(new ActivityInfo[0]);
        known.signatures = new Signature[] {new Signature(certificate)};
        if (Build.VERSION.SDK_INT >= 28) {
            known.signingInfo = new SigningInfo();
            Shadows.shadowOf(known.signingInfo).setSignatures(known.signatures);
        }
        Shadows.shadowOf(RuntimeEnvironment.getApplication().getPackageManager()).installPackage(known);
        Ours.app = known;
    }

    private <T extends ComponentInfo> List<T> components(Object parsed, String what) {
        List<T> found = new ArrayList<>();
        for (Object one : (List<?>) ReflectionHelpers.getField(parsed, what)) {
            T info = ReflectionHelpers.getField(one, "info");
            info.applicationInfo = application;
            if (info.processName == null) info.processName = application.processName;
            found.add(info);
        }
        return found;
    }

    /** As the package manager hands them to a process that starts: its own, the highest initOrder first. */
    List<ProviderInfo> providersOf(String process) {
        List<ProviderInfo> found = new ArrayList<>();
        for (ProviderInfo one : providers) if (one.processName.equals(process)) found.add(one);
        found.sort((one, other) -> Integer.compare(other.initOrder, one.initOrder));
        return found;
    }
}
