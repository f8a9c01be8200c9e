"""The facade rename (layer A1): one string per class is changed in place, at the same length, in the same order.

No index moves, so no limit is touched; afterwards every use of the class in this file is a use of the facade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pinfuse.android.dex.file import Dex, restamp


@dataclass(frozen=True, slots=True)
class Facade:
    """A platform class and the facade of the same length that takes its place; names with slashes."""

    real: str
    shown: str

    @property
    def pairs(self) -> tuple[tuple[bytes, bytes], ...]:
        """Every string that stands for the class: descriptor, arrays of it, and the dotted name of reflection."""
        real, shown = f"L{self.real};", f"L{self.shown};"
        forms = [(prefix + real, prefix + shown) for prefix in ("", "[", "[[")]
        forms.append((self.real.replace("/", "."), self.shown.replace("/", ".")))
        return tuple((one.encode(), other.encode()) for one, other in forms)


SSL_CONTEXT = Facade("javax/net/ssl/SSLContext", "javax/net/ssl/SSLContexs")
TRUST_MANAGER_FACTORY = Facade("javax/net/ssl/TrustManagerFactory", "javax/net/ssl/TrustManagerFactorx")
FACADES = (SSL_CONTEXT, TRUST_MANAGER_FACTORY)


def mentions(dex: Dex, facade: Facade) -> bool:
    """True when any string of the file stands for the class."""
    return any(old + b"\0" in dex.data and dex.find_string(old) is not None for old, _ in facade.pairs)


def keeps_order(dex: Dex, facade: Facade) -> bool:
    """True when the table of strings is still sorted, and without doubles, after the rename."""
    return all(_fits(dex, old, new) for old, new in facade.pairs)


def _fits(dex: Dex, old: bytes, new: bytes) -> bool:
    index = dex.find_string(old)
    if index is None:
        return b"\0" + old + b"\0" not in dex.data  # a table that is not sorted hides what is there
    before = dex.string(index - 1) if index else b""
    after = dex.string(index + 1) if index + 1 < dex.strings[0] else None
    return before < new and (after is None or new < after)


def rename(dex: Dex, facades: Sequence[Facade]) -> int:
    """Change ``dex.data``, a bytearray, and its checksums; how many strings were changed."""
    assert isinstance(dex.data, bytearray)
    changed = 0
    for facade in facades:
        for old, new in facade.pairs:
            index = dex.find_string(old)
            if index is not None:
                place = dex.string_place(index)
                dex.data[place : place + len(new)] = new
                changed += 1
    if changed:
        restamp(dex.data)
    return changed
