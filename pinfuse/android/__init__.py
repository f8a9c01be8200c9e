"""Android: what an APK is made of, and the surgery on it."""
