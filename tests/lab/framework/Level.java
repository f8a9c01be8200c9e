import android.os.Build;
import java.lang.reflect.Field;

/** The newest API level that these classes of Android have a name for, and the Java that runs them. */
public final class Level {
    public static void main(String[] a) throws Exception {
        int newest = 0;
        for (Field code : Build.VERSION_CODES.class.getFields()) {
            int level = code.getInt(null);
            if (level < Build.VERSION_CODES.CUR_DEVELOPMENT) newest = Math.max(newest, level);
        }
        System.out.println(newest + " " + System.getProperty("java.specification.version"));
    }
}
