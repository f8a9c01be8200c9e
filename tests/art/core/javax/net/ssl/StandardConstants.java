package javax.net.ssl;
public final class StandardConstants { private StandardConstants() {} public static final int SNI_HOST_NAME = 0; }
