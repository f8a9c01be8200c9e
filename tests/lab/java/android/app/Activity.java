package android.app;

import android.content.ContextWrapper;

public class Activity extends ContextWrapper {
    public Activity() {
        super(null);
    }

    public Activity(Application application) {
        super(application);
    }

    public boolean isFinishing() {
        return false;
    }
}
