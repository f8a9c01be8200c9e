package android.os;

public class Process {
    public static boolean isIsolated() {
        return Boolean.getBoolean("lab.isolated");
    }

    public static int myPid() {
        return (int) ProcessHandle.current().pid();
    }

    public static int myUid() {
        return isIsolated() ? 99001 : 10123;
    }
}
