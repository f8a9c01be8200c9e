package lab;

import com.googlecode.d2j.dex.Dex2jar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

/** DEX files to one folder of class files: {@code Convert OUT DEX…}. */
public final class Convert {
    private Convert() {}

    public static void main(String[] arguments) throws Exception {
        Path out = Files.createDirectories(Paths.get(arguments[0]));
        for (int i = 1; i < arguments.length; i++)
            Dex2jar.from(Files.readAllBytes(Paths.get(arguments[i]))).to(out);
    }
}
