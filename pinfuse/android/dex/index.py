"""Which names a DEX file holds, asked by their beginning: classes it names or defines, methods it names, strings.

The table of strings is sorted by the format, and the tables of types and methods follow it, so that a question costs
a few look-ups, whatever the size of the file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from pinfuse.android.dex.calls import method_indices
from pinfuse.android.dex.file import Dex

MOST = 100_000
"""Strings that one question walks over at most."""


class Index:
    """Questions to one DEX file; raises `pinfuse.errors.DamagedApp` where a string has no end."""

    def __init__(self, dex: Dex) -> None:
        self._dex = dex

    @cached_property
    def _defined(self) -> frozenset[int]:
        return frozenset(row[0] for row in self._dex.class_defs())

    def _range(self, prefix: bytes) -> tuple[int, int]:
        """Indices of the strings that begin so: from, and up to but without."""
        return self._first(prefix), self._first(prefix + b"\xff")

    def _first(self, text: bytes) -> int:
        low, high = 0, self._dex.strings[0]
        while low < high:
            middle = (low + high) // 2
            if self._dex.string(middle) < text:
                low = middle + 1
            else:
                high = middle
        return low

    def strings(self, prefix: bytes) -> Iterator[bytes]:
        """The strings that begin so, as MUTF-8; a table that is not sorted, which no Android loads, hides some."""
        low, high = self._range(prefix)
        found = map(self._dex.string, range(low, min(high, low + MOST)))
        return (text for text in found if text.startswith(prefix))

    def named(self, prefix: bytes) -> bytes | None:
        """The first class whose descriptor begins so; None where the file names none."""
        number = self._type_from(prefix)
        return None if number is None else self._dex.type_name(number)

    def defined(self, prefix: bytes) -> bytes | None:
        """The first class that begins so and that the file itself defines."""
        low, high = self._range(prefix)
        start, end = bisect_left(self._dex.type_strings, low), bisect_left(self._dex.type_strings, high)
        number = next((one for one in range(start, end) if one in self._defined), None)
        return None if number is None else self._dex.type_name(number)

    def _type_from(self, prefix: bytes) -> int | None:
        low, high = self._range(prefix)
        number = bisect_left(self._dex.type_strings, low)
        return number if number < len(self._dex.type_strings) and self._dex.type_strings[number] < high else None

    def calls(self, owner: bytes, name: bytes) -> bool:
        """Whether the file names this method of this class: its code calls it, or it defines it."""
        return bool(method_indices(self._dex, owner, (name,)))
