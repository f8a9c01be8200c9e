package zqk;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;

/** One verdict that is told: to the person, to the app's own code, to the address of reports. */
final class O {
    static final int OK = 0, UNLISTED = 1, FIRST_USE = 9, VAULT = 13;
    private static final String[] WORDS = {
        "ok", "unlisted", "pin", "path", "role", "rsa-bits", "ec-bits", "digest", "expired", "first-use", "host",
        "malformed", "provenance", "vault",
    };

    /** Null where it is not known. */
    final String host;
    final int reason;
    /** Index of the certificate at fault, −1 for none. */
    final int certificate;
    /** False in report mode, where the session goes on. */
    final boolean refused;
    /** Milliseconds since 1970. */
    final long time = System.currentTimeMillis();
    /** DER, leaf first; SHA-256 of it from native code; null where the verdict comes from another process. */
    final byte[][] chain;

    O(String host, int reason, int certificate, boolean refused, byte[][] chain) {
        this.host = host;
        this.reason = reason;
        this.certificate = certificate;
        this.refused = refused;
        this.chain = chain;
    }

    /** Whether a verdict that let a session go on would have refused it outside of report mode. */
    static boolean wouldRefuse(int reason) {
        return reason != OK && (reason != UNLISTED || A.get("unlisted") != null);
    }

    String word() {
        return reason >= 0 && reason < WORDS.length ? WORDS[reason] : WORDS[VAULT];
    }

    /** SHA-256 of one certificate: no certificate is as short as that. */
    byte[] digest(int i) throws GeneralSecurityException {
        MessageDigest made = MessageDigest.getInstance("SHA-256");
        return chain[i].length == made.getDigestLength() ? chain[i] : made.digest(chain[i]);
    }

    /** What happens again and again is the same. */
    String key() {
        return host + " " + reason;
    }
}
