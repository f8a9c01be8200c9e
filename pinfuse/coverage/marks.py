"""Marks: byte strings that tell what a native library is made of, looked for in pieces, with the version behind them.

A mark alone says that a name occurs. That a library *speaks* TLS is told by the labels that RFC 5246 and RFC 8446
put into the key derivation: every implementation holds them, and a library of ciphers alone does not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

LABELS = (
    b"master secret", b"key expansion", b"client finished", b"server finished",
    b"hs traffic", b"ap traffic", b"exp master", b"traffic upd",
)  # fmt: skip
"""RFC 5246, 6.3, 7.4.9 and 8.1; RFC 8446, 7.1 and 7.2. NSS holds those of TLS 1.3 without ``c`` and ``s`` in front,
and leaves those of TLS 1.2 to its softoken, another library."""
ENOUGH_LABELS = 3
"""Labels from which on a library is taken to speak TLS; mbed TLS 2 without TLS 1.3 holds four."""
END = b"\0"
"""Behind the last piece: a version that ends where a piece does may go on in the next one."""
KEPT = 256
"""Bytes of a piece that are looked at again with the next one: longer than a mark with its version."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Bytes that stand in a library; ``version`` finds the version in its first group, in a piece that holds them."""

    key: str
    needle: bytes
    version: re.Pattern[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A mark as it was found; ``version`` is "" where none shows."""

    needle: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in one library: by key of the mark; how many labels; and further needles."""

    marks: Mapping[str, Found]
    labels: int = 0
    others: frozenset[bytes] = field(default=frozenset())

    @property
    def speaks_tls(self) -> bool:
        """True for a library that derives the keys of TLS itself."""
        return self.labels >= ENOUGH_LABELS


def look(pieces: Iterable[bytes], marks: Sequence[Mark], others: Sequence[bytes] = ()) -> Seen:
    """Look for all marks, for the labels and for ``others``, in one pass and flat memory."""
    found: dict[str, Found] = {}
    waiting = list(marks)
    labels, wanted = set(LABELS), set(others)
    seen_others: set[bytes] = set()
    tail = b""
    for piece in itertools.chain(pieces, (END,)):
        window = tail + piece
        for mark in [one for one in waiting if one.needle in window]:
            hit = mark.version.search(window) if mark.version else None
            version = hit[1].decode("ascii", "replace") if hit and hit.end() < len(window) else ""
            before = found.get(mark.key)
            if before is None or (version and not before.version):
                found[mark.key] = Found(mark.needle.decode("ascii", "replace").strip("\0"), version)
            if version or not mark.version:
                waiting.remove(mark)
        labels -= {label for label in labels if label in window}
        hits = {needle for needle in wanted if needle in window}
        seen_others |= hits
        wanted -= hits
        tail = window[-KEPT:]
    return Seen(found, len(LABELS) - len(labels), frozenset(seen_others))
