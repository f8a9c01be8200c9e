package java.lang.reflect;
import java.lang.annotation.Annotation;
public abstract class Executable extends AccessibleObject implements Member, GenericDeclaration {
    private transient volatile boolean hasRealParameterData;
    private transient volatile Parameter[] parameters;
    private int accessFlags;
    private long artMethod;
    private Class<?> declaringClass;
    private Class<?> declaringClassOfOverriddenMethod;
    private int dexMethodIndex;
    Executable() {}
    public Class<?> getDeclaringClass() { return declaringClass; }
    public int getModifiers() { return accessFlags & 0xffff; }
    public int flags() { return accessFlags; }
    public boolean isSynthetic() { return (accessFlags & 0x1000) != 0; }
    public boolean isVarArgs() { return (accessFlags & 0x80) != 0; }
    public String getName() { return getMethodNameInternal(); }
    public Class<?>[] getParameterTypes() { Class<?>[] p = getParameterTypesInternal(); return p == null ? new Class[0] : p; }
    public int getParameterCount() { return getParameterCountInternal(); }
    public Type[] getGenericParameterTypes() { return getParameterTypes(); }
    public Annotation[][] getParameterAnnotations() { return getParameterAnnotationsNative(); }
    public TypeVariable<?>[] getTypeParameters() { return new TypeVariable[0]; }
    public <T extends Annotation> T getAnnotation(Class<T> c) { return (T) getAnnotationNative(c); }
    public Annotation[] getDeclaredAnnotations() { return getDeclaredAnnotationsNative(); }
    native int compareMethodParametersInternal(Method m);
    private native Annotation getAnnotationNative(Class<? extends Annotation> c);
    private native Annotation[] getDeclaredAnnotationsNative();
    native String getMethodNameInternal();
    native Class<?> getMethodReturnTypeInternal();
    native Annotation[][] getParameterAnnotationsNative();
    native Class<?>[] getParameterTypesInternal();
    native int getParameterCountInternal();
    private native Parameter[] getParameters0();
    private native String[] getSignatureAnnotation();
    private native boolean isAnnotationPresentNative(Class<? extends Annotation> c);
}
