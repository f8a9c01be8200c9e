"""Apps for iOS; `pinfuse.ios.ipa` is the format (``docs/ios.md``)."""
