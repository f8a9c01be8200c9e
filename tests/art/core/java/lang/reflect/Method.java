package java.lang.reflect;
public final class Method extends Executable {
    private Method() {}
    public Class<?> getReturnType() { return getMethodReturnTypeInternal(); }
    public Type getGenericReturnType() { return getReturnType(); }
    public native Object getDefaultValue();
    public native Class<?>[] getExceptionTypes();
    public Type[] getGenericExceptionTypes() { return getExceptionTypes(); }
    public native Object invoke(Object r, Object... a) throws IllegalAccessException, IllegalArgumentException, InvocationTargetException;
    public boolean isBridge() { return (getModifiers() & 0x40) != 0; }
    public boolean isDefault() { return getDeclaringClass().isInterface() && (getModifiers() & 0x400) == 0; }
    public String toString() { return getDeclaringClass().getName() + "." + getName(); }
    public String toGenericString() { return toString(); }
    public boolean equals(Object o) { return o instanceof Method && o.toString().equals(toString()) && java.util.Arrays.equals(getParameterTypes(), ((Method) o).getParameterTypes()); }
    public int hashCode() { return toString().hashCode(); }
}
