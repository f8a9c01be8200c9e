package zqk;

import java.nio.charset.Charset;
import java.util.Arrays;

/** The natives of the stub, registered from JNI_OnLoad; docs/architecture.md has their contract. */
final class N {
    private static final int HEAD = 6, DIGEST = 32, REFUSED = 1, MET = 2;

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
     * Called by the stub, from a thread of its own, for a session of native code: reason, certificate, bits (1 refused,
     * 2 met), how many were left out before it (2), how many certificates follow, SHA-256 of each, or, where a host is
     * first met, its length (2) and itself; the host.
     */
    static void e(byte[] said) {
        try {
            G.prepare(); // it may have come before the settings were there
            boolean met = (said[2] & MET) != 0;
            byte[][] chain = new byte[said[5]][];
            int at = HEAD;
            for (int i = 0; i < chain.length; at += chain[i++].length) {
                int size = met ? number(said, at) : DIGEST;
                if (met) at += 2;
                chain[i] = Arrays.copyOfRange(said, at, at + size);
            }
            byte[] name = Arrays.copyOfRange(said, at, said.length);
            W.leftOut(number(said, 3));
            if (met && G.remembers(chain, name)) return;
            String host = name.length == 0 ? null : new String(name, Charset.forName("UTF-8"));
            W.tell(new O(host, said[0], said[1], (said[2] & REFUSED) != 0, chain));
        } catch (Throwable e) { // an exception has nowhere to go there
            return;
        }
    }

    private static int number(byte[] from, int at) {
        return (from[at] & 255) << 8 | from[at + 1] & 255;
    }
}
