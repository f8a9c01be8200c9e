package harness;

/** The same in the second process. */
public final class WorkProvider extends StartProvider {}
