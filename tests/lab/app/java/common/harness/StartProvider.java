package harness;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.database.Cursor;
import android.net.Uri;
import android.util.Log;

/** A provider that starts things, as many libraries bring. */
public class StartProvider extends ContentProvider {
    @Override
    public boolean onCreate() {
        Log.i(HarnessApplication.TAG, getClass().getSimpleName() + ".onCreate");
        First.sessions(getClass().getSimpleName());
        return true;
    }

    @Override
    public Cursor query(Uri uri, String[] columns, String where, String[] values, String order) {
        return null;
    }

    @Override
    public String getType(Uri uri) {
        return null;
    }

    @Override
    public Uri insert(Uri uri, ContentValues values) {
        return null;
    }

    @Override
    public int delete(Uri uri, String where, String[] values) {
        return 0;
    }

    @Override
    public int update(Uri uri, ContentValues values, String where, String[] arguments) {
        return 0;
    }
}
