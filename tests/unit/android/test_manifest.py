"""The manifest: facts, what protection changes, and readers that are not ours on the result."""

from __future__ import annotations

import random
import struct
import warnings
from pathlib import Path

import pytest

from pinfuse.android import names
from pinfuse.android.manifest import ENTRY, FACTORY, MIN_SDK, PLACE, PROCESS, TARGET_SDK, ManifestFile
from pinfuse.android.resources import chunks as c
from pinfuse.android.resources.axml import TYPE_INT, TYPE_NULL, TYPE_REFERENCE, TYPE_STRING, Document
from pinfuse.android.resources.pool import HEADER as POOL
from pinfuse.errors import AppError, DamagedApp, UnsupportedApp
from tests.fixtures.apk import demo_manifest, write
from tests.oracles import aapt

PACKAGE = "org.example.pinfuse.demo"
ANDROID = "{http://schemas.android.com/apk/res/android}"


def protected(**changes: int) -> ManifestFile:
    manifest = ManifestFile(demo_manifest())
    if "min_sdk" in changes:
        manifest.raise_min_sdk(changes["min_sdk"])
    manifest.protect()
    return ManifestFile(manifest.pack())


def test_what_the_demo_app_says_of_itself() -> None:
    facts = ManifestFile(demo_manifest()).facts
    assert facts.package == PACKAGE
    assert facts.min_sdk == 21
    assert facts.factory == f"{PACKAGE}.DemoFactory"
    assert facts.processes == (f"{PACKAGE}:check",)
    assert facts.has_code
    assert facts.split == ""


def test_unchanged_it_is_written_byte_for_byte() -> None:
    assert Document(demo_manifest(), PLACE).pack() == demo_manifest()


def test_protection_adds_the_entry_points_and_nothing_else() -> None:
    before, after = ManifestFile(demo_manifest()).facts, protected().facts
    assert after.factory == names.FACTORY
    assert after.providers == (*before.providers, "zqk.P", "zqk.P1")
    assert (after.package, after.min_sdk, after.target_sdk, after.processes) == (
        before.package, before.min_sdk, before.target_sdk, before.processes
    )  # fmt: skip


def test_attributes_stay_sorted_by_resource_id() -> None:
    document = protected().document
    for _, _, element in document.walk():
        ids = [document.resource_id(one) for one in element.attributes]
        known = [one for one in ids if one]
        assert known == sorted(known)
        assert ids[: len(known)] == known


def test_every_string_reference_still_means_the_same() -> None:
    """New attribute names move the strings behind them; every text must be found again."""

    def texts(document: Document) -> list[tuple[tuple[str, ...], list[tuple[str | None, str | None]]]]:
        return [
            (path, [(document.pool.text(a.name), document.string_of(a)) for a in element.attributes])
            for _, path, element in document.walk()
        ]

    manifest = ManifestFile(demo_manifest())
    before = texts(manifest.document)
    manifest.document.attribute_name(0x0101057B, "somethingNew")
    assert texts(Document(manifest.pack(), PLACE)) == before


def test_a_raised_minimum_keeps_the_target() -> None:
    assert protected(min_sdk=24).facts.min_sdk == 24
    manifest = ManifestFile(demo_manifest())
    element = manifest._sdk_elements()[-1]
    element.attributes = [a for a in element.attributes if manifest.document.resource_id(a) != TARGET_SDK]
    again = ManifestFile(manifest.pack())
    assert again.facts.target_sdk == again.facts.min_sdk == 21
    again.raise_min_sdk(30)
    assert (ManifestFile(again.pack()).facts.min_sdk, ManifestFile(again.pack()).facts.target_sdk) == (30, 21)


@pytest.mark.parametrize(
    ("written", "meant"),
    [(".Own", f"{PACKAGE}.Own"), ("Own", f"{PACKAGE}.Own"), ("com.other.Own", "com.other.Own")],
)
def test_the_name_of_a_factory_is_completed_as_the_system_does(written: str, meant: str) -> None:
    manifest = ManifestFile(demo_manifest())
    manifest.document.set(manifest.application, FACTORY, "appComponentFactory", TYPE_STRING, written)
    assert ManifestFile(manifest.pack()).facts.factory == meant


def test_a_codename_is_a_preview_and_a_number_in_a_string_is_a_number() -> None:
    for text, level in (("VanillaIceCream", 10000), ("26", 26)):
        manifest = ManifestFile(demo_manifest())
        manifest.document.set(manifest._sdk_elements()[-1], MIN_SDK, "minSdkVersion", TYPE_STRING, text)
        assert ManifestFile(manifest.pack()).facts.min_sdk == level


def test_a_factory_in_a_resource_is_refused() -> None:
    manifest = ManifestFile(demo_manifest())
    manifest.document.set(manifest.application, FACTORY, "appComponentFactory", TYPE_INT, 7)
    with pytest.raises(AppError, match="reference to a resource"):
        ManifestFile(manifest.pack())


def test_aapt_and_androguard_read_what_we_wrote(tmp_path: Path) -> None:
    data = protected(min_sdk=23).pack()
    if aapt.available():
        assert aapt.min_sdk(write(tmp_path / "x.apk", {ENTRY: data})) == 23
    with warnings.catch_warnings(action="ignore"):
        from androguard.core.axml import AXMLPrinter

        root = AXMLPrinter(data).get_xml_obj()
    application = root.find("application")
    assert application.get(f"{ANDROID}appComponentFactory") == "zqk.F"
    mine = [one for one in application.findall("provider") if one.get(f"{ANDROID}name", "").startswith("zqk.")]
    assert [one.get(f"{ANDROID}authorities") for one in mine] == [f"{PACKAGE}.zqk", f"{PACKAGE}.zqk1"]
    assert [one.get(f"{ANDROID}exported") for one in mine] == ["false", "false"]
    assert mine[0].get(f"{ANDROID}process") is None
    assert mine[1].get(f"{ANDROID}process") == ":check", "Android refuses the name with the package before it"


