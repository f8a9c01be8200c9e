"""The coverage table of every real app at hand is the one that was checked by hand once (``tests/golden/coverage``).

Apps are found by their SHA-256 in the corpus; those that are too large for it in the folder that ``PINFUSE_MORE_APPS``
names, or, where npm has them, there. ``python -m tests.integration.test_coverage_tables`` writes the tables anew: look
at what changed before it is kept.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pinfuse.errors import AppError
from pinfuse.formats import FuseOptions
from pinfuse.opening import open_app
from tests.corpus import corpus_dir
from tests.registry import Packed

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "coverage"
FOLDERS = ("android", "ios")
PACKED = (
    Packed(
        "npm:android-apidemos@5.0.0",
        "package/apks/ApiDemos-debug.apk",
        "5e59f42af4e89200fe33eb82a7c2a2a9224947a8aeb9af6e21b77d40827f7cbc",
    ),
    Packed(
        "npm:appium-android-ime@2.0.0",
        "package/bin/UnicodeIME-debug.apk",
        "ea4480f3d619196f0031cc99dc2b82828f1ce668014b864012536e315fedbc10",
    ),
    Packed(
        "npm:appium-uiautomator2-server@10.6.6",
        "package/apks/appium-uiautomator2-server-debug-androidTest.apk",
        "e6f729287d72351388fd66597c35b69988b9091a7011954bf92a55d416cb1e1c",
    ),
    Packed(
        "npm:appium-uiautomator2-server@10.6.6",
        "package/apks/appium-uiautomator2-server-v10.6.6.apk",
        "8ff760a2a86b487f53090fbdcd5b0360e67d02bb811887d527a9557b0d59c80d",
    ),
)
TOLD = ("stack", "layer", "gap", "where")
"""What is known of a layer is a matter of the lab, and no property of an app."""


@functools.cache
def apps() -> dict[str, Path]:
    """SHA-256 → file, of every app that is here."""
    folders = [corpus / name for name in FOLDERS] if (corpus := corpus_dir()) else []
    if more := os.environ.get("PINFUSE_MORE_APPS"):
        folders.append(Path(more))
    files = (path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in (".apk", ".ipa", ".zip"))
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files}


def table(path: Path) -> dict[str, Any]:
    """What is compared: what the app is made with, its pins by kind, and its rows without the words about them."""
    try:
        with closing(open_app(path)) as app:
            found = app.examine(FuseOptions(min_sdk=21))
    except AppError as error:
        return {"refused": error.what}
    rows = [{key: getattr(row, key) for key in TOLD} for row in found.coverage]
    told: dict[str, Any] = json.loads(json.dumps({
        "frameworks": found.frameworks, "pins": sorted({pin.kind for pin in found.pins}), "coverage": rows,
    }))  # fmt: skip
    return told


def golden() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(GOLDEN.glob("*.json")):
        kept = json.loads(file.read_text())
        yield file.stem, kept


@pytest.mark.parametrize(("name", "kept"), [pytest.param(*one, id=one[0]) for one in golden()])
def test_the_table_is_the_one_that_was_checked(name: str, kept: dict[str, Any]) -> None:
    path = apps().get(kept["sha256"])
    packed = next((one for one in PACKED if one.sha256 == kept["sha256"]), None)
    if path is None and packed:
        path = packed.fetch()
    if path is None:
        pytest.skip("this app is not here")
    assert table(path) == kept["table"]


def test_what_npm_has_is_among_the_tables() -> None:
    assert {one.sha256 for one in PACKED} <= {kept["sha256"] for _, kept in golden()}


def test_every_app_of_the_corpus_has_its_table() -> None:
    if corpus_dir() is None:
        pytest.skip("the corpus of real apps is not here (set PINFUSE_CORPUS)")
    known = {kept["sha256"] for _, kept in golden()}
    assert [path.name for digest, path in apps().items() if digest not in known] == []


def write() -> None:
    """Write the table of every app that is here."""
    for digest, path in apps().items():
        file = GOLDEN / f"{path.stem}-{digest[:8]}.json"
        kept = {"sha256": digest, "table": table(path)}
        file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
