package system;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.runners.model.InitializationError;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.internal.bytecode.Interceptor;
import org.robolectric.internal.bytecode.MethodRef;
import org.robolectric.internal.bytecode.MethodSignature;
import org.robolectric.util.Function;

/** Robolectric's runner, for a system that also starts processes: what only Android's java.* has does nothing. */
public final class Runner extends RobolectricTestRunner {
    public Runner(Class<?> test) throws InitializationError {
        super(test);
    }

    @Override
    protected Collection<Interceptor> findInterceptors() {
        List<Interceptor> all = new ArrayList<>(super.findInterceptors());
        all.add(new Absent());
        return all;
    }

    public static final class Absent extends Interceptor {
        public Absent() {
            super(new MethodRef("java.text.DateFormat", "set24HourTimePref"));
        }

        @Override
        public Function<Object, Object> handle(MethodSignature method) {
            return returnDefaultValue(method);
        }

        @Override
        public MethodHandle getMethodHandle(String name, MethodType type) {
            return MethodHandles.dropArguments(MethodHandles.zero(void.class), 0, type.parameterArray());
        }
    }
}