@pytest.mark.parametrize("seed", range(6))
def test_damage_is_read_or_refused_in_words(seed: int) -> None:
    good, rng = demo_manifest(), random.Random(seed)
    for _ in range(300):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(data) - 4)
            struct.pack_into("<I", data, at, rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, rng.randrange(1 << 32))))
        try:
            manifest = ManifestFile(bytes(data))
            manifest.raise_min_sdk(30)
            manifest.protect()
            ManifestFile(manifest.pack())
        except AppError as error:
            assert ENTRY in str(error)


def test_every_cut_is_refused_in_words() -> None:
    good = demo_manifest()
    for size in range(0, len(good), 7):
        with pytest.raises(AppError, match=ENTRY):
            ManifestFile(good[:size])


def one_string_many_times(count: int, size: int) -> bytes:
    """A manifest of ``size`` and some bytes whose ``count`` strings are all the same long one."""
    head = POOL.size + 4 * count
    length = struct.pack("<HH", 0x8000 | (size // 2) >> 16, (size // 2) & 0xFFFF)
    body = struct.pack(f"<{count}I", *([0] * count)) + length + b"a" * size + b"\0\0"
    body += bytes(-len(body) % 4)
    pool = POOL.pack(c.STRING_POOL, POOL.size, POOL.size + len(body), count, 0, 0, head, 0) + body
    return c.HEADER.pack(c.XML, c.HEADER.size, c.HEADER.size + len(pool)) + pool


def test_strings_that_unpack_to_gigabytes_are_refused_before() -> None:
    """Four million indices that all say the same megabyte: a few kilobytes in the APK."""
    with pytest.raises(DamagedApp) as caught:
        ManifestFile(one_string_many_times(100_000, 1 << 20))
    assert "string" in caught.value.what


def test_strings_that_share_their_bytes_are_read() -> None:
    with pytest.raises(DamagedApp) as caught:
        ManifestFile(one_string_many_times(1000, 64))
    assert "no element" in caught.value.what


def test_an_element_with_more_attributes_than_could_grow_is_refused() -> None:
    manifest = ManifestFile(demo_manifest())
    manifest.application.attributes += [manifest.application.attributes[0]] * 0xFFF0
    with pytest.raises(DamagedApp) as caught:
        ManifestFile(manifest.pack())
    assert "attributes" in caught.value.what


def test_a_second_root_is_refused() -> None:
    """Android reads the first alone; the facts would be those of the other."""
    manifest = ManifestFile(demo_manifest())
    manifest.document.add_element(len(manifest.document.nodes), "manifest")
    with pytest.raises(DamagedApp) as caught:
        ManifestFile(manifest.pack())
    assert "root" in caught.value.what


@pytest.mark.parametrize("where", ["package", "process"])
def test_names_longer_than_any_phone_takes_are_refused(where: str) -> None:
    manifest = ManifestFile(demo_manifest())
    document, long = manifest.document, "a" * 30_000
    if where == "package":
        package = document.find(manifest.root, "package")
        assert package is not None
        package.data = document.string(long)
    else:
        document.set(manifest.application, PROCESS, "process", TYPE_STRING, f":{long}")
    with pytest.raises(AppError) as caught:
        ManifestFile(manifest.pack())
    assert "30" in caught.value.what


def named_process(kind: int, data: int) -> bytes:
    """The demo app, its application in a process whose name is no text."""
    manifest = ManifestFile(demo_manifest())
    manifest.document.set(manifest.application, PROCESS, "process", TYPE_INT, data)
    next(one for one in manifest.application.attributes if manifest.document.resource_id(one) == PROCESS).type = kind
    return manifest.pack()


def test_a_process_may_have_a_resource_for_its_name() -> None:
    """The demo's own second process is then the main one, and the provider stands for the rest."""
    data = named_process(TYPE_REFERENCE, 0x7F010002)
    assert ManifestFile(data, {0x7F010002: ":check"}.get).facts.processes == ()
    assert ManifestFile(data, {0x7F010002: "org.example.main"}.get).facts.processes == (f"{PACKAGE}:check",)
    assert ManifestFile(named_process(TYPE_NULL, 0)).facts.processes == (f"{PACKAGE}:check",)


@pytest.mark.parametrize("kind", [TYPE_REFERENCE, TYPE_INT, 0x02, 0x07])
def test_a_process_whose_name_depends_is_refused(kind: int) -> None:
    with pytest.raises(UnsupportedApp, match="not one string in every configuration"):
        ManifestFile(named_process(kind, 0x7F010002), {1: "x"}.get)


def test_names_out_of_resources_have_an_end() -> None:
    manifest = ManifestFile(demo_manifest())
    start = next(i for i, node in enumerate(manifest.document.nodes) if node is manifest.application)
    for number in range(17):
        made = manifest.document.add_element(manifest.document.end_of(start), "service")
        manifest.document.set(made, PROCESS, "process", TYPE_INT, number)
        made.attributes[-1].type = TYPE_REFERENCE
    with pytest.raises(UnsupportedApp, match="more than 16"):
        ManifestFile(manifest.pack(), str)
