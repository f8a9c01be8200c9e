package zqk;

import android.content.Context;
import android.os.Build;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * What this install remembers of hosts that are trusted on first use: one file, one writer at a time among all
 * processes. It holds how the secret is made, 32 random bytes, and what the stub sealed.
 */
final class L implements Runnable {
    private static final String FILE = "zqk";
    private static final int RANDOM = 32, HEAD = 1 + RANDOM, LARGEST = 65536;
    private static final byte PLAIN = 0, IN_KEY_STORE = 1;

    private L() {}

    /** The verdict on a session with a host that is new; what the stub wants remembered is on the disk when it ends. */
    static synchronized int meet(Context context, byte[][] chain, byte[] host, long now, int flags, int[] out)
            throws IOException, GeneralSecurityException {
        File folder = folder(context);
        RandomAccessFile file = new RandomAccessFile(new File(folder, FILE + ".lock"), "rw");
        try {
            FileLock lock = file.getChannel().lock();
            try {
                byte[] kept = read(new File(folder, FILE));
                byte[] secret = kept == null ? null : secret(kept);
                if (secret == null) {
                    kept = begin();
                    secret = secret(kept);
                }
                byte[] sealed = kept.length > HEAD ? Arrays.copyOfRange(kept, HEAD, kept.length) : null;
                byte[] made = N.c(secret, sealed, random(), chain, host, now, flags, out);
                if (made != null) write(folder, Arrays.copyOf(kept, HEAD), made);
                return out[0];
            } finally {
                lock.release();
            }
        } finally {
            file.close();
        }
    }

    /** Native code asks nobody for what is on the disk: the stub is given it in the background. */
    static void recallLater() {
        W.later(new L());
    }

    @Override
    public void run() {
        recall();
    }

    static void recall() {
        try {
            byte[] kept = read(new File(folder(R.context()), FILE)), secret = kept == null ? null : secret(kept);
            if (secret == null || kept.length == HEAD) return;
            N.c(secret, Arrays.copyOfRange(kept, HEAD, kept.length), random(), new byte[0][], null, 0, 0, new int[4]);
        } catch (Throwable e) { // it is done again when a host is met
            return;
        }
    }

    /** Out of backups, and there before the phone is unlocked for the first time. */
    private static File folder(Context context) throws IOException {
        if (context == null) throw new IOException();
        File folder = (Build.VERSION.SDK_INT < 24 ? context : context.createDeviceProtectedStorageContext())
            .getNoBackupFilesDir();
        if (folder == null) throw new IOException();
        return folder;
    }

    /** Null where there is none, or none that this class wrote. */
    private static byte[] read(File file) throws IOException {
        if (!file.exists()) return null;
        RandomAccessFile open = new RandomAccessFile(file, "r");
        try {
            long size = open.length();
            if (size < HEAD || size > LARGEST) return null;
            byte[] data = new byte[(int) size];
            open.readFully(data);
            return data[0] == PLAIN || data[0] == IN_KEY_STORE ? data : null;
        } finally {
            open.close();
        }
    }

    /** Whole or not at all. */
    private static void write(File folder, byte[] head, byte[] sealed) throws IOException {
        File fresh = new File(folder, FILE + ".new");
        FileOutputStream out = new FileOutputStream(fresh);
        try {
            out.write(head);
            out.write(sealed);
            out.getFD().sync();
        } finally {
            out.close();
        }
        if (!fresh.renameTo(new File(folder, FILE))) throw new IOException();
    }

    /** A new head: the phone's key store has a part in the secret where it can. */
    private static byte[] begin() {
        byte[] head = new byte[HEAD];
        System.arraycopy(random(), 0, head, 1, RANDOM);
        head[0] = Build.VERSION.SDK_INT >= 23 && B.make() ? IN_KEY_STORE : PLAIN;
        return head;
    }

    /** Null where the key store has lost the key: what was sealed with it is lost too. */
    private static byte[] secret(byte[] kept) throws IOException, GeneralSecurityException {
        byte[] random = Arrays.copyOfRange(kept, 1, HEAD);
        return kept[0] == IN_KEY_STORE ? B.sign(random) : random;
    }

    private static byte[] random() {
        byte[] bytes = new byte[RANDOM];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
