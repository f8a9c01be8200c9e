package android.content;

import android.net.Uri;
import android.os.Bundle;

public class ContentResolver {
    public final Bundle call(Uri to, String method, String argument, Bundle extras) {
        return lab.Phone.call(to.toString(), method, extras);
    }
}
