import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.function.Consumer;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Writes two classes of the running Java with what only Android's have and its framework calls, for
 * {@code --patch-module}: {@code System.arraycopy} for arrays of one primitive type (up to API 28) and
 * {@code Locale.adjustLanguageCode}.
 */
public final class Patch {
    private static final String SYSTEM = "java/lang/System";
    private static final String LOCALE = "java/util/Locale";

    /** The newest form of class files that this ASM reads; later ones say no more in these two classes. */
    private static final int NEWEST = Opcodes.V23;

    private Patch() {}

    /** The folder to write to. */
    public static void main(String[] a) throws Exception {
        write(a[0], SYSTEM, out -> {
            for (char type : "ZBCSIJFD".toCharArray()) copy(out, "([" + type + "I[" + type + "II)V");
        });
        write(a[0], LOCALE, Patch::same);
    }

    private static void write(String folder, String name, Consumer<ClassWriter> more) throws Exception {
        ClassWriter out = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        try (InputStream in = ClassLoader.getSystemResourceAsStream(name + ".class")) {
            byte[] code = in.readAllBytes();
            code[7] = (byte) Math.min(code[7], NEWEST);
            new ClassReader(code).accept(out, 0);
        }
        more.accept(out);
        Path file = Paths.get(folder, name + ".class");
        Files.createDirectories(file.getParent());
        Files.write(file, out.toByteArray());
    }

    private static void copy(ClassWriter out, String types) {
        MethodVisitor code = out.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "arraycopy", types, null, null);
        code.visitCode();
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitVarInsn(Opcodes.ILOAD, 1);
        code.visitVarInsn(Opcodes.ALOAD, 2);
        code.visitVarInsn(Opcodes.ILOAD, 3);
        code.visitVarInsn(Opcodes.ILOAD, 4);
        String whole = "(Ljava/lang/Object;ILjava/lang/Object;II)V";
        code.visitMethodInsn(Opcodes.INVOKESTATIC, SYSTEM, "arraycopy", whole, false);
        code.visitInsn(Opcodes.RETURN);
        code.visitMaxs(0, 0);
        code.visitEnd();
    }

    /** A language code is what it is; Android's own changes three codes that went out of use. */
    private static void same(ClassWriter out) {
        String types = "(Ljava/lang/String;)Ljava/lang/String;";
        MethodVisitor code =
            out.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "adjustLanguageCode", types, null, null);
        code.visitCode();
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitInsn(Opcodes.ARETURN);
        code.visitMaxs(0, 0);
        code.visitEnd();
    }
}
