package android.security.keystore;

public abstract class KeyProperties {
    public static final int PURPOSE_SIGN = 4;
}
