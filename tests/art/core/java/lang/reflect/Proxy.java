package java.lang.reflect;
import java.util.*;
public class Proxy implements java.io.Serializable {
    private static final Class<?>[] constructorParams = {InvocationHandler.class};
    private static final Map<String, Class<?>> made = new HashMap<String, Class<?>>();
    private static int next;
    protected InvocationHandler h;
    private Proxy() {}
    protected Proxy(InvocationHandler h) { this.h = h; }
    private static Object invoke(Proxy proxy, Method method, Object[] args) throws Throwable { return proxy.h.invoke(proxy, method, args); }
    private static native Class<?> generateProxy(String name, Class<?>[] interfaces, ClassLoader loader, Method[] methods, Class<?>[][] exceptions);
    public static boolean isProxyClass(Class<?> c) { return c.isProxy(); }
    public static InvocationHandler getInvocationHandler(Object o) { return ((Proxy) o).h; }
    public static Class<?> getProxyClass(ClassLoader l, Class<?>... in) {
        String key = l + Arrays.toString(in);
        synchronized (made) {
            Class<?> c = made.get(key);
            if (c != null) return c;
            List<Method> all = new ArrayList<Method>();
            try { all.add(Object.class.getDeclaredMethod("equals", Object.class)); all.add(Object.class.getDeclaredMethod("hashCode")); all.add(Object.class.getDeclaredMethod("toString")); } catch (NoSuchMethodException e) { throw new Error(e.toString()); }
            for (Class<?> i : in) collect(i, all);
            Class<?>[][] ex = new Class[all.size()][];
            for (int i = 0; i < ex.length; i++) ex[i] = all.get(i).getExceptionTypes();
            c = generateProxy("$Proxy" + next++, in, l, all.toArray(new Method[0]), ex);
            made.put(key, c);
            return c;
        }
    }
    private static void collect(Class<?> i, List<Method> all) {
        for (Method m : i.getDeclaredMethods()) if (!Modifier.isStatic(m.getModifiers()) && !m.isDefault() && !has(all, m)) all.add(m);
        for (Class<?> j : i.getInterfaces()) collect(j, all);
    }
    private static boolean has(List<Method> all, Method m) {
        for (Method o : all) if (o.getName().equals(m.getName()) && Arrays.equals(o.getParameterTypes(), m.getParameterTypes())) return true;
        return false;
    }
    public static Object newProxyInstance(ClassLoader l, Class<?>[] in, InvocationHandler h) {
        try { return getProxyClass(l, in).getConstructor(constructorParams).newInstance(h); } catch (Exception e) { throw new Error(e.toString()); }
    }
}
