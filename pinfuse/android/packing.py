"""How an APK is packed: alignment, and what in it an earlier signer wrote.

Alignment is that of zipalign: 4 bytes, and 16 KiB for stored native libraries (AOSP
build/make/tools/zipalign/ZipAlign.cpp, ``-P 16``).
"""

from __future__ import annotations

import re

from pinfuse.container.records import Entry
from pinfuse.container.writer import Layout

ALIGNMENT = 4
PAGE = 16384
"""Alignment of stored native libraries; pages of 16 KiB are the largest that Android runs on."""
LIBRARY = re.compile(r"lib/[^/]+/[^/]+\.so")
SIGNATURE_FILE = re.compile(r"META-INF/(MANIFEST\.MF|[^/]+\.(SF|RSA|DSA|EC)|SIG-[^/]*)", re.IGNORECASE)
"""What a JAR signature is made of (JAR File Specification, "Signed JAR File")."""


def is_signature(name: str) -> bool:
    """True for what an earlier signer wrote: JAR signature files and the source stamp."""
    return SIGNATURE_FILE.fullmatch(name) is not None or name == "stamp-cert-sha256"


def alignment(entry: Entry) -> int:
    """Where the payload must begin: on a multiple of this."""
    if not entry.is_stored:
        return 1
    return PAGE if LIBRARY.fullmatch(entry.name) else ALIGNMENT


LAYOUT = Layout("Android", alignment)
