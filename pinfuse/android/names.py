"""Names inside a protected app (``docs/architecture.md``); none of them explains itself."""

from __future__ import annotations

LIBRARY = "libzqk.so"
FACTORY = "zqk.F"
PROVIDERS = ("zqk.P", *(f"zqk.P{number}" for number in range(1, 16)))
"""One per process; the first is for the app's main process."""
AUTHORITY = ".zqk"
"""Ends the authority of the first provider; the others have their number after it."""
CLASSES = b"Lzqk/"
"""Every class of the shim but the facades has a descriptor that begins so."""
ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")


def library_entry(abi: str) -> str:
    """Where the stub of one ABI lies in the app."""
    return f"lib/{abi}/{LIBRARY}"
