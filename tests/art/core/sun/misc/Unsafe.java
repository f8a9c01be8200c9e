package sun.misc;
import java.lang.reflect.*;
public final class Unsafe {
    private static final Unsafe THE_ONE = new Unsafe();
    private static final Unsafe theUnsafe = THE_ONE;
    public static final int INVALID_FIELD_OFFSET = -1;
    private Unsafe() {}
    public static Unsafe getUnsafe() { return THE_ONE; }
    public long objectFieldOffset(Field f) { return f.getOffset(); }
    public int arrayBaseOffset(Class c) { return getArrayBaseOffsetForComponentType(c.getComponentType()); }
    public int arrayIndexScale(Class c) { return getArrayIndexScaleForComponentType(c.getComponentType()); }
    private static native int getArrayBaseOffsetForComponentType(Class c);
    private static native int getArrayIndexScaleForComponentType(Class c);
    public native boolean compareAndSwapInt(Object o, long f, int a, int b);
    public native boolean compareAndSwapLong(Object o, long f, long a, long b);
    public native boolean compareAndSwapObject(Object o, long f, Object a, Object b);
    public native int getIntVolatile(Object o, long f);
    public native void putIntVolatile(Object o, long f, int v);
    public native long getLongVolatile(Object o, long f);
    public native void putLongVolatile(Object o, long f, long v);
    public native Object getObjectVolatile(Object o, long f);
    public native void putObjectVolatile(Object o, long f, Object v);
    public native Object getObject(Object o, long f);
    public native void putObject(Object o, long f, Object v);
    public native void putOrderedInt(Object o, long f, int v);
    public native void putOrderedLong(Object o, long f, long v);
    public native void putOrderedObject(Object o, long f, Object v);
    public native Object allocateInstance(Class<?> c);
    public native int addressSize();
    public native int pageSize();
    public native long allocateMemory(long n);
    public native void freeMemory(long a);
    public native void setMemory(long a, long n, byte v);
    public native void copyMemory(long s, long d, long n);
    public native void copyMemoryToPrimitiveArray(long s, Object d, long o, long n);
    public native void copyMemoryFromPrimitiveArray(Object s, long o, long d, long n);
    public native void loadFence();
    public native void storeFence();
    public native void fullFence();
    public native void unpark(Object t);
    public native void park(boolean a, long t);
    public native boolean getBoolean(Object o, long f);
    public native void putBoolean(Object o, long f, boolean v);
    public native byte getByte(Object o, long f);
    public native void putByte(Object o, long f, byte v);
    public native byte getByte(long a);
    public native void putByte(long a, byte v);
    public native char getChar(Object o, long f);
    public native void putChar(Object o, long f, char v);
    public native char getChar(long a);
    public native void putChar(long a, char v);
    public native short getShort(Object o, long f);
    public native void putShort(Object o, long f, short v);
    public native short getShort(long a);
    public native void putShort(long a, short v);
    public native int getInt(Object o, long f);
    public native void putInt(Object o, long f, int v);
    public native int getInt(long a);
    public native void putInt(long a, int v);
    public native long getLong(Object o, long f);
    public native void putLong(Object o, long f, long v);
    public native long getLong(long a);
    public native void putLong(long a, long v);
    public native float getFloat(Object o, long f);
    public native void putFloat(Object o, long f, float v);
    public native float getFloat(long a);
    public native void putFloat(long a, float v);
    public native double getDouble(Object o, long f);
    public native void putDouble(Object o, long f, double v);
    public native double getDouble(long a);
    public native void putDouble(long a, double v);
}
