package java.lang.reflect;
import java.lang.annotation.Annotation;
public final class Field extends AccessibleObject implements Member {
    private int accessFlags;
    private Class<?> declaringClass;
    private int dexFieldIndex;
    private int offset;
    private Class<?> type;
    private Field() {}
    public String getName() { return getNameInternal(); }
    private native String getNameInternal();
    public int getModifiers() { return accessFlags & 0xffff; }
    public boolean isSynthetic() { return (accessFlags & 0x1000) != 0; }
    public boolean isEnumConstant() { return (accessFlags & 0x4000) != 0; }
    public Class<?> getDeclaringClass() { return declaringClass; }
    public Class<?> getType() { return type; }
    public Type getGenericType() { return type; }
    public int getOffset() { return offset; }
    public String toGenericString() { return toString(); }
    private native <A extends Annotation> A getAnnotationNative(Class<A> a);
    public native long getArtField();
    public native Annotation[] getDeclaredAnnotations();
    private native String[] getSignatureAnnotation();
    private native boolean isAnnotationPresentNative(Class<? extends Annotation> a);
    public native Object get(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void set(Object o, Object v) throws IllegalAccessException, IllegalArgumentException;
    public native boolean getBoolean(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setBoolean(Object o, boolean v) throws IllegalAccessException, IllegalArgumentException;
    public native byte getByte(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setByte(Object o, byte v) throws IllegalAccessException, IllegalArgumentException;
    public native char getChar(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setChar(Object o, char v) throws IllegalAccessException, IllegalArgumentException;
    public native double getDouble(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setDouble(Object o, double v) throws IllegalAccessException, IllegalArgumentException;
    public native float getFloat(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setFloat(Object o, float v) throws IllegalAccessException, IllegalArgumentException;
    public native int getInt(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setInt(Object o, int v) throws IllegalAccessException, IllegalArgumentException;
    public native long getLong(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setLong(Object o, long v) throws IllegalAccessException, IllegalArgumentException;
    public native short getShort(Object o) throws IllegalAccessException, IllegalArgumentException;
    public native void setShort(Object o, short v) throws IllegalAccessException, IllegalArgumentException;
}
