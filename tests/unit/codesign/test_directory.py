"""CodeDirectories rebuilt byte for byte from real signed apps, and signatures that are none."""

from __future__ import annotations

import hashlib
import random
import zipfile
from collections.abc import Iterator

import pytest

from pinfuse.errors import DamagedApp
from pinfuse.ios.macho import image
from pinfuse.ios.macho.slices import is_macho, slices
from pinfuse.ios.signing import directory
from pinfuse.ios.signing.blobs import Magic, Slot, blob, read_super_blob, super_blob
from pinfuse.ios.signing.directory import ADHOC, MAIN_BINARY, PAGE, CodeDirectory
from tests.corpus import corpus

WHOLE = CodeDirectory("org.example.app", "TEAM123456", ADHOC, {1: b"i" * 32, 3: b"r" * 32}, 0, 16384, MAIN_BINARY)


def signed() -> Iterator[tuple[str, image.Image, dict[int, bytes]]]:
    """Every signed slice of the corpus."""
    for path in sorted(corpus("ios").iterdir()):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                data = archive.read(entry)
                if not is_macho(data[:8]):
                    continue
                for part in slices(data, entry):
                    one = image.read(data[part.offset : part.offset + part.size], f"{path.name}:{entry}")
                    if one.signature:
                        at, size = one.signature
                        yield one.where, one, read_super_blob(one.data[at : at + size], one.where)


def test_real_directories_are_rebuilt_byte_for_byte() -> None:
    rebuilt, largest, older = {"sha1": 0, "sha256": 0}, 0, 0
    for where, one, blobs in signed():
        assert one.signature
        for slot, data in blobs.items():
            version, kind = directory.version_of(data)
            if version != directory.VERSION:
                older += version != 0
                continue
            digest = directory.DIGESTS[kind]
            assert slot == Slot.CODE_DIRECTORY or Slot.ALTERNATE <= slot < Slot.ALTERNATE + 5
            told, pages, limit = directory.read(data, where, digest)
            assert limit == one.signature[0]
            assert directory.build(told, one.data[:limit], digest) == data, where
            assert directory.size(told, limit, digest) == len(data)
            assert pages[0] == hashlib.new(digest, one.data[: min(PAGE, limit)]).digest()
            text = next(segment for segment in one.segments if segment.name == "__TEXT")
            assert (told.exec_base, told.exec_limit) == (text.offset, text.size)
            for inside in (Slot.REQUIREMENTS, Slot.ENTITLEMENTS, Slot.ENTITLEMENTS_DER):
                if inside in blobs and inside in told.special:
                    assert hashlib.new(digest, blobs[inside]).digest() == told.special[inside]
            rebuilt[digest], largest = rebuilt[digest] + 1, max(largest, len(data))
    print(f"{rebuilt} rebuilt, the largest of {largest} bytes; {older} of older versions")
    assert rebuilt["sha256"] >= 20
    assert rebuilt["sha1"] >= 4


def test_real_signatures_are_rebuilt_from_their_blobs() -> None:
    count = 0
    for where, one, blobs in signed():
        assert one.signature
        at, size = one.signature
        whole = one.data[at : at + size]
        made = super_blob(blobs)
        if len(made) == int.from_bytes(whole[4:8], "big"):
            assert whole.startswith(made), where
            count += 1
    assert count > 20


@pytest.mark.parametrize("size", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
def test_what_is_built_is_read_again(size: int) -> None:
    code = random.Random(size).randbytes(size)
    told, pages, limit = directory.read(directory.build(WHOLE, code), "x")
    assert (told, limit) == (WHOLE, size)
    assert [*pages] == [hashlib.sha256(code[at : at + PAGE]).digest() for at in range(0, size, PAGE)]


def test_a_changed_byte_changes_its_page_alone() -> None:
    code = bytes(5 * PAGE)
    before, after = (directory.read(directory.build(WHOLE, one), "x")[1]
                     for one in (code, code[: 2 * PAGE] + b"\1" + code[2 * PAGE + 1 :]))  # fmt: skip
    assert [number for number in range(5) if before[number] != after[number]] == [2]


def test_damage_is_an_error_in_words() -> None:
    made = directory.build(WHOLE, bytes(PAGE + 1))
    whole = super_blob({Slot.CODE_DIRECTORY: made, Slot.REQUIREMENTS: blob(Magic.REQUIREMENTS, bytes(4))})
    assert read_super_blob(whole + bytes(99), "x")[Slot.CODE_DIRECTORY] == made
    refused = 0
    for at in range(len(whole)):
        for value in (0, 0xFF, whole[at] ^ 1):
            try:
                for data in read_super_blob(whole[:at] + bytes([value]) + whole[at + 1 :], "x").values():
                    directory.read(data, "x")
            except DamagedApp as error:
                refused += 1
                assert error.what
    for size in range(len(whole)):
        with pytest.raises(DamagedApp):
            read_super_blob(whole[:size], "x")
    assert refused > 100


def test_pages_of_a_few_bytes_are_refused() -> None:
    """There would be as many hashes as the file has bytes."""
    made = bytearray(directory.build(WHOLE, bytes(1)))
    assert made[39] == directory.PAGE_SHIFT
    made[39] = 1
    with pytest.raises(DamagedApp, match="pages of 2 bytes"):
        directory.parse(bytes(made), "x")
