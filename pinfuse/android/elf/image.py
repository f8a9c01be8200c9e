"""One shared library: its headers, what it needs, and which symbols it takes and gives.

Everything is read by the program headers, as a loader does; a damaged or hostile file ends in `DamagedApp`.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.android.elf import records as r
from pinfuse.android.elf.records import Form, Program, Section
from pinfuse.errors import DamagedApp

SMALLEST = 64
LONGEST_STRING = 4096
MOST_HEADERS = 512
MOST_SYMBOLS = 1 << 21
MOST_BUCKETS = 1 << 21
MOST_DYNAMIC = 1 << 16
MOST_PLACES = 1 << 16
"""Places in the strings at which a wanted name is read."""


@dataclass(frozen=True, slots=True)
class Image:
    """A library as read; offsets in the file, in bytes."""

    data: bytes
    where: str
    elf_class: int
    machine: int
    programs: tuple[Program, ...]
    sections: tuple[Section, ...]
    dynamic: tuple[tuple[int, int], ...]
    """Tag and value of each entry before the first DT_NULL."""

    @property
    def form(self) -> Form:
        """The records of its word size."""
        return r.FORMS[self.elf_class]

    def value(self, tag: int) -> int | None:
        """The value of a dynamic entry, the last of equal ones as for bionic; None without one."""
        return dict(self.dynamic).get(tag)

    def part(self, address: int, size: int) -> bytes:
        """``size`` bytes at an address; raises `DamagedApp` where the file does not hold them."""
        offset = self.offset(address, size)
        return self.data[offset : offset + size]

    def offset(self, address: int, size: int) -> int:
        """Where ``size`` bytes at an address stand in the file; raises `DamagedApp`."""
        for one in self.programs:
            if one.kind == r.PT_LOAD and one.address <= address and address + size <= one.address + one.file_size:
                return one.offset + address - one.address
        raise _damaged(self.where, f"{size} bytes at address {address:#x} are in none of its segments")

    @property
    def strings(self) -> bytes:
        """The string table of its dynamic section."""
        at, size = self.value(r.DT_STRTAB), self.value(r.DT_STRSZ)
        if at is None or not size:
            raise _damaged(self.where, "its dynamic section names no string table")
        return self.part(at, size)

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries that it needs, in their order."""
        values = [value for tag, value in self.dynamic if tag == r.DT_NEEDED]
        strings = self.strings if values else b""
        return tuple(_text(strings, value, self.where) for value in values)

    @property
    def is_program(self) -> bool:
        """Whether it can be started as a process, instead of being loaded into one."""
        return any(one.kind == r.PT_INTERP for one in self.programs)

    @property
    def soname(self) -> str:
        """The name it gives itself, or nothing."""
        value = self.value(r.DT_SONAME)
        return "" if value is None else _text(self.strings, value, self.where)

    def symbols(self, wanted: frozenset[bytes]) -> tuple[frozenset[str], frozenset[str]]:
        """Which of the wanted names it takes from others, and which it gives; raises `DamagedApp`."""
        at, count = self.value(r.DT_SYMTAB), self._count()
        if not at or not count:
            return frozenset(), frozenset()
        strings, form = self.strings, self.form
        places = dict(itertools.islice(_places(strings, wanted), MOST_PLACES + 1))
        if len(places) > MOST_PLACES:
            raise _damaged(self.where, "its strings say one name again and again")
        name_at, section_at = (0, 3) if form.word == 8 else (0, 5)
        taken: set[str] = set()
        given: set[str] = set()
        for fields in form.sym.iter_unpack(self.part(at, count * form.sym.size)):
            name = places.get(fields[name_at])
            if name is not None:
                (taken if fields[section_at] == r.SHN_UNDEF else given).add(name)
        return frozenset(taken), frozenset(given)

    def _count(self) -> int:
        """How many dynamic symbols there are: by DT_HASH, else by the section, else by DT_GNU_HASH."""
        hashed = self.value(r.DT_HASH)
        if hashed:
            count = struct.unpack("<I", self.part(hashed + 4, 4))[0]
        else:
            table = next((s for s in self.sections if s.kind == r.SHT_DYNSYM), None)
            count = table.size // self.form.sym.size if table else self._count_by_gnu_hash()
        if count > MOST_SYMBOLS:
            raise _damaged(self.where, f"it says it has {count} symbols")
        return int(count)

    def _count_by_gnu_hash(self) -> int:
        """Past the last chain; imports that stand behind it, which no linker puts there, are not counted."""
        at = self.value(r.DT_GNU_HASH)
        if not at:
            return 0
        buckets, first, words, _ = struct.unpack("<4I", self.part(at, 16))
        if buckets > MOST_BUCKETS or words > MOST_BUCKETS:
            raise _damaged(self.where, "its hash table is too large")
        table = at + 16 + words * self.form.word
        last = max(struct.unpack(f"<{buckets}I", self.part(table, 4 * buckets)), default=0)
        if last < first:
            return int(first)
        chain = table + 4 * buckets - 4 * first
        while not self.part(chain + 4 * last, 4)[0] & 1:
            last += 1
            if last > MOST_SYMBOLS:
                raise _damaged(self.where, "its hash table has a chain without end")
        return int(last) + 1


