package org.example.pinfuse.demo;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.database.Cursor;
import android.net.Uri;
import android.util.Log;

/** A start-up provider such as libraries use: it runs before Application.onCreate and holds no data. */
public final class StartupProvider extends ContentProvider {
    @Override
    public boolean onCreate() {
        Log.i(DemoApplication.TAG, "ContentProvider.onCreate");
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
    public int update(Uri uri, ContentValues changes, String where, String[] values) {
        return 0;
    }
}
