package java.lang.reflect;
import java.lang.annotation.Annotation;
public final class Parameter implements AnnotatedElement {
    private final String name; private final int modifiers; private final Executable executable; private final int index;
    Parameter(String n, int m, Executable e, int i) { name = n; modifiers = m; executable = e; index = i; }
    private static native <A extends Annotation> A getAnnotationNative(Executable e, int i, Class<A> a);
    public <A extends Annotation> A getAnnotation(Class<A> a) { return getAnnotationNative(executable, index, a); }
    public boolean isAnnotationPresent(Class<? extends Annotation> c) { return getAnnotation(c) != null; }
    public Annotation[] getAnnotations() { return new Annotation[0]; }
    public Annotation[] getDeclaredAnnotations() { return new Annotation[0]; }
}
