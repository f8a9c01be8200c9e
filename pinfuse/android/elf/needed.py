"""One library more that a library needs, ahead of all others: a loader looks symbols up there first.

Nothing that is in the file moves. Program headers, dynamic section and its strings are written anew into a segment
behind everything else; of the old bytes only the ELF header's pointer to the program headers and the two section
headers of what moved are changed. bionic reads dynamic section and strings by the section headers too, and wants both
ways to lead to the same place (``linker_phdr.cpp``, ``ElfReader::ReadDynamicSection``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pinfuse.android.elf import records as r
from pinfuse.android.elf.image import Image
from pinfuse.android.elf.records import Program, Section
from pinfuse.errors import UnsupportedApp

PAGE = 16384
"""The largest pages that Android runs on."""
PAD = 16
MOST_PROGRAMS = 0xFFFE
HIGHEST = {r.CLASS_32: 1 << 32, r.CLASS_64: 1 << 47}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something stands now: offset in the file, address, size."""

    offset: int
    address: int
    size: int


def is_first(image: Image, name: str) -> bool:
    """Whether the library needs ``name`` before every other."""
    return image.needed[:1] == (name,)


def needed_first(image: Image, name: str) -> bytes:
    """The library, with ``name`` ahead of what it needs; unchanged where it is so already.

    Raises `UnsupportedApp` for a library that no edit of this kind fits.
    """
    if is_first(image, name):
        return image.data
    if name in image.needed:
        raise UnsupportedApp(f"it needs {name} already, but not first", where=image.where)
    _require_end(image)
    dynamic_section, strings_section = _sections(image)
    strings = image.strings
    strings += b"" if strings.endswith(b"\0") else b"\0"
    at = len(strings)
    strings += name.encode() + b"\0"

    programs = [one for one in image.programs if one.kind != r.PT_PHDR]
    headers_size = (len(programs) + 2) * image.form.phdr.size
    dynamic_size = (len(image.dynamic) + 2) * image.form.dyn.size
    start = -(-len(image.data) // PAD) * PAD
    headers, dynamic, table = _places(image, start, headers_size, dynamic_size, len(strings))

    segment = Program(
        r.PT_LOAD, r.PF_R | r.PF_W, start, headers.address, table.offset + table.size - start,
        table.offset + table.size - start, PAGE,
    )  # fmt: skip
    new_programs = b"".join(one.pack(image.form) for one in _programs(programs, headers, dynamic, segment, image))
    new_dynamic = _dynamic(image, at, table)
    added = new_programs.ljust(dynamic.offset - start, b"\0") + new_dynamic
    out = bytearray(image.data.ljust(start, b"\0"))
    out += added.ljust(table.offset - start, b"\0") + strings
    _point(out, r.PHOFF_AT[image.elf_class], image.form.word, start)
    _point(out, r.PHNUM_AT[image.elf_class], 2, len(programs) + 2)
    if dynamic_section and strings_section:
        _move(out, image, dynamic_section, dynamic)
        _move(out, image, strings_section, table)
    return bytes(out)


def _require_end(image: Image) -> None:
    """What a file holds behind all that its headers speak of may be looked for from its end."""
    form = image.form
    ends = [one.offset + one.file_size for one in image.programs]
    ends += [one.offset + one.size for one in image.sections if one.kind != r.SHT_NOBITS]
    ends += [one.at + form.shdr.size for one in image.sections]
    if any(image.data[max(ends) :]):
        raise UnsupportedApp("something stands behind the end of the library, and may be looked for there",
                             where=image.where)  # fmt: skip
    if len(image.programs) + 2 > MOST_PROGRAMS:
        raise UnsupportedApp("it has too many program headers", where=image.where)


def _sections(image: Image) -> tuple[Section | None, Section | None]:
    """The headers of dynamic section and its strings; none for a library without sections.

    Raises `UnsupportedApp` where they say something else than the program headers.
    """
    found = [one for one in image.sections if one.kind == r.SHT_DYNAMIC]
    if not found:
        return None, None
    section = found[0]
    place = next(one for one in image.programs if one.kind == r.PT_DYNAMIC)
    address = image.value(r.DT_STRTAB)
    strings = image.sections[section.link] if section.link < len(image.sections) else None
    if (
        len(found) > 1
        or strings is None
        or strings.kind != r.SHT_STRTAB
        or section.offset != place.offset
        or address is None
        or strings.offset != image.offset(address, 1)
    ):
        raise UnsupportedApp("its section headers and its program headers contradict each other", where=image.where)
    return section, strings


def _places(image: Image, start: int, headers: int, dynamic: int, strings: int) -> tuple[_Place, _Place, _Place]:
    """Program headers, dynamic section and strings, one after the other from ``start``; addresses above all others."""
    end = max(one.address + one.memory_size for one in image.programs if one.kind == r.PT_LOAD)
    shift = -(-end // PAGE) * PAGE + start % PAGE - start
    dynamic_at = start + -(-headers // PAD) * PAD
    strings_at = dynamic_at + dynamic
    if strings_at + strings + shift > HIGHEST[image.elf_class]:
        raise UnsupportedApp("there is no room behind its last segment", where=image.where)
    return (
        _Place(start, start + shift, headers),
        _Place(dynamic_at, dynamic_at + shift, dynamic),
        _Place(strings_at, strings_at + shift, strings),
    )


def _programs(
    programs: list[Program], headers: _Place, dynamic: _Place, segment: Program, image: Image
) -> list[Program]:
    """PT_PHDR first, because a loader finds moved headers by it; ours after the last segment, which it lies above."""
    last = max(index for index, one in enumerate(programs) if one.kind == r.PT_LOAD)
    kept = [
        replace(one, offset=dynamic.offset, address=dynamic.address, file_size=dynamic.size, memory_size=dynamic.size)
        if one.kind == r.PT_DYNAMIC
        else one
        for one in programs
    ]
    word = image.form.word
    own = Program(r.PT_PHDR, r.PF_R, headers.offset, headers.address, headers.size, headers.size, word)
    return [own, *kept[: last + 1], segment, *kept[last + 1 :]]


def _dynamic(image: Image, name_at: int, table: _Place) -> bytes:
    moved = {r.DT_STRTAB: table.address, r.DT_STRSZ: table.size}
    entries = [(r.DT_NEEDED, name_at), *((tag, moved.get(tag, value)) for tag, value in image.dynamic), (r.DT_NULL, 0)]
    return b"".join(image.form.dyn.pack(*one) for one in entries)


def _point(out: bytearray, at: int, size: int, value: int) -> None:
    out[at : at + size] = value.to_bytes(size, "little")


def _move(out: bytearray, image: Image, section: Section, place: _Place) -> None:
    """Address, offset and size follow name, type and flags in a section header."""
    word = image.form.word
    at = section.at + 8 + word
    for number, value in enumerate((place.address, place.offset, place.size)):
        _point(out, at + number * word, word, value)
