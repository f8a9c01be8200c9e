package java.io;
public final class FileDescriptor {
    public static final FileDescriptor in = new FileDescriptor(0), out = new FileDescriptor(1), err = new FileDescriptor(2);
    private int descriptor = -1;
    public FileDescriptor() {}
    private FileDescriptor(int d) { descriptor = d; }
    public void sync() throws SyncFailedException {}
    public boolean valid() { return descriptor >= 0; }
    public final int getInt$() { return descriptor; }
    public final void setInt$(int d) { descriptor = d; }
    public boolean isSocket() { return false; }
}
