package android.content.pm;

public class Signature {
    private final byte[] certificate;

    public Signature(byte[] certificate) {
        this.certificate = certificate;
    }

    public byte[] toByteArray() {
        return certificate.clone();
    }
}
