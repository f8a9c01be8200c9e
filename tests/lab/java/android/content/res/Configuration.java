package android.content.res;

import android.os.LocaleList;
import java.util.Locale;

public final class Configuration {
    public Locale locale = new LocaleList().get(0);

    public LocaleList getLocales() {
        return new LocaleList();
    }
}
