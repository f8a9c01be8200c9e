# SPDX-License-Identifier: MIT
"""The numbers of variable length in a Mach-O's tables, and the trie of what it exports.

Source: dyld, ``common/MachOFile.cpp`` and ``mach-o/loader.h`` (``EXPORT_SYMBOL_FLAGS_*``).
"""

from __future__ import annotations

from pinfuse.prover.fault import Fault

LONGEST_NUMBER = 10
LONGEST_NAME = 4096
LONGEST_NAMES = 16 << 20
"""Of all nodes together; a table of four megabytes could spell out gigabytes."""
REEXPORT, RESOLVER = 0x08, 0x10
KIND_MASK, KIND_REGULAR = 0x03, 0


class Bytes:
    """A table that is read from the front; every method raises `Fault` at its end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        """The next byte."""
        if not 0 <= self.at < len(self.data):
            raise Fault("a table of the library ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def unsigned(self) -> int:
        """A ULEB128, cut to 64 bits."""
        value = 0
        for number in range(LONGEST_NUMBER):
            part = self.byte()
            value |= (part & 0x7F) << 7 * number
            if part < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF
        raise Fault("a number in a table of the library has no end")

    def signed(self) -> int:
        """An SLEB128."""
        value = 0
        for number in range(LONGEST_NUMBER):
            part = self.byte()
            value |= (part & 0x7F) << 7 * number
            if part < 0x80:
                return value - (1 << 7 * (number + 1)) if part & 0x40 else value
        raise Fault("a number in a table of the library has no end")

    def text(self) -> str:
        """A text that ends with 0."""
        end = self.data.find(b"\0", self.at, self.at + LONGEST_NAME)
        if end < 0:
            raise Fault("a name in a table of the library has no end")
        raw, self.at = self.data[self.at : end], end + 1
        return raw.decode("utf-8", "backslashreplace")


def exports(table: bytes) -> dict[str, int]:
    """Name → address from the header, of all that the library itself defines; raises `Fault`.

    Every node counts once, so that no table grows while it is read.
    """
    found: dict[str, int] = {}
    seen, spelt = {0}, 0
    waiting = [(0, "")] if table else []
    while waiting:
        start, name = waiting.pop()
        node = Bytes(table, start)
        size = node.unsigned()
        children = node.at + size
        if size:
            flags = node.unsigned()
            if not flags & (REEXPORT | RESOLVER) and flags & KIND_MASK == KIND_REGULAR:
                found[name] = node.unsigned()
        node.at = children
        for _ in range(node.byte()):
            longer = name + node.text()
            at = node.unsigned()
            spelt += len(longer)
            if at in seen:
                raise Fault("the table of exports runs in circles")
            if len(longer) > LONGEST_NAME or spelt > LONGEST_NAMES:
                raise Fault("the table of exports has names without an end")
            seen.add(at)
            waiting.append((at, longer))
    return found
