package android.content.pm;

public abstract class PackageManager {
    public static final int GET_SIGNATURES = 0x40, GET_SIGNING_CERTIFICATES = 0x08000000,
        GET_PROVIDERS = 8;

    public static class NameNotFoundException extends Exception {}

    public abstract PackageInfo getPackageInfo(String name, int flags);
}
