"""Reading Mach-O beside lief, and editing a few bytes of it: what changes, what does not, and what is refused."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Iterator

import pytest

from pinfuse.errors import AppError, DamagedApp, UnsupportedApp
from pinfuse.ios.macho.edit import append_load, apply, redirect, redirect_wide
from pinfuse.ios.macho.image import LAZY_LOAD_DYLIB, LOAD_DYLIB, REEXPORT_DYLIB, Image, read
from pinfuse.ios.macho.slices import Slice, is_macho, slices
from pinfuse.ios.signing.code import Signing, What, sign_code
from tests.corpus import corpus
from tests.fixtures import apple, chained, macho
from tests.fixtures.linker import CHAINS, link, linked

OURS = "@loader_path/Frameworks/PFuse.framework/PFuse"


def by_lief(data: bytes) -> dict[str, object]:
    lief = pytest.importorskip("lief")
    lief.logging.disable()
    whole = lief.MachO.parse(list(data))
    one = whole.at(0)
    return {
        "dylibs": [lib.name for lib in one.libraries if lib.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB],
        "segments": [(s.name, s.virtual_address, s.file_offset, s.file_size) for s in one.segments],
        "sections": [section.name for s in one.segments for section in s.sections],
        "commands": len(one.commands),
        "rpaths": [command.path for command in one.rpaths],
        "encrypted": any(c.crypt_id for c in one.commands if isinstance(c, lief.MachO.EncryptionInfo)),
    }


def ours(image: Image) -> dict[str, object]:
    return {
        "dylibs": [one.name for one in image.dylibs],
        "segments": [(s.name, s.address, s.offset, s.size) for s in image.segments],
        "sections": [part.name for s in image.segments for part in s.sections],
        "commands": len(image.commands),
        "rpaths": list(image.rpaths),
        "encrypted": image.encrypted,
    }


def changed(before: bytes, after: bytes) -> set[int]:
    assert len(before) == len(after)
    return {at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}


def of_corpus() -> Iterator[tuple[str, bytes]]:
    for path in sorted(corpus("ios").iterdir()):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                data = archive.read(entry)
                if is_macho(data[:8]):
                    yield f"{path.name}:{entry}", data


def test_every_image_of_the_corpus_is_read_as_lief_reads_it() -> None:
    architectures = []
    for name, data in of_corpus():
        for part in slices(data, name):
            piece = data[part.offset : part.offset + part.size]
            image = read(piece, name)
            architectures.append(image.architecture)
            assert ours(image) == by_lief(piece), name
            assert image.commands_end <= image.room_end
    assert len(architectures) > 60
    assert {"arm64", "armv7", "arm64e"} <= set(architectures)


def test_every_editable_image_of_the_corpus_takes_a_library_more() -> None:
    edited = 0
    for name, data in of_corpus():
        for part in slices(data, name):
            piece = data[part.offset : part.offset + part.size]
            image = read(piece, name)
            try:
                after = apply(piece, append_load(image, OURS))
            except UnsupportedApp as error:
                assert image.architecture in ("armv7", "i386", "arm64e"), error
                continue
            edited += 1
            assert changed(piece, after) <= {*range(16, 24), *range(image.commands_end, image.commands_end + 72)}
            assert by_lief(after)["dylibs"] == [*(one.name for one in image.dylibs), OURS]
            assert ours(read(after, name)) == by_lief(after)
    assert edited > 30


def test_a_linked_program_loads_ours_instead_of_security() -> None:
    data = linked()
    image = read(data, "main")
    assert ours(image) == by_lief(data)
    assert (image.architecture, image.platform, image.minos) == ("arm64", 2, 13 << 16)
    security = next(one for one in image.dylibs if one.name == macho.SECURITY)
    after = apply(data, redirect(image, security, OURS))
    assert changed(data, after) <= set(range(security.command.offset, security.command.offset + security.command.size))
    assert by_lief(after)["dylibs"] == [OURS if one.name == macho.SECURITY else one.name for one in image.dylibs]
    again = next(one for one in read(after, "main").dylibs if one.name == OURS)
    assert (again.current, again.compatibility) == (1 << 16, 1 << 16)


WAYS = {
    "-framework": LOAD_DYLIB, "-needed_framework": LOAD_DYLIB, "-weak_framework": LOAD_DYLIB,
    "-reexport_framework": REEXPORT_DYLIB,
}  # fmt: skip
"""How a linker is told to load a framework, and the kind of the command afterwards."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("flat", [False, True])
def test_every_way_in_which_a_linker_loads_security(way: str, flat: bool) -> None:
    """Chained and with opcodes; in a flat namespace imports name no library, and that stays so."""
    lief = pytest.importorskip("lief")
    for chains in ("-fixup_chains", "-no_fixup_chains"):
        words = (way, "Security", chains, *(("-flat_namespace",) if flat else ()))
        data = link(chained.CALLS + "int work(void) { return SSLHandshake(trusted); }", words, kind="dylib",
                    minos=chained.MINOS, linker=CHAINS)  # fmt: skip
        image = read(data, "x")
        after = data
        for one in (one for one in image.dylibs if one.name == macho.SECURITY):
            after = apply(after, redirect(image, one, OURS))
        new = read(after, "x")
        assert WAYS[way] in {one.command.kind for one in new.dylibs if one.name == OURS}
        assert not any(one.may_be_missing for one in new.dylibs if one.name == OURS)
        assert not any(one.name == macho.SECURITY for one in new.dylibs)
        before, there = (lief.MachO.parse(list(some)).at(0).bindings for some in (data, after))
        asked = [{(one.symbol.name, one.library_ordinal, one.address) for one in some} for some in (before, there)]
        assert asked[0] == asked[1]
        wanted = {ordinal for name, ordinal, _ in asked[1] if name in ("_SSLHandshake", "_SecTrustEvaluateWithError")}
        own = [one.name for one in new.dylibs].index(OURS) + 1
        assert wanted == ({-2} if flat else {own})


