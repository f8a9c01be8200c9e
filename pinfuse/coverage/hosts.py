"""Hosts of addresses that occur in an app as strings, for a person who decides what to pin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

ADDRESS = re.compile(rb"(?:https|http|wss|ws)://([A-Za-z0-9._-]{1,253})")
WIDE_ADDRESS = re.compile(rb"(?:h\0t\0t\0p\0(?:s\0)?|w\0s\0(?:s\0)?):\0/\0/\0((?:[A-Za-z0-9._-]\0){1,253})")
"""The same in UTF-16, as resource tables hold it."""
HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,61}|localhost|\d{1,3}(?:\.\d{1,3}){3}"
)
NAMESPACES = frozenset((
    "schemas.android.com", "www.w3.org", "xmlpull.org", "ns.adobe.com", "java.sun.com", "xml.org", "purl.org",
    "schemas.xmlsoap.org", "schemas.microsoft.com", "javax.xml.xmlconstants", "xml.apache.org", "www.apple.com",
))  # fmt: skip
"""Names of XML vocabularies and documents, which look like addresses and are never called."""
MOST = 500
KEPT = 512


def hosts_in(pieces: Iterable[bytes]) -> Iterator[str]:
    """Hosts in the order in which they occur, with repetitions; flat memory whatever the pieces add up to."""
    tail = b""
    for piece in pieces:
        window = tail + piece
        for pattern in (ADDRESS, WIDE_ADDRESS):
            for hit in pattern.finditer(window):
                name = hit[1].replace(b"\0", b"").decode("ascii").lower().rstrip(".")
                if HOST.fullmatch(name) and name not in NAMESPACES:
                    yield name
        tail = window[-KEPT:]


def collect(found: Iterable[str]) -> tuple[str, ...]:
    """Each host once, sorted by its labels from the right; at most `MOST`."""
    distinct: dict[str, None] = {}
    for one in found:
        distinct[one] = None
        if len(distinct) >= MOST:
            break
    return tuple(sorted(distinct, key=lambda host: host.split(".")[::-1]))
