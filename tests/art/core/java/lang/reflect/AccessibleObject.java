package java.lang.reflect;
import java.lang.annotation.Annotation;
public class AccessibleObject implements AnnotatedElement {
    boolean override;
    protected AccessibleObject() {}
    public void setAccessible(boolean f) { override = f; }
    public static void setAccessible(AccessibleObject[] a, boolean f) { for (AccessibleObject o : a) o.override = f; }
    public boolean isAccessible() { return override; }
    public <T extends Annotation> T getAnnotation(Class<T> c) { return null; }
    public boolean isAnnotationPresent(Class<? extends Annotation> c) { return getAnnotation(c) != null; }
    public Annotation[] getAnnotations() { return getDeclaredAnnotations(); }
    public Annotation[] getDeclaredAnnotations() { return new Annotation[0]; }
}