@pytest.mark.parametrize("weak", [False, True])
def test_a_command_that_grows_moves_those_behind_it_and_nothing_else(weak: bool) -> None:
    """lief reads the same library, but for the path: imports with their ordinals and addresses, segments, commands."""
    lief = pytest.importorskip("lief")
    words = ("-weak_framework" if weak else "-framework", "Security")
    data = link("extern int SSLHandshake(void *);\nint work(void) { return SSLHandshake(0); }\n", words, kind="dylib")
    path = f"@loader_path/{'../' * 20}{OURS.removeprefix('@loader_path/')}"
    image = read(data, "x")
    security = next(one for one in image.dylibs if one.name == macho.SECURITY)
    after = apply(data, redirect_wide(image, security, path))
    new = read(after, "x")
    before, there = by_lief(data), by_lief(after)
    assert there == before | {"dylibs": [path if one is security else one.name for one in image.dylibs]}
    assert ours(new) == there
    assert not any(one.may_be_missing for one in new.dylibs)
    assert changed(data, after) <= {20, 21, *range(security.command.offset, new.commands_end)}
    whole = [lief.MachO.parse(list(some)).at(0).bindings for some in (data, after)]
    imports = [[(one.symbol.name, one.library_ordinal, one.address) for one in some] for some in whole]
    assert imports[0] == imports[1] != []


@pytest.mark.parametrize("kind", [macho.WEAK, LAZY_LOAD_DYLIB])
def test_a_weak_load_becomes_a_strong_one(kind: int) -> None:
    """A library that may be absent would fail open."""
    data = macho.image(macho.dylib(macho.SECURITY, kind))
    image = read(data, "x")
    (after,) = read(apply(data, redirect(image, image.dylibs[0], OURS)), "x").dylibs
    assert (after.name, after.command.kind) == (OURS, LOAD_DYLIB)


@pytest.mark.parametrize(
    ("kind", "flags", "becomes"),
    [
        (macho.WEAK, 0x1, LOAD_DYLIB), (macho.WEAK, 0x9, LOAD_DYLIB), (LOAD_DYLIB, 0x8, LOAD_DYLIB),
        (LOAD_DYLIB, 0xA, REEXPORT_DYLIB), (LOAD_DYLIB, 0, LOAD_DYLIB),
    ],
)  # fmt: skip
def test_flags_of_a_load_are_taken_away(kind: int, flags: int, becomes: int) -> None:
    """Since iOS 18 a load may say in flags that it is weak, or initialised late: then nothing would be hooked."""
    name = macho.SECURITY.encode().ljust(60, b"\0")
    command = struct.pack("<IIIIIII", kind, 28 + len(name), 28, 0x1A741800, 1 << 16, 1 << 16, flags) + name
    image = read(macho.image(command), "x")
    assert image.dylibs[0].may_be_missing is bool(flags & 9 or kind == macho.WEAK)
    (after,) = read(apply(image.data, redirect(image, image.dylibs[0], OURS)), "x").dylibs
    assert (after.name, after.command.kind, after.uses, after.may_be_missing) == (OURS, becomes, 0, False)


@pytest.mark.parametrize(("length", "fits"), [(55, True), (56, False)])
def test_the_command_of_security_holds_55_characters(length: int, fits: bool) -> None:
    data = macho.image(macho.dylib(macho.SECURITY))
    image = read(data, "x")
    path = "x" * length
    if fits:
        assert read(apply(data, redirect(image, image.dylibs[0], path)), "x").dylibs[0].name == path
        return
    with pytest.raises(UnsupportedApp, match="holds 55"):
        redirect(image, image.dylibs[0], path)


