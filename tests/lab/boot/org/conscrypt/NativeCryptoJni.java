package org.conscrypt;

/** In the place of Conscrypt's own: on the boot class path, as on Android, there is no loader to find its library by. */
final class NativeCryptoJni {
    private NativeCryptoJni() {}

    static void init() {
        System.load(System.getProperty("lab.conscrypt.library"));
    }
}
