"""Every APK of the corpus ends *built, proved and read without complaint*, or *refused for a reason that is true*.

What is expected of each stands in ``tests/golden/corpus_apks.tsv``. That a reason is true is seen by a witness
that shares no code with pinfuse.
"""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples.demo.run import World
from tests.conftest import CORPUS_ROW, build_options, pinfuse
from tests.corpus import corpus
from tests.oracles import ORACLES, aapt

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "corpus_apks.tsv"
OLDEST = 21
RAISE = ("--min-sdk", str(OLDEST))
CODE = "classes.dex"
UNSUPPORTED = 3


@dataclass(frozen=True, slots=True)
class Expected:
    """One row: how the app ends, with which option, and for a refusal the words of the reason and its witness."""

    sha256: str
    file: str
    outcome: str
    option: str
    reason: str
    witness: str


def read_golden() -> list[Expected]:
    with GOLDEN.open(newline="") as file:
        return [Expected(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def names(apk: Path) -> list[str]:
    with zipfile.ZipFile(apk) as archive:
        return archive.namelist()


WITNESSES: dict[str, Callable[[Path], bool]] = {
    "janus": lambda apk: apk.read_bytes()[:4] == b"dex\n",
    "no-manifest": lambda apk: "AndroidManifest.xml" not in names(apk),
    "no-code": lambda apk: CODE not in names(apk),
}
"""Name → whether the reason that it stands for is true of this file."""

EXPECTED = read_golden()


def build(apk: Path, out: Path, world: World) -> tuple[str, str, dict[str, Any]]:
    """Build, with ``--min-sdk 21`` when pinfuse asks for it and aapt agrees: outcome, option, what was said."""
    option: tuple[str, ...] = ()
    while True:
        done = pinfuse("build", apk, *build_options(world), *option, "-o", out, "--json")
        assert "Traceback" not in done.stderr, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        if done.exit_code == 0:
            assert said["proof"]["status"] == "proved", said["proof"]
            return "built", " ".join(option), said
        assert done.exit_code == UNSUPPORTED, (done.exit_code, said)
        assert not out.exists()
        if option or " ".join(RAISE) not in said["error"]["todo"]:
            return "refused", " ".join(option), said["error"]
        assert aapt.min_sdk(apk) < OLDEST
        option = RAISE


def complaints(before: Path, after: Path) -> list[str]:
    """What the oracles that are here say of the output and did not say of the input."""
    new = []
    for name, oracle in ORACLES.items():
        if oracle.available() and (said := oracle.check(after)):
            known = oracle.check(before)
            new += [f"{name}: {line}" for line in said if line not in known]
    return new


def changed_payloads(before: Path, after: Path, changes: list[dict[str, str]]) -> list[str]:
    """Entries of the input whose packed bytes are others in the output, though nobody said so."""
    said = {change["entry"] for change in changes}
    with zipfile.ZipFile(after) as archive:
        found = {entry.filename: entry for entry in archive.infolist()}
    with zipfile.ZipFile(before) as archive:
        old = [entry for entry in archive.infolist() if entry.filename and entry.filename not in said]
    return [entry.filename for entry in old if _packed(found.get(entry.filename)) != _packed(entry)]


def _packed(entry: zipfile.ZipInfo | None) -> tuple[int, ...] | None:
    return (entry.CRC, entry.compress_size, entry.file_size, entry.compress_type) if entry else None


@pytest.mark.slow
@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: row.sha256)
def test_ends_as_it_must(
    expected: Expected, world: World, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    apk = corpus("android", expected.file)
    out = tmp_path / "out.apk"
    try:
        outcome, option, said = build(apk, out, world)
    except (AssertionError, ValueError):
        record_property(CORPUS_ROW, f"{expected.file:<68.68} neither built nor refused in words")
        raise
    readers = sum(oracle.available() for oracle in ORACLES.values())
    proved = f"proved on {', '.join(said['proof']['abis'])}; {readers} oracles" if outcome == "built" else ""
    reason = proved or said["what"]
    record_property(CORPUS_ROW, f"{expected.file:<68.68} {outcome:<7} {option:<12} {reason}")
    assert (outcome, option) == (expected.outcome, expected.option), said
    if outcome == "refused":
        assert expected.reason in reason
        assert WITNESSES[expected.witness](apk), f"{expected.witness} is not true of {apk.name}"
        return
    assert complaints(apk, out) == []
    assert changed_payloads(apk, out, said["changes"]) == []
    verified = pinfuse("verify", out, "--pin", world.pins, "--json")
    assert verified.exit_code == 0, verified.stdout + verified.stderr


def test_the_table_speaks_of_every_app() -> None:
    folder = corpus("android")
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in folder.glob("*.apk")}
    assert {row.file: row.sha256 for row in EXPECTED} == found
