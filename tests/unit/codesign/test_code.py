"""Single Mach-O files signed: real ones, fat ones, unsigned libraries, and those where a signature has no place."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from pinfuse.errors import AppError, DamagedApp, UnsupportedApp
from pinfuse.ios.macho.image import CODE_SIGNATURE, DYLIB_FILE, read
from pinfuse.ios.macho.slices import FAT_ARCH_64, FAT_MAGIC_64, slices
from pinfuse.ios.signing import directory, entitlements
from pinfuse.ios.signing.blobs import Magic, Slot, blob, read_super_blob, super_blob
from pinfuse.ios.signing.bundle import Settings, sign_bundle
from pinfuse.ios.signing.check import check_bundle
from pinfuse.ios.signing.checkcode import Expected, check_code
from pinfuse.ios.signing.code import Old, Signing, What, library_identifier, old_signature, sign_code
from pinfuse.ios.signing.profile import GivenProfile, read_profile
from pinfuse.ios.signing.view import MemoryView
from tests.fixtures import apple, macho
from tests.fixtures.linker import linked
from tests.unit.codesign.test_bundle import by_openssl, of, signature
from tests.unit.codesign.test_check import apps, failed
from tests.unit.macho.test_macho import of_corpus

ADHOC = Signing(None, "", apple.NOW)


def by(kind: str = "rsa") -> Signing:
    return Signing(of(apple.identity(kind=kind)), apple.TEAM, apple.NOW)


def problems(data: bytes, expected: Expected | None = None) -> list[str]:
    return [one for report in check_code(data, "x", expected or Expected()) for one in report.problems]


def differing(before: bytes, after: bytes) -> set[int]:
    return {at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new}


def accounted(before: bytes, after: bytes) -> None:
    """Only the command of the signature, the numbers of ``__LINKEDIT`` and the signature itself differ."""
    one = read(after, "after")
    assert one.signature
    command = next(part for part in one.commands if part.kind == CODE_SIGNATURE)
    linkedit = next(part for part in one.segments if part.name == "__LINKEDIT").command
    allowed = {*range(16, 24), *range(command.offset, command.offset + command.size)}
    allowed |= {*range(linkedit.offset + 24, linkedit.offset + 24 + (32 if one.is_64 else 16))}
    assert differing(before[: one.signature[0]], after[: one.signature[0]]) <= allowed


def test_every_image_of_the_corpus_is_signed_and_nothing_else_moves() -> None:
    signed, refused = 0, []
    for name, data in of_corpus():
        try:
            made = sign_code(data, name, What("com.example.x"), by() if signed % 3 else ADHOC)
        except UnsupportedApp as error:
            refused.append((name, error.what))
            continue
        assert problems(made) == [], name
        for before, after in zip(slices(data, name), slices(made, name), strict=True):
            accounted(*(one[part.offset : part.offset + part.size] for one, part in ((data, before), (made, after))))
        signed += 1
    assert signed > 40
    assert [name.endswith(".dSYM/Contents/Resources/DWARF/DeviceAgent") for name, _ in refused] == [True]


def test_every_app_of_the_corpus_is_signed_again_and_holds() -> None:
    """With an identity and a profile of our own, whoever signed before."""
    signer, again = of(apple.identity()), 0
    whole = GivenProfile(read_profile(apple.profile("*"), "whole"))
    for name, view in apps():
        if "Info.plist" not in view.paths():
            continue
        made = sign_bundle(view, Settings(signer, apple.NOW, (whole,)))
        checked = check_bundle(Over(view, made.files))
        assert failed(checked) == {}, name
        assert checked.team == apple.TEAM
        again += 1
    assert again >= 15


class Over(MemoryView):
    """A view with some files replaced."""

    def __init__(self, below: MemoryView, files: Mapping[str, bytes]) -> None:
        links = {path: target for path in below.paths() if (target := below.target(path)) is not None}
        kept = {path: below.read(path) for path in below.paths() if path not in links}
        super().__init__({**kept, **files}, links)


@pytest.mark.parametrize("is_64", [True, False], ids=["64", "32"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_an_unsigned_library_gets_a_signature(is_64: bool, kind: str) -> None:
    bare = apple.image(apple.DYLIB, is_64=is_64)
    made = sign_code(bare, "x", What("com.example.lib"), by(kind))
    assert problems(made) == []
    accounted(bare, made)
    assert old_signature(made, "x") == Old("com.example.lib", apple.TEAM, {})
    assert sign_code(made, "x", What("com.example.lib"), by(kind)) == made


def test_what_clang_and_lld_link_is_signed() -> None:
    made = sign_code(linked(), "x", What("com.example.linked"), by())
    assert problems(made) == []
    accounted(linked(), made)


def test_every_stub_is_signed() -> None:
    found = [one for one in (files("pinfuse.stub") / "prebuilt" / "ios").rglob("PFuse*") if one.is_file()]  # type: ignore[attr-defined]
    assert len(found) >= 3
    for path in found:
        data = path.read_bytes()
        made = sign_code(data, path.name, What("zqk.PFuse"), by())
        assert problems(made) == []
        assert read(made[slices(made, "x")[0].offset :], "x").kind == DYLIB_FILE


def fat_64(*parts: bytes) -> bytes:
    thin = macho.fat(*parts)
    table = b"".join(
        FAT_ARCH_64.pack(*struct.unpack_from(">II", thin, 8 + 20 * number), one.offset, one.size, 14, 0)
        for number, one in enumerate(slices(thin, "x"))
    )
    head = FAT_MAGIC_64 + struct.pack(">I", len(parts)) + table
    return head.ljust(0x4000, b"\0") + thin[0x4000:]


@pytest.mark.parametrize("make", [macho.fat, fat_64])
def test_every_slice_of_a_fat_file_is_signed(make: object) -> None:
    bare = (apple.image(apple.DYLIB, code=b"first"), apple.image(apple.DYLIB, is_64=False))
    data = make(*bare)  # type: ignore[operator]
    made = sign_code(data, "x", What("com.example.fat"), by())
    parts = slices(made, "x")
    assert problems(made) == []
    assert [one.offset % 0x4000 for one in parts] == [0, 0]
    for part, before in zip(parts, bare, strict=True):
        accounted(before, made[part.offset : part.offset + part.size])
    assert made[:4] == data[:4]
    changed = made.replace(b"first", b"fiRst")
    assert len(problems(changed)) == 1


def test_entitlements_and_their_flags() -> None:
    for told, flags in (({"get-task-allow": True}, 0x11), ({"get-task-allow": False}, 1), ({}, 1)):
        blobs, directory = signature(sign_code(apple.image(), "x", What("a.b", entitlements=told), by()))
        assert directory.exec_flags == flags
        assert blobs[Slot.ENTITLEMENTS] == entitlements.as_xml(told)
        assert blobs[Slot.ENTITLEMENTS_DER] == entitlements.as_der(told)
    blobs, directory = signature(sign_code(apple.image(), "x", What("a.b"), by()))
    assert (directory.exec_flags, Slot.ENTITLEMENTS in blobs) == (1, False)


@pytest.mark.parametrize(
    ("least", "digests"),
    [
        ((), ["sha256"]),
        ((apple.MIN_IOS, 8 << 16, 0), ["sha1", "sha256"]),
        ((apple.MIN_IOS, 11 << 16, 0), ["sha256"]),
        ((apple.MIN_IOS, (10 << 16) + 0x30F, 0), ["sha1", "sha256"]),
        ((apple.MIN_WATCHOS, 3 << 16, 0), ["sha1", "sha256"]),
        ((apple.MIN_WATCHOS, 4 << 16, 0), ["sha256"]),
        ((apple.BUILD, 2, 10 << 16, 0, 0), ["sha1", "sha256"]),
        ((apple.BUILD, 2, 13 << 16, 0, 0), ["sha256"]),
        ((apple.BUILD, 4, 3 << 16, 0, 0), ["sha1", "sha256"]),
        ((apple.BUILD, 7, 10 << 16, 0, 0), ["sha256"]),
    ],
)
def test_systems_that_know_sha1_alone_get_it(least: tuple[int, ...], digests: list[str], tmp_path: Path) -> None:
    made = sign_code(apple.image(code=bytes(9000), least=least), "x", What("a.b", b"i", b"r", {"a": True}), by())
    at, _ = read(made, "x").signature or (0, 0)
    blobs = read_super_blob(made[at:], "x")
    slots = [Slot.CODE_DIRECTORY, Slot.ALTERNATE][: len(digests)]
    assert {*blobs} == {*slots, Slot.REQUIREMENTS, Slot.ENTITLEMENTS, Slot.ENTITLEMENTS_DER, Slot.CMS}
    for slot, digest in zip(slots, digests, strict=True):
        parsed = directory.parse(blobs[slot], "x")
        assert (parsed.digest, parsed.limit, len(parsed.pages)) == (digest, at, -(-at // 4096))
        assert parsed.told.special == {
            number: parsed.hash(one)
            for number, one in {1: b"i", 3: b"r", **{key: blobs[key] for key in (2, 5, 7)}}.items()
        }
    assert problems(made, Expected("a.b", b"i", b"r")) == []
    assert by_openssl(blobs, tmp_path)
    wrong = made.replace(bytes(50), bytes(49) + b"x", 1)
    assert any("was changed" in one for one in problems(wrong, Expected("a.b", b"i", b"r")))


def test_the_name_of_a_library() -> None:
    bare, named = apple.image(apple.DYLIB), apple.image(apple.DYLIB, info=apple.info_plist("com.example.named", "n"))
    assert library_identifier(bare, "Frameworks/libx.1.dylib") == "libx.1"
    assert library_identifier(named, "Frameworks/libx.dylib") == "com.example.named"
    assert library_identifier(sign_code(named, "x", What("kept"), ADHOC), "libx.dylib") == "kept"


def without(name: bytes) -> bytes:
    return apple.image().replace(name.ljust(16, b"\0"), b"__OTHER".ljust(16, b"\0"))


def old_blobs(**blobs: bytes) -> bytes:
    """An image whose signature is of these blobs alone."""
    data = sign_code(apple.image(), "x", What("com.example.x" * 200), ADHOC)
    at, size = read(data, "x").signature or (0, 0)
    made = super_blob({Slot[name.upper()]: one for name, one in blobs.items()})
    return data[:at] + made.ljust(size, b"\0")


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (apple.image(padding=8), UnsupportedApp, "no room for a signature's"),
        (apple.image() + b"behind", UnsupportedApp, "something lies behind its segment __LINKEDIT"),
        (without(b"__LINKEDIT"), UnsupportedApp, "0 segments __LINKEDIT"),
        (macho.image(), UnsupportedApp, "0 segments __LINKEDIT"),
        (without(b"__TEXT"), UnsupportedApp, "segments __TEXT"),
        (b"", DamagedApp, "it is no Mach-O file"),
        (apple.image()[:100], DamagedApp, "load commands lie outside"),
    ],
    ids=["no padding", "behind", "no LINKEDIT", "by hand", "no TEXT", "nothing", "cut"],
)
def test_where_a_signature_has_no_place(data: bytes, error: type[AppError], said: str) -> None:
    with pytest.raises(error, match=said) as met:
        sign_code(data, "Frameworks/x", What("x"), by())
    assert met.value.where == "Frameworks/x"


def test_padding_in_use_is_refused() -> None:
    data = bytearray(apple.image())
    data[read(bytes(data), "x").commands_end + 3] = 1
    with pytest.raises(UnsupportedApp, match="no room for a signature's"):
        sign_code(bytes(data), "x", What("x"), by())


def test_an_old_signature_that_is_none_is_refused_in_words() -> None:
    nested = b"<plist><dict>" + b"<key>a</key><dict>" * 99 + b"</dict>" * 99 + b"</dict></plist>"
    for content, said in ((b"<plist>", "no property list"), (b"<plist/>", "no property list"), (nested, "too deep")):
        with pytest.raises(DamagedApp, match=said) as met:
            old_signature(old_blobs(entitlements=blob(Magic.ENTITLEMENTS, content)), "x")
        assert met.value.where == "the entitlements of x"
    assert old_signature(old_blobs(), "x") == Old()
    short = blob(Magic.CODE_DIRECTORY, b"")
    assert old_signature(old_blobs(code_directory=short), "x") == Old()
    with pytest.raises(DamagedApp, match="lies outside of it"):
        old_signature(old_blobs(code_directory=short[:4] + (60).to_bytes(4, "big") + b"\xff" * 52), "x")


def test_damage_is_an_error_in_words() -> None:
    good = sign_code(apple.image(), "x", What("a.b", entitlements={"a": True}), by())
    chance, refused = random.Random(6), 0
    ends = read(good, "x").commands_end
    starts = (read(good, "x").signature or (0, 0))[0]
    for number in range(400):
        data = bytearray(good)
        at = chance.randrange(ends) if number % 2 else starts + chance.randrange(1200)
        data[at] ^= 1 << chance.randrange(8)
        try:
            old_signature(bytes(data), "x")
            sign_code(bytes(data), "x", What("a.b"), ADHOC)
        except AppError as error:
            refused += 1
            assert error.what
        problems(bytes(data))
    assert refused > 60
