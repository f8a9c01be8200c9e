package zqk;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.database.Cursor;
import android.net.Uri;
import android.os.Bundle;

/** The entry point of API 21 to 27, one in each process; it provides nothing but a way between them. */
public class P extends ContentProvider {
    @Override
    public boolean onCreate() {
        R.start(getContext());
        return true;
    }

    /** Only for other processes of this app: the provider is not exported. */
    @Override
    public Bundle call(String method, String argument, Bundle extras) {
        return X.answer(method, extras);
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
