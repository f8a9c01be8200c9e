/** Loads the native half: from the boot class path, so that natives of the framework's classes are found in it. */
final class Natives {
    private Natives() {}

    static void load(int level, String library, String jar) {
        System.load(library);
        init(level, jar);
    }

    private static native void init(int level, String jar);
}
