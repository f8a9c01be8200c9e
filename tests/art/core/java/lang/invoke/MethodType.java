package java.lang.invoke;
public final class MethodType {
    private final Class<?> rtype; private final Class<?>[] ptypes; private Object form; private MethodType wrapAlt; private String methodDescriptor;
    private MethodType(Class<?> r, Class<?>[] p) { rtype = r; ptypes = p; }
}
