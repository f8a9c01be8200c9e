package android.os;

/** An ordinary app. */
public class Process {
    public static int myUid() {
        return 10123;
    }
}
