"""What goes into an app: the native stub, the Java shim, and how both are built."""
