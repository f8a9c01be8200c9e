"""Layer A3: pins in the network security config, which Android 7 and later check themselves; readable for everybody.

What was read: AOSP frameworks/base ``android/security/net/config`` (XmlConfigSource, ManifestConfigSource,
ApplicationConfig, NetworkSecurityConfig, NetworkSecurityTrustManager).
"""
