"""What may go wrong in an app besides TLS is told, and nothing is told of an app that has none of it."""

from __future__ import annotations

import struct
from contextlib import closing
from pathlib import Path

import pytest

from pinfuse.android.elf import records as r
from pinfuse.android.elf.records import Program
from pinfuse.android.remarks import ATTESTATION
from pinfuse.formats import FuseOptions
from pinfuse.opening import open_app
from tests.fixtures.apk import MANIFEST, demo_manifest, write
from tests.fixtures.dex import Class, Source, build

PLAIN = build(Source((Class("La/B;"),)))


def remarks(tmp_path: Path, entries: dict[str, bytes]) -> tuple[str, ...]:
    path = write(tmp_path / "app.apk", {MANIFEST: demo_manifest(), "classes.dex": PLAIN, **entries})
    with closing(open_app(path)) as app:
        return app.examine(FuseOptions()).remarks


def library(align: int, form: r.Form = r.FORMS[r.CLASS_64]) -> bytes:
    kind = r.CLASS_64 if form.word == 8 else r.CLASS_32
    start = 16 + form.ehdr.size
    head = r.MAGIC + bytes([kind, 1, 1]).ljust(12, b"\0")
    head += form.ehdr.pack(r.ET_DYN, 183, 1, 0, start, 0, 0, start, form.phdr.size, 1, 0, 0, 0)
    return (head + Program(r.PT_LOAD, 5, 0, 0, 600, 600, align).pack(form)).ljust(600, b"\0")


@pytest.mark.parametrize(("prefix", "name"), ATTESTATION)
def test_attestation(prefix: str, name: str, tmp_path: Path) -> None:
    (found,) = remarks(tmp_path, {"classes2.dex": build(Source((Class(f"{prefix}Some;"),)))})
    assert name in found
    assert remarks(tmp_path, {"classes2.dex": build(Source((Class(f"{prefix[:-2]}/Some;"),)))}) == ()


def test_libraries_on_small_pages(tmp_path: Path) -> None:
    entries = {
        "lib/arm64-v8a/libsmall.so": library(0x1000),
        "lib/arm64-v8a/liblarge.so": library(0x4000),
        "lib/armeabi-v7a/libold.so": library(0x1000, r.FORMS[r.CLASS_32]),
        "lib/x86_64/libodd.so": b"\x7fELF" + bytes(20),
    }
    (found,) = remarks(tmp_path, entries)
    assert "libsmall.so" in found and "liblarge" not in found and "libold" not in found and "libodd" not in found


def test_a_field_is_told_by_its_class_and_its_name() -> None:
    from pinfuse.android.dex.file import Dex
    from pinfuse.android.remarks import remarks_of_code

    data = with_field("Landroid/content/pm/PackageInfo;", "signatures")
    assert ["PackageInfo.signatures" in one for one in remarks_of_code(Dex(data, "classes.dex"))] == [True]
    for owner, name in (("La/PackageInfo;", "signatures"), ("Landroid/content/pm/PackageInfo;", "sigs")):
        assert list(remarks_of_code(Dex(with_field(owner, name), "classes.dex"))) == []


def with_field(owner: str, name: str) -> bytes:
    """A DEX file with one more table at its end: a field of this owner and name."""
    data = bytearray(build(Source((Class("La/B;"), Class(owner)), strings=(name, "signatures"))))
    from pinfuse.android.dex.file import Dex

    dex = Dex(bytes(data), "classes.dex")
    kind, text = dex.find_type(owner.encode()), dex.find_string(name.encode())
    assert kind is not None and text is not None
    struct.pack_into("<II", data, 0x50, 1, len(data))  # field_ids_size, field_ids_off
    data += struct.pack("<HHI", kind, kind, text)
    struct.pack_into("<I", data, 0x20, len(data))
    return bytes(data)
