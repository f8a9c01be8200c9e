"""The ZIP container of an APK: read strictly, written surgically."""
