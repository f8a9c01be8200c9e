"""Names of entries: whoever unpacks the archive must come to the files that were looked at."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pinfuse.container.reader import Archive
from pinfuse.errors import UnsupportedApp
from pinfuse.ios.bundle import read_app
from tests.fixtures import ipa

TRICKS = {
    "a dot in between": ("Payload/./App.app/App", "another one when it is unpacked"),
    "two slashes": ("Payload/App.app//App", "another one when it is unpacked"),
    "a dot in front": ("./Payload/App.app/App", "another one when it is unpacked"),
    "a path of MS-DOS": ("Payload\\App.app\\App", "another one when it is unpacked"),
    "another case": ("Payload/App.app/APP", "differ only in case"),
    "a folder in another case": ("payload/App.app/New", "differ only in case"),
    "a control character": ("Payload/App.app/Icon\r", "no property list holds"),
    "no character": ("Payload/App.app/\ufffe", "no property list holds"),
}


@pytest.mark.parametrize("name", TRICKS)
def test_names_that_readers_take_for_others(tmp_path: Path, name: str) -> None:
    entry, words = TRICKS[name]
    path = ipa.write(tmp_path / "a.ipa", ipa.plain(), more={entry: b"other"})
    with Archive(path) as archive, pytest.raises(UnsupportedApp, match=words):
        read_app(archive)


def test_two_forms_of_one_letter(tmp_path: Path) -> None:
    path = ipa.write(tmp_path / "a.ipa", ipa.plain() | {"caf\u00e9.png": b"a", "cafe\u0301.png": b"b"})
    with Archive(path) as archive, pytest.raises(UnsupportedApp, match="a Mac unpacks it over"):
        read_app(archive)


def test_names_of_all_languages_are_kept(tmp_path: Path) -> None:
    names = ("caf\u00e9.png", "\u540d\u524d.png", "a\\b.png", "a b.png", ".hidden", "x..y")
    path = ipa.write(tmp_path / "a.ipa", ipa.plain() | {name: b"x" for name in names})
    with Archive(path) as archive:
        assert {f"Payload/App.app/{name}" for name in names} <= {*archive.entries}
        assert read_app(archive).main.identifier == ipa.BUNDLE_ID


@pytest.mark.parametrize("kind", [0o120755, 0o100644])
def test_a_second_app_that_is_a_link_or_a_file(tmp_path: Path, kind: int) -> None:
    path = ipa.write(tmp_path / "a.ipa", ipa.plain())
    with zipfile.ZipFile(path, "a") as archive:
        made = zipfile.ZipInfo("Payload/Aaa.app")
        made.create_system, made.external_attr = 3, kind << 16
        archive.writestr(made, b"App.app")
    with Archive(path) as archive, pytest.raises(UnsupportedApp, match="holds 2 apps"):
        read_app(archive)