def read(data: bytes, where: str) -> Image:
    """Read a shared library; raises `DamagedApp` for anything else."""
    if data[:4] != r.MAGIC or len(data) < SMALLEST or data[4] not in r.FORMS or data[5] != r.LITTLE_ENDIAN:
        raise _damaged(where, "it is no ELF file of Android's")
    form = r.FORMS[data[4]]
    kind, machine, _, _, phoff, shoff, _, _, phsize, phnum, shsize, shnum, _ = form.ehdr.unpack_from(data, 16)
    if kind != r.ET_DYN:
        raise _damaged(where, "it is no shared library")
    if phsize != form.phdr.size or not 0 < phnum <= MOST_HEADERS or phoff + phnum * phsize > len(data):
        raise _damaged(where, "its program headers lie outside of it")
    programs = tuple(Program.unpack(form, data, phoff + i * phsize) for i in range(phnum))
    for one in programs:
        if one.kind == r.PT_LOAD and (one.file_size > one.memory_size or one.offset + one.file_size > len(data)):
            raise _damaged(where, "a segment reaches beyond its end")
    if not any(one.kind == r.PT_LOAD for one in programs):
        raise _damaged(where, "it has nothing to load")
    sections: tuple[Section, ...] = ()
    if shoff and shnum:
        if shsize != form.shdr.size or shoff + shnum * shsize > len(data):
            raise _damaged(where, "its section headers lie outside of it")
        sections = tuple(Section.unpack(form, data, shoff + i * shsize) for i in range(shnum))
    dynamic = tuple(_dynamic(data, where, form, programs))
    return Image(data, where, data[4], machine, programs, sections, dynamic)


def _dynamic(data: bytes, where: str, form: Form, programs: tuple[Program, ...]) -> Iterator[tuple[int, int]]:
    place = next((one for one in programs if one.kind == r.PT_DYNAMIC), None)
    if place is None:
        raise _damaged(where, "it has no dynamic section")
    if place.offset + place.file_size > len(data):
        raise _damaged(where, "its dynamic section lies outside of it")
    last = place.offset + min(place.file_size, MOST_DYNAMIC * form.dyn.size)
    for at in range(place.offset, last - form.dyn.size + 1, form.dyn.size):
        tag, value = form.dyn.unpack_from(data, at)
        if tag == r.DT_NULL:
            return
        yield tag, value
    raise _damaged(where, "its dynamic section has no end")


def _text(strings: bytes, at: int, where: str) -> str:
    end = strings.find(b"\0", at, at + LONGEST_STRING)
    if at >= len(strings) or end < 0:
        raise _damaged(where, "a name in its dynamic section lies outside of the strings")
    return strings[at:end].decode("utf-8", "backslashreplace")


def _places(strings: bytes, wanted: frozenset[bytes]) -> Iterator[tuple[int, str]]:
    """Offsets in the table at which a wanted name is read, the ends of longer strings included."""
    for name in wanted:
        at = strings.find(name + b"\0")
        while at >= 0:
            yield at, name.decode()
            at = strings.find(name + b"\0", at + 1)


def _damaged(where: str, what: str) -> DamagedApp:
    return DamagedApp(what, where=where)
