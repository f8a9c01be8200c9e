package zqk;

import java.lang.reflect.InvocationTargetException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

/** What newer systems have and older compile targets lack, by reflection on public methods. */
final class Z {
    private Z() {}

    /** Asks the method of API 36 with OCSP and SCT data; false where the manager does not have it. */
    static boolean ask(
            X509TrustManager manager, X509Certificate[] chain, byte[] ocsp, byte[] sct, String type, String host)
            throws CertificateException {
        try {
            manager.getClass()
                .getMethod(
                    "checkServerTrusted", X509Certificate[].class, byte[].class, byte[].class, String.class,
                    String.class)
                .invoke(manager, chain, ocsp, sct, type, host);
            return true;
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause();
            if (cause instanceof CertificateException) throw (CertificateException) cause;
            throw new CertificateException(cause);
        } catch (Exception e) {
            return false;
        }
    }

    static Object policy(X509TrustManager manager) {
        try {
            return manager.getClass().getMethod("getNetworkSecurityPolicy").invoke(manager);
        } catch (Exception e) {
            return null;
        } catch (LinkageError e) {
            return null;
        }
    }
}
