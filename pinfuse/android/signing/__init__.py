"""APK signing: keys, the three schemes, and our own verifier of them.

``keys.load_signer`` and ``debugkey.debug_signer`` give an `ApkSigner`; ``digests.ContentDigest`` is fed while the
archive is written; ``schemes.sign_block`` makes the APK Signing Block (v2, v3) and ``jar.sign`` the JAR signature
(v1); ``verify.verify_apk`` and ``verify.identities`` read them all, and
``jarcheck.jar_problems`` checks v1.
"""
