"""The coverage table of every real app at hand is the one that was checked by hand once (``tests/golden/coverage``).

Apps are found by their SHA-256 in the corpus, and in the folder that ``PINFUSE_MORE_APPS`` names, for those that are
too large for the corpus. ``python -m tests.integration.test_coverage_tables`` writes the tables anew: look at what
changed before it is kept.
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

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "coverage"
FOLDERS = ("android", "ios")
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
    if path is None:
        pytest.skip("this app is not here")
    assert table(path) == kept["table"]


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
