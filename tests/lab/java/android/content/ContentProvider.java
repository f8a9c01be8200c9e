package android.content;

import android.os.Bundle;

public abstract class ContentProvider {
    private Context context;

    public final void attach(Context context) {
        this.context = context;
        onCreate();
    }

    public final Context getContext() {
        return context;
    }

    public abstract boolean onCreate();

    public Bundle call(String method, String argument, Bundle extras) {
        return null;
    }
}
