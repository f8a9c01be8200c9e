package zqk;

/** The natives of the stub, registered from JNI_OnLoad; docs/architecture.md has their contract. */
final class N {
    private N() {}

    /** Opens the vault: 0 when it is open, negative when not. */
    static native int a(Object context, byte[][] signers);

    /** The verdict on a chain: 0 allowed, 1 refused, 2 added for a host that is new; {@code out} is {verdict, reason, certificate, pin}. */
    static native int b(byte[][] chain, byte[] host, long now, int flags, int[] out);

    /** The verdict in the light of what is sealed; returns what is to be kept from now on, null for no change. */
    static native byte[] c(
        byte[] secret, byte[] sealed, byte[] fresh, byte[][] chain, byte[] host, long now, int flags, int[] out);

    /** The settings of the opened vault, {@code key NUL value NUL} in UTF-8 and so on; null while it is closed. */
    static native byte[] d();
}
