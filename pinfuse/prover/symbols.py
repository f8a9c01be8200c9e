# SPDX-License-Identifier: MIT
"""Reading a memory image with bounds, and the dynamic symbols in it (System V ABI, "Symbol Table", "Hash Table")."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pinfuse.prover.fault import Fault

MOST_SYMBOLS = 65536
LONGEST_NAME = 255
SYMBOL_64, SYMBOL_32 = struct.Struct("<IBBHQQ"), struct.Struct("<IIIBBH")
SHN_UNDEF = 0


@dataclass(frozen=True, slots=True)
class View:
    """Little-endian numbers out of ``memory``, whose words have ``word`` bytes (4 or 8)."""

    memory: bytes
    word: int

    def bytes_at(self, at: int, size: int) -> bytes:
        """``size`` bytes; raises `Fault` outside the memory."""
        if at < 0 or size < 0 or at + size > len(self.memory):
            raise Fault(f"{size} bytes at {at:#x} lie outside the library")
        return self.memory[at : at + size]

    def word_at(self, at: int) -> int:
        """The unsigned word at an address."""
        return int.from_bytes(self.bytes_at(at, self.word), "little")

    def u32_at(self, at: int) -> int:
        """The unsigned 32-bit number at an address."""
        return int.from_bytes(self.bytes_at(at, 4), "little")


@dataclass(frozen=True, slots=True)
class SymbolTable:
    """The dynamic symbols, counted by DT_HASH, which every stub has beside its GNU hash."""

    view: View
    symbols: int
    strings: int
    strings_size: int
    count: int

    @classmethod
    def read(cls, view: View, symbols: int, strings: int, strings_size: int, hashes: int) -> SymbolTable:
        """Addresses of DT_SYMTAB and DT_STRTAB, DT_STRSZ, address of DT_HASH; raises `Fault`."""
        if not (symbols and strings and hashes):
            raise Fault("the library has no dynamic symbols, or no DT_HASH that counts them")
        view.bytes_at(strings, strings_size)
        count = view.u32_at(hashes + 4)
        if count > MOST_SYMBOLS:
            raise Fault(f"the library has {count} symbols; {MOST_SYMBOLS} are read at most")
        view.bytes_at(symbols, count * cls._form(view).size)
        return cls(view, symbols, strings, strings_size, count)

    @staticmethod
    def _form(view: View) -> struct.Struct:
        return SYMBOL_64 if view.word == 8 else SYMBOL_32

    def at(self, index: int) -> tuple[str, int]:
        """Name and address of a symbol; address 0 for an import. Raises `Fault` for an index that is none."""
        if index >= self.count:
            raise Fault(f"symbol {index} of {self.count} does not exist")
        form = self._form(self.view)
        fields = form.unpack(self.view.bytes_at(self.symbols + index * form.size, form.size))
        name, section, value = (fields[i] for i in ((0, 3, 4) if self.view.word == 8 else (0, 5, 1)))
        return self._name(name), value if section != SHN_UNDEF else 0

    def _name(self, at: int) -> str:
        if at >= self.strings_size:
            raise Fault("the name of a symbol lies outside the string table")
        room = min(LONGEST_NAME + 1, self.strings_size - at)
        text, zero, _ = self.view.bytes_at(self.strings + at, room).partition(b"\0")
        if not zero:
            raise Fault("the name of a symbol has no end")
        return text.decode("utf-8", "backslashreplace")

    def exports(self) -> dict[str, int]:
        """Name → address of everything that the library defines."""
        return {name: value for name, value in map(self.at, range(1, self.count)) if value}
