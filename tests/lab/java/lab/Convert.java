package lab;

import com.googlecode.d2j.dex.Dex2Asm;
import com.googlecode.d2j.node.DexFileNode;
import com.googlecode.d2j.reader.MultiDexFileReader;
import com.googlecode.dex2jar.ir.IrMethod;
import com.googlecode.dex2jar.ir.expr.BinopExpr;
import com.googlecode.dex2jar.ir.expr.Constant;
import com.googlecode.dex2jar.ir.expr.Exprs;
import com.googlecode.dex2jar.ir.expr.Value;
import com.googlecode.dex2jar.ir.stmt.IfStmt;
import com.googlecode.dex2jar.ir.stmt.Stmt;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * DEX files to one folder of class files by dex2jar: {@code Convert OUT DEX…}. What it gets wrong is put
 * right: comparisons with a zero on the left; and, in the class files of Java 7 and later that it makes of DEX files with
 * lambdas, the stack map frames that HotSpot's verifier wants and calls of static methods of interfaces.
 */
public final class Convert {
    private static final int SKIP_DEBUG = 1; // DexFileReader.SKIP_DEBUG
    private static final String OBJECT = "java/lang/Object";
    private final Path out;
    private final Map<String, ClassReader> known = new HashMap<>();

    private Convert(Path out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws Exception {
        Path out = Files.createDirectories(Paths.get(arguments[0]));
        for (int i = 1; i < arguments.length; i++) {
            DexFileNode dex = new DexFileNode();
            MultiDexFileReader.open(Files.readAllBytes(Paths.get(arguments[i]))).accept(dex, SKIP_DEBUG);
            new Translator().convertDex(dex, name -> new Written(out.resolve(name + ".class")));
        }
        new Convert(out).frames();
    }

    /** dex2jar, which writes {@code x > 0} for {@code 0 > x}: such operands are exchanged before. */
    private static final class Translator extends Dex2Asm {
        @Override
        public void ir2j(IrMethod method, MethodVisitor into, ClzCtx context) {
            for (Stmt one : method.stmts) if (one instanceof IfStmt) exchange((IfStmt) one);
            super.ir2j(method, into, context);
        }

        private static void exchange(IfStmt jump) {
            if (!(jump.getOp() instanceof BinopExpr)) return;
            BinopExpr test = (BinopExpr) jump.getOp();
            Value left = test.getOp1(), right = test.getOp2();
            if (!(left instanceof Constant) || right instanceof Constant) return;
            if (test.vt == Value.VT.GT) jump.setOp(Exprs.nLt(right, left, test.type));
            else if (test.vt == Value.VT.LT) jump.setOp(Exprs.nGt(right, left, test.type));
            else if (test.vt == Value.VT.GE) jump.setOp(Exprs.nLe(right, left, test.type));
            else if (test.vt == Value.VT.LE) jump.setOp(Exprs.nGe(right, left, test.type));
        }
    }

    /** Writes the class file when the class ends. */
    private static final class Written extends ClassVisitor {
        private final Path file;

        Written(Path file) {
            super(Opcodes.ASM9, new ClassWriter(ClassWriter.COMPUTE_MAXS));
            this.file = file;
        }

        @Override
        public void visitEnd() {
            super.visitEnd();
            try {
                Files.createDirectories(file.getParent());
                Files.write(file, ((ClassWriter) cv).toByteArray());
            } catch (IOException e) {
                throw new IllegalStateException(file.toString(), e);
            }
        }
    }

    private void frames() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(out)) {
            files = all.filter(one -> one.toString().endsWith(".class")).collect(Collectors.toList());
        }
        for (Path file : files) {
            ClassReader reader = new ClassReader(Files.readAllBytes(file));
            if (reader.readShort(6) < Opcodes.V1_7) continue;
            ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_FRAMES) {
                @Override
                protected String getCommonSuperClass(String one, String other) {
                    return common(one, other);
                }
            };
            reader.accept(new Calls(writer), ClassReader.SKIP_FRAMES);
            Files.write(file, writer.toByteArray());
        }
    }

    /** Calls of static methods of interfaces are written as such. */
    private final class Calls extends ClassVisitor {
        Calls(ClassVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public MethodVisitor visitMethod(int access, String name, String type, String generic, String[] thrown) {
            return new MethodVisitor(Opcodes.ASM9, super.visitMethod(access, name, type, generic, thrown)) {
                @Override
                public void visitMethodInsn(int opcode, String owner, String called, String as, boolean face) {
                    boolean direct = opcode == Opcodes.INVOKESTATIC || opcode == Opcodes.INVOKESPECIAL;
                    super.visitMethodInsn(opcode, owner, called, as, face || direct && isInterface(owner));
                }
            };
        }
    }

    private boolean isInterface(String name) {
        ClassReader found = name.startsWith("[") ? null : read(name);
        return found != null && (found.getAccess() & Opcodes.ACC_INTERFACE) != 0;
    }

    /** The nearest class above both; interfaces are objects to the verifier. */
    private String common(String one, String other) {
        List<String> above = above(one);
        for (String each : above(other)) if (above.contains(each)) return each;
        return OBJECT;
    }

    private List<String> above(String name) {
        List<String> found = new ArrayList<>();
        for (ClassReader at = read(name); at != null; at = read(at.getSuperName())) {
            if ((at.getAccess() & Opcodes.ACC_INTERFACE) != 0) break;
            found.add(at.getClassName());
        }
        return found;
    }

    private ClassReader read(String name) {
        if (name == null) return null;
        return known.computeIfAbsent(name, asked -> {
            Path file = out.resolve(asked + ".class");
            try (InputStream in = Files.exists(file)
                    ? Files.newInputStream(file)
                    : ClassLoader.getSystemResourceAsStream(asked + ".class")) {
                return in == null ? null : new ClassReader(in);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
