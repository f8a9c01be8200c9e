package java.lang;
import dalvik.system.ClassExt;
import java.lang.annotation.Annotation;
import java.lang.reflect.*;
public final class Class<T> implements java.io.Serializable, AnnotatedElement, GenericDeclaration, Type {
    private static final int ANNOTATION = 0x2000, ENUM = 0x4000, SYNTHETIC = 0x1000, FINALIZABLE = 0x80000000;
    private static final long serialVersionUID = 3206093459760846163L;
    private transient ClassLoader classLoader;
    private transient Class<?> componentType;
    private transient Object dexCache;
    private transient ClassExt extData;
    private transient Object[] ifTable;
    private transient String name;
    private transient Class<? super T> superClass;
    private transient Object vtable;
    private transient long iFields;
    private transient long methods;
    private transient long sFields;
    private transient int accessFlags;
    private transient int classFlags;
    private transient int classSize;
    private transient int clinitThreadId;
    private transient int dexClassDefIndex;
    private transient volatile int dexTypeIndex;
    private transient int numReferenceInstanceFields;
    private transient int numReferenceStaticFields;
    private transient int objectSize;
    private transient int objectSizeAllocFastPath;
    private transient int primitiveType;
    private transient int referenceInstanceOffsets;
    private transient int status;
    private transient short copiedMethodsOffset;
    private transient short virtualMethodsOffset;
    private Class() {}
    void a1() {}
    void a2() {}
    void a3() {}
    void a4() {}
    void a5() {}
    void a6() {}
    public static Class<?> forName(String n) throws ClassNotFoundException { return classForName(n, true, null); }
    public static Class<?> forName(String n, boolean init, ClassLoader l) throws ClassNotFoundException { return classForName(n, init, l); }
    static native Class<?> classForName(String className, boolean shouldInitialize, ClassLoader classLoader) throws ClassNotFoundException;
    public String getName() { String n = name; if (n == null) this.name = n = getNameNative(); return n; }
    private native String getNameNative();
    public String getSimpleName() { String n = getName(); return n.substring(n.lastIndexOf('.') + 1); }
    public String getCanonicalName() { return getName(); }
    public ClassLoader getClassLoader() { return classLoader; }
    ClassLoader getClassLoaderImpl() { return classLoader; }
    public Class<?> getComponentType() { return componentType; }
    public boolean isArray() { return componentType != null; }
    public boolean isPrimitive() { return (primitiveType & 0xFFFF) != 0; }
    public boolean isInterface() { return (accessFlags & 0x200) != 0; }
    public boolean isAnnotation() { return (accessFlags & 0x2000) != 0; }
    public boolean isEnum() { return (accessFlags & 0x4000) != 0; }
    public boolean isSynthetic() { return (accessFlags & 0x1000) != 0; }
    public Class<? super T> getSuperclass() { return isInterface() ? null : superClass; }
    public native Class<?> getDeclaringClass();
    public int getModifiers() { return accessFlags & 0x7fff; }
    public boolean isInstance(Object o) { return o != null && isAssignableFrom(o.getClass()); }
    public boolean isAssignableFrom(Class<?> c) {
        if (this == c) return true;
        if (this == Object.class) return !c.isPrimitive();
        if (isArray()) return c.isArray() && componentType.isAssignableFrom(c.componentType);
        if (isInterface()) {
            Object[] t = c.ifTable;
            if (t != null) for (int i = 0; i < t.length; i += 2) if (t[i] == this) return true;
            return false;
        }
        if (!c.isInterface()) for (Class<?> k = c.superClass; k != null; k = k.superClass) if (k == this) return true;
        return false;
    }
    public T cast(Object o) { if (o != null && !isInstance(o)) throw new ClassCastException(o.getClass().getName() + " is no " + getName()); return (T) o; }
    public <U> Class<? extends U> asSubclass(Class<U> c) { if (c.isAssignableFrom(this)) return (Class<? extends U>) this; throw new ClassCastException(getName()); }
    public native T newInstance() throws InstantiationException, IllegalAccessException;
    public boolean desiredAssertionStatus() { return false; }
    public Package getPackage() { return null; }
    public String getPackageName() { String n = getName(); int i = n.lastIndexOf('.'); return i < 0 ? "" : n.substring(0, i); }
    private native Constructor<T> getDeclaredConstructorInternal(Class<?>[] args);
    private native Constructor<?>[] getDeclaredConstructorsInternal(boolean publicOnly);
    private native Method getDeclaredMethodInternal(String name, Class<?>[] args);
    public native Method[] getDeclaredMethodsUnchecked(boolean publicOnly);
    public native Field getDeclaredField(String name) throws NoSuchFieldException;
    public native Field[] getDeclaredFields();
    public native Field[] getDeclaredFieldsUnchecked(boolean publicOnly);
    private native Field[] getPublicDeclaredFields();
    private native Field getPublicFieldRecursive(String name);
    private native Class<?>[] getInterfacesInternal();
    public Class<?>[] getInterfaces() { Class<?>[] i = getInterfacesInternal(); return i == null ? new Class[0] : i; }
    public native Class<?>[] getDeclaredClasses();
    public native <A extends Annotation> A getDeclaredAnnotation(Class<A> a);
    public native Annotation[] getDeclaredAnnotations();
    private native boolean isDeclaredAnnotationPresent(Class<? extends Annotation> a);
    private native String[] getSignatureAnnotation();
    private native String getInnerClassName();
    private native int getInnerClassFlags(int defaultValue);
    private native Class<?> getEnclosingClassNative();
    public native Class<?> getEnclosingClass();
    private native Constructor<?> getEnclosingConstructorNative();
    private native Method getEnclosingMethodNative();
    public native boolean isAnonymousClass();
    static native Class<?> getPrimitiveClass(String name);
    private native Object[] getSigners0();
    public Object[] getSigners() { return null; }
    public Annotation[] getAnnotations() { return getDeclaredAnnotations(); }
    public <A extends Annotation> A getAnnotation(Class<A> a) { return getDeclaredAnnotation(a); }
    public boolean isAnnotationPresent(Class<? extends Annotation> a) { return isDeclaredAnnotationPresent(a); }
    public TypeVariable<Class<T>>[] getTypeParameters() { return new TypeVariable[0]; }
    public Type getGenericSuperclass() { return getSuperclass(); }
    public Type[] getGenericInterfaces() { return getInterfaces(); }
    public Constructor<T> getDeclaredConstructor(Class<?>... a) throws NoSuchMethodException {
        Constructor<T> c = getDeclaredConstructorInternal(a); if (c == null) throw new NoSuchMethodException(getName() + ".<init>"); return c; }
    public Constructor<T> getConstructor(Class<?>... a) throws NoSuchMethodException { return getDeclaredConstructor(a); }
    public Constructor<?>[] getDeclaredConstructors() { return getDeclaredConstructorsInternal(false); }
    public Constructor<?>[] getConstructors() { return getDeclaredConstructorsInternal(true); }
    public Method getDeclaredMethod(String n, Class<?>... a) throws NoSuchMethodException {
        Method m = getDeclaredMethodInternal(n, a); if (m == null) throw new NoSuchMethodException(getName() + "." + n); return m; }
    public Method getMethod(String n, Class<?>... a) throws NoSuchMethodException {
        for (Class<?> k = this; k != null; k = k.superClass) { Method m = k.getDeclaredMethodInternal(n, a); if (m != null) return m; }
        for (Class<?> i : getInterfaces()) try { return i.getMethod(n, a); } catch (NoSuchMethodException e) { continue; }
        throw new NoSuchMethodException(getName() + "." + n); }
    public Method[] getDeclaredMethods() { return getDeclaredMethodsUnchecked(false); }
    public Method[] getMethods() { return getDeclaredMethodsUnchecked(true); }
    public Field getField(String n) throws NoSuchFieldException { Field f = getPublicFieldRecursive(n); if (f == null) throw new NoSuchFieldException(n); return f; }
    public Field[] getFields() { return getPublicDeclaredFields(); }
    public T[] getEnumConstants() { try { return (T[]) getDeclaredMethod("values").invoke(null); } catch (Exception e) { return null; } }
    public java.io.InputStream getResourceAsStream(String n) { return null; }
    public java.net.URL getResource(String n) { return null; }
    public java.security.ProtectionDomain getProtectionDomain() { return null; }
    public String toString() { return (isInterface() ? "interface " : "class ") + getName(); }
    public int getAccessFlags() { return accessFlags; }
    public boolean isMemberClass() { return getDeclaringClass() != null; }
    public boolean isLocalClass() { return false; }
    public boolean isProxy() { return (accessFlags & 0x40000) != 0; }
    public String getTypeName() { return getName(); }
    public Method getEnclosingMethod() { return getEnclosingMethodNative(); }
    public Constructor<?> getEnclosingConstructor() { return getEnclosingConstructorNative(); }
}
