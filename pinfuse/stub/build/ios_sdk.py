"""Linker stubs of the iOS libraries: text files with the few names that the stub takes, in place of an SDK.

The format is that of Apple's ``tapi`` (version 4), which lld reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

OWN = ("_SecTrustEvaluate", "_SecTrustEvaluateWithError", "_SecTrustEvaluateAsync", "_SecTrustEvaluateAsyncWithError",
       "_SecTrustGetTrustResult", "_SSLHandshake", "_sec_protocol_options_set_verify_block", "__Block_object_assign",
       "__Block_object_dispose")  # fmt: skip
"""What the stub has under the same name as the system, and calls there."""
ALIASES = {f"_Q{name[2:]}": name for name in OWN}
"""The symbols under which it is linked to these: one letter differs from the real name."""

FRAMEWORKS = "/System/Library/Frameworks"
SECURITY = f"{FRAMEWORKS}/Security.framework/Security"
SYSTEM, OBJC = "/usr/lib/libSystem.B.dylib", "/usr/lib/libobjc.A.dylib"
LIBRARIES: Mapping[str, str] = {
    SYSTEM: (
        "dyld_stub_binder ___stack_chk_guard __Block_copy __Block_release __NSConcreteGlobalBlock "
        "__NSConcreteStackBlock __dispatch_main_q _access _close _dispatch_after_f _dispatch_async_f _dispatch_time "
        "_flock _fsync _open _os_unfair_lock_lock _os_unfair_lock_unlock _read _rename _sched_yield _write"
    ),
    OBJC: (
        "__objc_msgForward _class_addMethod _class_getClassMethod _class_getInstanceMethod _imp_getBlock "
        "_imp_implementationWithBlock _method_getImplementation _method_setImplementation _objc_allocateClassPair "
        "_objc_getClass _objc_msgSend _objc_registerClassPair _object_getClass _sel_registerName"
    ),
    f"{FRAMEWORKS}/CoreFoundation.framework/CoreFoundation": (
        "_CFAbsoluteTimeGetCurrent _CFArrayCreate _CFArrayGetCount _CFArrayGetValueAtIndex _CFBundleGetIdentifier "
        "_CFBundleGetMainBundle _CFBundleGetValueForInfoDictionaryKey _CFDataCreate _CFDataGetBytePtr _CFDataGetLength "
        "_CFDictionaryCreate _CFDictionaryGetValue _CFErrorCreate _CFLocaleCopyPreferredLanguages _CFNumberCreate "
        "_CFRelease _CFRetain _CFStringCreateWithBytes _CFStringCreateWithCString _CFStringGetCString "
        "_CFURLCopyHostName _CFURLCreateWithString _kCFBooleanTrue _kCFErrorDomainOSStatus "
        "_kCFTypeDictionaryKeyCallBacks _kCFTypeDictionaryValueCallBacks"
    ),
    f"{FRAMEWORKS}/Foundation.framework/Foundation": "_NSHomeDirectory",
    SECURITY: (
        "_SSLCopyPeerTrust _SSLGetPeerDomainName _SSLGetPeerDomainNameLength _SecCertificateCopyData _SecItemAdd "
        "_SecItemCopyMatching _SecPolicyCopyProperties _SecRandomCopyBytes _SecTrustCopyCertificateChain "
        "_SecTrustCopyPolicies _SecTrustGetCertificateAtIndex _SecTrustGetCertificateCount _kSecAttrAccessible "
        "_kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly _kSecAttrAccount _kSecAttrService _kSecClass "
        "_kSecClassGenericPassword _kSecPolicyName _kSecPolicyOid _kSecReturnData _kSecValueData "
        "_sec_protocol_metadata_get_server_name _sec_trust_copy_ref"
    ),
}
"""Install name → the symbols that are taken from it, besides those of ``ALIASES``."""
TARGETS = "arm64-ios, arm64-ios-simulator, x86_64-ios-simulator"
SHORT = {SYSTEM: "usr/lib/libSystem", OBJC: "usr/lib/libobjc"}
"""Where the linker looks for ``-lSystem`` and ``-lobjc``."""


def write_sdk(folder: Path) -> None:
    """Write a linker stub of each library under ``folder``, which is then a ``-syslibroot``."""
    for name, taken in LIBRARIES.items():
        own = [alias for alias, real in ALIASES.items() if name == (SYSTEM if "_Block_" in real else SECURITY)]
        symbols = ", ".join((*taken.split(), *own))
        exports = f"exports:\n  - targets: [ {TARGETS} ]\n    symbols: [ {symbols} ]\n" if symbols else ""
        path = folder / (SHORT.get(name, name.lstrip("/")) + ".tbd")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"--- !tapi-tbd\ntbd-version: 4\ntargets: [ {TARGETS} ]\ninstall-name: '{name}'\n{exports}...\n"
        )
