package android.net.http;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.X509TrustManager;

/** Finds its method by reflection, as the real one does. */
public class X509TrustManagerExtensions {
    private final X509TrustManager manager;
    private final Method check;

    public X509TrustManagerExtensions(X509TrustManager manager) {
        this.manager = manager;
        try {
            check = manager.getClass()
                .getMethod("checkServerTrusted", X509Certificate[].class, String.class, String.class);
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @SuppressWarnings("unchecked")
    public List<X509Certificate> checkServerTrusted(X509Certificate[] chain, String type, String host)
            throws CertificateException {
        try {
            return (List<X509Certificate>) check.invoke(manager, chain, type, host);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof CertificateException) throw (CertificateException) e.getCause();
            throw new CertificateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new CertificateException(e);
        }
    }

    /** The method of API 36; what has no such method cannot be asked. */
    @SuppressWarnings("unchecked")
    public List<X509Certificate> checkServerTrusted(
            X509Certificate[] chain, byte[] ocsp, byte[] sct, String type, String host) throws CertificateException {
        try {
            return (List<X509Certificate>) manager.getClass()
                .getMethod(
                    "checkServerTrusted", X509Certificate[].class, byte[].class, byte[].class, String.class,
                    String.class)
                .invoke(manager, chain, ocsp, sct, type, host);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof CertificateException) throw (CertificateException) e.getCause();
            throw new CertificateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public boolean isSameTrustConfiguration(String one, String other) {
        return true;
    }
}
