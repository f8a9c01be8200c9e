package zqk;

import java.nio.charset.Charset;
import java.util.Arrays;

/** The natives of the stub, registered from JNI_OnLoad; docs/architecture.md has their contract. */
final class N {
    private static final int HEAD = 6, DIGEST = 32;

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

    /**
     * Called by the stub, from a thread of its own, for a session of native code: reason, certificate, whether it was
     * refused, how many were left out before it (2), how many digests follow, SHA-256 of each certificate, the host.
     */
    static void e(byte[] said) {
        try {
            G.prepare(); // it may have come before the settings were there
            byte[][] digests = new byte[said[5]][];
            int at = HEAD;
            for (int i = 0; i < digests.length; i++, at += DIGEST) digests[i] = Arrays.copyOfRange(said, at, at + DIGEST);
            int size = said.length - at;
            String host = size == 0 ? null : new String(said, at, size, Charset.forName("UTF-8"));
            W.leftOut((said[3] & 255) << 8 | said[4] & 255);
            W.tell(new O(host, said[0], said[1], said[2] != 0, digests));
        } catch (Throwable e) { // an exception has nowhere to go there
            return;
        }
    }
}
