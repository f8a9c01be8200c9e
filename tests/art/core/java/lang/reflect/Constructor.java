package java.lang.reflect;
public final class Constructor<T> extends Executable {
    private Constructor() {}
    public String getName() { return getDeclaringClass().getName(); }
    public native Class<?>[] getExceptionTypes();
    public Type[] getGenericExceptionTypes() { return getExceptionTypes(); }
    public T newInstance(Object... a) throws InstantiationException, IllegalAccessException, IllegalArgumentException, InvocationTargetException { return newInstance0(a); }
    private native T newInstance0(Object... a) throws InstantiationException, IllegalAccessException, IllegalArgumentException, InvocationTargetException;
    private static native Object newInstanceFromSerialization(Class<?> c, Class<?> d) throws InstantiationException, IllegalArgumentException, InvocationTargetException;
    public Class<T> getDeclaringClass() { return (Class<T>) super.getDeclaringClass(); }
    public TypeVariable<Constructor<T>>[] getTypeParameters() { return new TypeVariable[0]; }
    public String toGenericString() { return toString(); }
}
