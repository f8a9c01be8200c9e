"""Numbers and records of ELF (System V ABI, "Object Files"), for both word sizes, little-endian."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"\x7fELF"
CLASS_32, CLASS_64, LITTLE_ENDIAN, ET_DYN = 1, 2, 1, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_PHDR = 1, 2, 3, 6
PF_W, PF_R = 2, 4
SHT_STRTAB, SHT_DYNAMIC, SHT_NOBITS, SHT_DYNSYM = 3, 6, 8, 11
SHN_UNDEF = 0
DT_NULL, DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SONAME = 0, 1, 4, 5, 6, 10, 14
DT_GNU_HASH = 0x6FFF_FEF5

PHOFF_AT = {CLASS_64: 32, CLASS_32: 28}
PHNUM_AT = {CLASS_64: 56, CLASS_32: 44}
"""Where the ELF header holds offset and number of the program headers."""


@dataclass(frozen=True, slots=True)
class Form:
    """The records of one word size."""

    word: int
    """Bytes: 4 or 8."""
    ehdr: struct.Struct
    """From byte 16: type, machine, version, entry, phoff, shoff, flags, ehsize, phentsize, phnum, shentsize, shnum,
    shstrndx."""
    phdr: struct.Struct
    shdr: struct.Struct
    dyn: struct.Struct
    sym: struct.Struct


FORMS = {
    CLASS_64: Form(
        8,
        struct.Struct("<HHIQQQIHHHHHH"),
        struct.Struct("<IIQQQQQQ"),
        struct.Struct("<IIQQQQIIQQ"),
        struct.Struct("<QQ"),
        struct.Struct("<IBBHQQ"),
    ),
    CLASS_32: Form(
        4,
        struct.Struct("<HHIIIIIHHHHHH"),
        struct.Struct("<IIIIIIII"),
        struct.Struct("<IIIIIIIIII"),
        struct.Struct("<II"),
        struct.Struct("<IIIBBH"),
    ),
}


@dataclass(frozen=True, slots=True)
class Program:
    """A program header; offset and sizes in bytes, address as the library is linked."""

    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int
    align: int

    def pack(self, form: Form) -> bytes:
        """The record; the physical address is the virtual one, as every linker writes it."""
        if form.word == 8:
            return form.phdr.pack(
                self.kind, self.flags, self.offset, self.address, self.address, self.file_size, self.memory_size,
                self.align,
            )  # fmt: skip
        return form.phdr.pack(
            self.kind, self.offset, self.address, self.address, self.file_size, self.memory_size, self.flags, self.align
        )

    @classmethod
    def unpack(cls, form: Form, data: bytes, at: int) -> Program:
        """The record at an offset that lies inside ``data``."""
        fields = form.phdr.unpack_from(data, at)
        if form.word == 8:
            kind, flags, offset, address, _, file_size, memory_size, align = fields
        else:
            kind, offset, address, _, file_size, memory_size, flags, align = fields
        return cls(kind, flags, offset, address, file_size, memory_size, align)


@dataclass(frozen=True, slots=True)
class Section:
    """A section header, and where it stands itself in the file."""

    at: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int

    @classmethod
    def unpack(cls, form: Form, data: bytes, at: int) -> Section:
        """The record at an offset that lies inside ``data``."""
        _, kind, flags, address, offset, size, link, *_ = form.shdr.unpack_from(data, at)
        return cls(at, kind, flags, address, offset, size, link)
