package lab;

/** What the lab's stand-ins for Android say, on this machine. */
public final class Lab {
    private Lab() {}

    public static void say(String what, String text) {
        System.err.println("SAID\t" + what + "\t" + text);
    }
}
