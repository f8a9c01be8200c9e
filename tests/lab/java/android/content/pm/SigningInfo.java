package android.content.pm;

public final class SigningInfo {
    private final Signature[] history;

    public SigningInfo(Signature[] history) {
        this.history = history;
    }

    public boolean hasMultipleSigners() {
        return false;
    }

    public Signature[] getApkContentsSigners() {
        return history;
    }

    public Signature[] getSigningCertificateHistory() {
        return history;
    }
}
