import java.security.MessageDigestSpi;
import java.util.Arrays;

/** SHA-256 (FIPS 180-4), which in this libcore Conscrypt would bring. */
public final class Sha256 extends MessageDigestSpi {
    private static final int[] K = new int[64], FIRST = new int[8];
    private byte[] all = new byte[0];

    static {
        int found = 0;
        for (int n = 2; found < 64; n++) {
            boolean prime = true;
            for (int d = 2; d * d <= n; d++) prime &= n % d != 0;
            if (!prime) continue;
            if (found < 8) FIRST[found] = part(Math.sqrt(n));
            K[found++] = part(Math.pow(n, 1 / 3.0));
        }
    }

    /** The first 32 bits behind the point. */
    private static int part(double x) {
        return (int) (long) ((x - (long) x) * 4294967296.0);
    }

    @Override
    protected void engineUpdate(byte one) {
        engineUpdate(new byte[] {one}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] data, int at, int size) {
        int before = all.length;
        all = Arrays.copyOf(all, before + size);
        System.arraycopy(data, at, all, before, size);
    }

    @Override
    protected void engineReset() {
        all = new byte[0];
    }

    @Override
    protected byte[] engineDigest() {
        byte[] data = Arrays.copyOf(all, (all.length + 72) / 64 * 64);
        data[all.length] = (byte) 128;
        for (int i = 0; i < 8; i++) data[data.length - 1 - i] = (byte) (8L * all.length >>> 8 * i);
        int[] h = FIRST.clone();
        for (int at = 0; at < data.length; at += 64) block(data, at, h);
        byte[] out = new byte[32];
        for (int i = 0; i < 32; i++) out[i] = (byte) (h[i / 4] >>> 24 - 8 * (i % 4));
        engineReset();
        return out;
    }

    private static void block(byte[] data, int at, int[] h) {
        int[] w = new int[64], v = h.clone();
        for (int i = 0; i < 64; i++) {
            for (int b = 0; i < 16 && b < 4; b++) w[i] = w[i] << 8 | data[at + 4 * i + b] & 255;
            if (i < 16) continue;
            int x = w[i - 15], y = w[i - 2];
            w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ x >>> 3) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ y >>> 10);
        }
        for (int i = 0; i < 64; i++) {
            int e = v[4], a = v[0];
            int one = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & v[5] ^ ~e & v[6]) + K[i] + w[i];
            int two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & v[1] ^ a & v[2] ^ v[1] & v[2]);
            System.arraycopy(v, 0, v, 1, 7);
            v[4] += one;
            v[0] = one + two;
        }
        for (int i = 0; i < 8; i++) h[i] += v[i];
    }

    private static int turn(int x, int n) {
        return x >>> n | x << 32 - n;
    }
}
