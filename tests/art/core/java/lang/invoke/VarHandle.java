package java.lang.invoke;
public abstract class VarHandle {
    private final Class<?> varType; private final Class<?> coordinateType0; private final Class<?> coordinateType1; private final int accessModesBitMask;
    VarHandle(Class<?> v, boolean f) { varType = v; coordinateType0 = null; coordinateType1 = null; accessModesBitMask = 0; }
}
