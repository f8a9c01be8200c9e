package zqk;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.X509TrustManager;

/**
 * A path from the leaf whose every signature was verified here, through authorities alone. What a peer merely sent
 * along is not on it: a pinned certificate that an attacker appends never counts (CVE-2016-2402), nor one that issued a
 * server's certificate whose owner signs others.
 */
final class K {
    private static final int LONGEST = 10;

    private K() {}

    static List<X509Certificate> path(X509Certificate[] sent, X509TrustManager manager) {
        List<X509Certificate> path = new ArrayList<X509Certificate>();
        if (sent == null || sent.length == 0) return path;
        X509Certificate last = sent[0];
        path.add(last);
        while (path.size() < LONGEST && !own(last)) {
            X509Certificate issuer = issuer(last, sent, path);
            if (issuer == null) break;
            path.add(issuer);
            last = issuer;
        }
        if (path.size() < LONGEST && !own(last)) {
            X509Certificate root = issuer(last, accepted(manager), path);
            if (root != null) path.add(root);
        }
        return path;
    }

    private static boolean own(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
    }

    private static X509Certificate[] accepted(X509TrustManager manager) {
        try {
            X509Certificate[] found = manager.getAcceptedIssuers();
            return found == null ? new X509Certificate[0] : found;
        } catch (RuntimeException e) {
            return new X509Certificate[0];
        }
    }

    private static X509Certificate issuer(X509Certificate of, X509Certificate[] among, List<X509Certificate> path) {
        for (X509Certificate one : among) {
            if (one == null || path.contains(one)) continue;
            if (!one.getSubjectX500Principal().equals(of.getIssuerX500Principal())) continue;
            if (one.getBasicConstraints() < 0 && !own(one)) continue; // anybody's certificate, and no authority
            try {
                of.verify(one.getPublicKey());
                return one;
            } catch (GeneralSecurityException e) {
                continue; // a namesake
            } catch (RuntimeException e) {
                continue;
            }
        }
        return null;
    }
}
