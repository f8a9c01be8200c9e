"""An oracle that never complains is no oracle: each must refuse a file made to be refused by it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracles import ORACLES

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo" / "demo.apk"
Change = Callable[[str, bytes], bytes]


def rewrite(target: Path, change: Change) -> Path:
    """The demo app with some of its entries changed, stored at whatever offset falls out."""
    with zipfile.ZipFile(DEMO) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            out.writestr(name, change(name, source.read(name)))
    return target


def cut_manifest(name: str, data: bytes) -> bytes:
    return data[:40] if name == "AndroidManifest.xml" else data


def break_dex(name: str, data: bytes) -> bytes:
    return data[:200] + bytes(400) + data[600:] if name == "classes.dex" else data


def pad_icon(name: str, data: bytes) -> bytes:
    """An uneven size, so that what follows cannot all be aligned."""
    return data + bytes(1 + len(data) % 2) if name.startswith("res/") else data


BROKEN: dict[str, Change] = {
    "apksigner": pad_icon,
    "zipalign": pad_icon,
    "aapt": cut_manifest,
    "dexdump": break_dex,
    "androguard": cut_manifest,
    "pyaxmlparser": cut_manifest,
}


def here(name: str) -> None:
    if not ORACLES[name].available():
        pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("name", ORACLES)
def test_complains_about_a_broken_app(name: str, tmp_path: Path) -> None:
    here(name)
    assert ORACLES[name].check(rewrite(tmp_path / "broken.apk", BROKEN[name]))


@pytest.mark.parametrize("name", [name for name in ORACLES if name != "apksigner"])
def test_reads_the_demo_app(name: str) -> None:
    here(name)
    assert ORACLES[name].check(DEMO) == []


def test_apksigner_says_that_the_demo_app_is_not_signed() -> None:
    here("apksigner")
    assert any("DOES NOT VERIFY" in line or "Missing" in line for line in ORACLES["apksigner"].check(DEMO))
