package java.lang;
class VMClassLoader {
    static native Class findLoadedClass(ClassLoader l, String n);
    private static native String[] getBootClassPathEntries();
}
