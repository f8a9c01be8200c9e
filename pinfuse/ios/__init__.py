"""iOS apps; so far the Mach-O room alone, which nothing outside of it uses yet (``docs/ios.md``)."""
