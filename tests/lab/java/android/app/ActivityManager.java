package android.app;

import java.util.List;

public class ActivityManager {
    public List<RunningAppProcessInfo> getRunningAppProcesses() {
        return lab.Phone.running();
    }

    public static class RunningAppProcessInfo {
        public static final int IMPORTANCE_FOREGROUND = 100, IMPORTANCE_VISIBLE = 200, IMPORTANCE_CACHED = 400;

        public int importance, pid, uid;
        public String processName;
    }
}