@pytest.mark.parametrize(("padding", "fits"), [(72, True), (71, False), (0, False)])
def test_a_library_more_needs_its_room(padding: int, fits: bool) -> None:
    data = macho.image(macho.dylib(macho.SYSTEM), padding=padding)
    if fits:
        after = apply(data, append_load(read(data, "x"), OURS))
        assert [one.name for one in read(after, "x").dylibs] == [macho.SYSTEM, OURS]
        assert after[-64:] == data[-64:]
        return
    with pytest.raises(UnsupportedApp, match=f"{padding} bytes are free"):
        append_load(read(data, "x"), OURS)


REFUSED = {
    "encrypted": macho.image(cryptid=1),
    "arm64e": macho.image(subtype=macho.ARM64E),
    "32 bits": struct.pack("<IIIIIII", 0xFEEDFACE, 12, 9, 2, 0, 0, 0),
    "in use": macho.image(filler=b"x"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_edited_is_refused_with_its_reason(reason: str) -> None:
    with pytest.raises(UnsupportedApp, match=reason):
        append_load(read(REFUSED[reason], "x"), OURS)


def test_a_decrypted_copy_is_no_encrypted_one() -> None:
    assert append_load(read(macho.image(cryptid=0), "x"), OURS)


def test_slices_of_fat_files() -> None:
    one, two = macho.image(), macho.image(macho.dylib(macho.SYSTEM))
    data = macho.fat(one, two)
    assert slices(data, "x") == (Slice(0x4000, len(one)), Slice(0x8000, len(two)))
    assert slices(one, "x") == (Slice(0, len(one)),)
    for at, value, said in ((8 + 8, 0, "outside"), (8 + 12, 0x5000, "overlap"), (8 + 20 + 12, 0x5000, "outside")):
        with pytest.raises(DamagedApp, match=said):
            slices(data[:at] + struct.pack(">I", value) + data[at + 4 :], "x")


OTHERS = [b"", b"\xca\xfe\xba\xbe\0\0\0\x34", b"\xcf\xfa", b"PK\3\4\0\0\0\0", b"\xca\xfe\xba\xbe"]


@pytest.mark.parametrize("data", OTHERS)
def test_other_files_are_none(data: bytes) -> None:
    assert not is_macho(data)
    with pytest.raises(DamagedApp):
        slices(data, "x")


def damages() -> Iterator[bytes]:
    """Every byte of header and commands with other values, cuts, and noise."""
    libraries = macho.dylib(macho.SECURITY), macho.dylib(OURS, macho.ID), macho.dylib("x", macho.RPATH)
    whole = macho.image(*libraries, cryptid=0)
    rng = random.Random(5)
    for at in range(len(whole) - 256):
        for value in (0, 0xFF, whole[at] ^ 1, whole[at] ^ 0x80):
            yield whole[:at] + bytes([value]) + whole[at + 1 :]
    for size in range(len(whole)):
        yield whole[:size]
    for _ in range(500):
        start = rng.randrange(8, 300)
        yield whole[:start] + rng.randbytes(64) + whole[start + 64 :]


def test_damage_is_an_error_in_words_or_no_matter() -> None:
    refused = 0
    for data in damages():
        try:
            for part in slices(data, "x"):
                image = read(data[part.offset : part.offset + part.size], "x")
                for edits in (append_load(image, OURS), *(redirect(image, one, "y") for one in image.dylibs)):
                    read(apply(image.data, edits), "x")
        except AppError as error:
            refused += 1
            assert error.what
    assert refused > 1000


def test_load_commands_of_megabytes_are_refused() -> None:
    """A segment of 512 MB of sections takes a thousandth of that in an archive."""
    data = bytearray(macho.image()) + bytes(2 << 20)
    struct.pack_into("<I", data, 20, 2 << 20)
    with pytest.raises(DamagedApp, match="1048576 are enough"):
        read(bytes(data), "x")


def test_damaged_words_of_linked_images_are_an_error_or_edits_that_hold() -> None:
    """Every word of header and load commands of what lld links today, read, edited and signed anew."""
    refused = 0
    for data in (chained.linked(), chained.linked("dylib", security=False, imports=2)):
        for at in range(0, read(data, "x").commands_end, 4):
            old = int.from_bytes(data[at : at + 4], "little")
            for value in {0, 0xFFFF_FFFF, old ^ 1 << at % 32, old + 8 & 0xFFFF_FFFF} - {old}:
                made = data[:at] + value.to_bytes(4, "little") + data[at + 4 :]
                try:
                    for part in slices(made, "x"):
                        image = read(made[part.offset : part.offset + part.size], "x")
                        after = apply(image.data, append_load(image, OURS))
                        assert read(after, "x").dylibs[-1].name == OURS
                        sign_code(after, "x", What("com.example.linked"), Signing(None, "", apple.NOW))
                except AppError as error:
                    refused += 1
                    assert error.what
    assert refused > 400
