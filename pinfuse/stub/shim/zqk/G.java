package zqk;

import android.content.Context;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.content.pm.Signature;
import android.os.Build;
import java.io.IOException;
import java.nio.charset.Charset;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;

/** The gate: loads the stub, opens the vault at the first verdict, and turns a refusal into an exception. */
final class G {
    /** The list is a path whose signatures hold; the trust manager that decided is the app's own. */
    static final int VALIDATED = 1, APP_TRUST = 2;

    private static final int REFUSED = 1, FIRST_MET = 2;
    private static final Charset UTF_8 = Charset.forName("UTF-8");

    private static boolean loaded;
    private static volatile boolean open;

    private G() {}

    /** Returns when the session may go on; throws when it must not. A stub that cannot load refuses everything. */
    static void check(List<X509Certificate> path, String host, int flags) throws CertificateException {
        byte[][] chain = new byte[path.size()][];
        for (int i = 0; i < chain.length; i++) chain[i] = path.get(i).getEncoded();
        int[] out = {REFUSED, O.VAULT, -1, -1};
        boolean refused = !allows(chain, host, flags, out);
        if (!refused && !O.wouldRefuse(out[1])) return;
        O what = new O(host, out[1], out[2], refused, chain);
        W.tell(what);
        if (refused)
            throw new CertificateException(
                "Connection to " + (host == null ? "this server" : host) + " refused: " + what.word());
    }

    /** Whether the session is allowed; {@code out} says why, and is {@code vault} where nobody could be asked. */
    private static boolean allows(byte[][] chain, String host, int flags, int[] out) {
        try {
            ready();
            byte[] name = host == null ? null : host.getBytes(UTF_8);
            long now = System.currentTimeMillis() / 1000;
            int said = N.b(chain, name, now, flags, out);
            if ((said & FIRST_MET) != 0) said = meet(chain, name, now, flags, out, said & REFUSED);
            return said == 0 && out[0] == 0;
        } catch (LinkageError e) {
            out[1] = O.VAULT;
        } catch (RuntimeException e) {
            out[1] = O.VAULT;
        }
        return false;
    }

    /** A host that is new is believed once it is remembered; where that fails, as {@code otherwise} says. */
    private static int meet(byte[][] chain, byte[] host, long now, int flags, int[] out, int otherwise) {
        try {
            out[0] = L.meet(R.context(), chain, host, now, flags, out) & REFUSED;
            return out[0];
        } catch (IOException e) {
            out[0] = otherwise;
        } catch (GeneralSecurityException e) {
            out[0] = otherwise;
        } catch (RuntimeException e) {
            out[0] = otherwise;
        }
        out[1] = O.FIRST_USE;
        return otherwise;
    }

    /** A host that native code meets first, on a path that its library verified: whether it may from now on. */
    static boolean remembers(byte[][] chain, byte[] host) {
        int[] out = {REFUSED, O.VAULT, -1, -1};
        if (meet(chain, host, System.currentTimeMillis() / 1000, VALIDATED | APP_TRUST, out, REFUSED) != 0) return false;
        L.recall(); // the stub itself takes in what is on the disk only when it is asked again
        return true;
    }

    /** Loads the library and opens the vault; what does not work now is tried again at the next session. */
    private static synchronized void ready() {
        if (open) return;
        if (!loaded) {
            System.loadLibrary("zqk");
            loaded = true;
        }
        Context context = R.context();
        if (context == null || N.a(context, signers(context)) != 0) return;
        A.take(N.d());
        open = true;
        if (A.get("remembers") != null) L.recallLater();
    }

    /** As {@link #ready}, where nothing depends on it; and the stub looks through what was loaded since. */
    static void prepare() {
        try {
            if (open) N.a(null, null);
            else ready();
        } catch (LinkageError e) {
            return;
        } catch (RuntimeException e) {
            return;
        }
    }

    /** SHA-256 of each certificate that the system reports for this app, older ones of its lineage included. */
    private static byte[][] signers(Context context) {
        try {
            Signature[] found = signatures(context.getPackageManager(), context.getPackageName());
            byte[][] digests = new byte[found.length][];
            for (int i = 0; i < found.length; i++)
                digests[i] = MessageDigest.getInstance("SHA-256").digest(found[i].toByteArray());
            return digests;
        } catch (Exception e) {
            return new byte[0][];
        }
    }

    @SuppressWarnings("deprecation")
    private static Signature[] signatures(PackageManager manager, String name) throws Exception {
        Signature[] found = null;
        if (Build.VERSION.SDK_INT >= 28) {
            PackageInfo info = manager.getPackageInfo(name, PackageManager.GET_SIGNING_CERTIFICATES);
            if (info.signingInfo != null)
                found = info.signingInfo.hasMultipleSigners()
                    ? info.signingInfo.getApkContentsSigners()
                    : info.signingInfo.getSigningCertificateHistory();
        } else {
            found = manager.getPackageInfo(name, PackageManager.GET_SIGNATURES).signatures;
        }
        return found == null ? new Signature[0] : found;
    }
}
