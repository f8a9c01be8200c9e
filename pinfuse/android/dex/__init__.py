"""DEX files: read with bounds, renamed in place (source.android.com, "Dalvik executable format")."""
