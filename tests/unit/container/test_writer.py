"""The ZIP writer: payloads as they were, alignment, and foreign readers on the result."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from examples.demo.run import APP
from pinfuse.android.packing import LAYOUT, PAGE, alignment, is_signature
from pinfuse.container.reader import Archive
from pinfuse.container.writer import Item, Layout, new_entry, write_entries
from pinfuse.errors import UnsupportedApp


def rewrite(source: Archive, items: list[Item], out: Path, layout: Layout = LAYOUT) -> Path:
    with out.open("wb") as file:
        directory = write_entries(source, items, file.write, layout)
        at = file.tell()
        file.write(directory.data + directory.end_record(at))
    return out


def test_every_payload_is_copied_as_it_is(tmp_path: Path) -> None:
    with Archive(APP) as source, Archive(rewrite(source, list(source.entries.values()), tmp_path / "a.apk")) as again:
        assert list(again.entries) == list(source.entries)
        for name, entry in source.entries.items():
            assert b"".join(source.payload(entry)) == b"".join(again.payload(again.entries[name]))
            assert again.entries[name].crc == entry.crc
    with zipfile.ZipFile(tmp_path / "a.apk") as archive:
        assert archive.testzip() is None


def test_stored_entries_lie_where_the_system_maps_them(tmp_path: Path) -> None:
    with Archive(APP) as source:
        items: list[Item] = [*source.entries.values()]
        for number in range(5):
            items.append(new_entry(f"lib/arm64-v8a/lib{'x' * number}.so", b"\x7fELF" * 99, stored=True))
            items.append(new_entry(f"res/raw/{'y' * number}.bin", b"raw" * number, stored=True))
            items.append(new_entry(f"assets/{number}", b"z" * 1000))
        rewrite(source, items, tmp_path / "a.apk")
    with Archive(tmp_path / "a.apk") as again:
        for entry in again.entries.values():
            assert entry.payload_offset % alignment(entry) == 0
        assert alignment(again.entries["lib/arm64-v8a/lib.so"]) == PAGE
        assert again.entries["assets/1"].compressed < 1000
    with zipfile.ZipFile(tmp_path / "a.apk") as archive:
        assert archive.testzip() is None


def test_descriptors_and_old_padding_are_gone(tmp_path: Path) -> None:
    """Entries written to a stream have a data descriptor; the output has sizes in its headers instead."""

    class Stream:
        def __init__(self, path: Path) -> None:
            self.file = path.open("wb")

        def write(self, data: bytes) -> int:
            return self.file.write(data)

        def flush(self) -> None:
            self.file.flush()

    stream = Stream(tmp_path / "stream.apk")
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("a.txt", b"text" * 100)
    stream.file.close()
    with Archive(tmp_path / "stream.apk") as source:
        assert source.entries["a.txt"].flags & 8
        rewrite(source, list(source.entries.values()), tmp_path / "out.apk")
    with Archive(tmp_path / "out.apk") as again:
        assert again.entries["a.txt"].flags & 8 == 0
        assert again.read("a.txt", 1000) == b"text" * 100


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    with Archive(APP) as source:
        items = [*source.entries.values(), new_entry("assets/new", b"new" * 50)]
        once, again = (rewrite(source, items, tmp_path / f"{n}.apk").read_bytes() for n in range(2))
    assert hashlib.sha256(once).digest() == hashlib.sha256(again).digest()


def test_the_comment_of_the_archive_is_kept(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "c.apk", "w") as archive:
        archive.writestr("a", b"a")
        archive.comment = b"a comment"
    with Archive(tmp_path / "c.apk") as source:
        rewrite(source, list(source.entries.values()), tmp_path / "out.apk")
    with zipfile.ZipFile(tmp_path / "out.apk") as archive:
        assert archive.comment == b"a comment"


def test_more_than_a_zip_holds_is_refused(tmp_path: Path) -> None:
    with Archive(APP) as source, pytest.raises(UnsupportedApp, match="ZIP64"):
        write_entries(source, (new_entry(f"assets/{n}", b"") for n in range(70_000)), lambda _: None, LAYOUT)


def folders_links_and_stream(out: Path) -> bytes:
    """An archive as a Mac makes it: folder, link, permissions, extra fields, data descriptors, resource forks."""
    with zipfile.ZipFile(out, "w") as archive:
        for name, mode, content in (
            ("a.app/", 0o40755, b""), ("a.app/run", 0o100755, b"run" * 99), ("a.app/link", 0o120755, b"run"),
            ("__MACOSX/a.app/._run", 0o100644, b"fork"),
        ):  # fmt: skip
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            info.extra = b"UT\5\0\3" + bytes(4)
            info.compress_type = zipfile.ZIP_DEFLATED if content else zipfile.ZIP_STORED
            archive.writestr(info, content)
    return out.read_bytes()


def test_without_alignment_local_records_stay_byte_for_byte(tmp_path: Path) -> None:
    before = folders_links_and_stream(tmp_path / "a.zip")
    with Archive(tmp_path / "a.zip") as source:
        assert [entry.mode for entry in source.entries.values()] == [0o40755, 0o100755, 0o120755, 0o100644]
        assert rewrite(source, list(source.entries.values()), tmp_path / "b.zip", Layout("iOS")).read_bytes() == before
        old = source.entries["a.app/run"]
        new = replace(new_entry("a.app/run", b"walk", like=old), local_extra=source.local_extra(old))
        kept = [entry for entry in source.entries.values() if entry is not old]
        rewrite(source, [*kept, new], tmp_path / "c.zip", Layout("iOS"))
    with Archive(tmp_path / "c.zip") as again:
        assert again.read("a.app/run", 99) == b"walk"
        assert (again.entries["a.app/run"].mode, again.local_extra(again.entries["a.app/run"])[:2]) == (0o100755, b"UT")
        for entry in kept:
            with Archive(tmp_path / "a.zip") as source:
                assert b"".join(source.record(entry)) == b"".join(again.record(again.entries[entry.name]))


@pytest.mark.parametrize("magic", [b"PK\7\x08", b"", None])
def test_a_data_descriptor_is_kept_and_may_be_absent_where_the_header_has_the_sizes(
    tmp_path: Path, magic: bytes | None
) -> None:
    """With and without its magic; None: flag bit 3 with sizes in the header and no descriptor."""
    name, content = b"x", b"content"
    numbers = (zlib.crc32(content), len(content), len(content))
    told = numbers if magic is None else (0, 0, 0)
    data = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 8, 0, 0, 33, *told, 1, 0) + name + content
    data += b"" if magic is None else magic + struct.pack("<III", *numbers)
    central = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 8, 0, 0, 33, *numbers, 1, 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), len(data), 0)
    (tmp_path / "a.zip").write_bytes(data + central + end)
    with Archive(tmp_path / "a.zip") as source:
        assert source.entries["x"].record_end == len(data)
        again = rewrite(source, list(source.entries.values()), tmp_path / "b.zip", Layout("iOS"))
        assert again.read_bytes() == data + central + end


@pytest.mark.parametrize(
    ("name", "signature"),
    [("META-INF/MANIFEST.MF", True), ("META-INF/cert.rsa", True), ("META-INF/A.SF", True), ("META-INF/SIG-X", True),
     ("stamp-cert-sha256", True), ("META-INF/services/x.SF", False), ("META-INF/a.txt", False), ("res/A.RSA", False)],
)  # fmt: skip
def test_what_an_earlier_signer_wrote(name: str, signature: bool) -> None:
    assert is_signature(name) is signature
