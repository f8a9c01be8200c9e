"""Every app for iOS of the corpus ends *built, proved and read without complaint*, or *refused for a true reason*.

What is expected of each stands in ``tests/golden/corpus_ios.tsv``. That a reason is true is seen by a witness that
shares no code with pinfuse: the standard library's zipfile and plistlib, and lief.
"""

from __future__ import annotations

import csv
import hashlib
import json
import plistlib
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lief
import pytest

from examples.demo.run import World
from pinfuse.container.reader import Archive
from tests.conftest import CORPUS_ROW, pinfuse
from tests.corpus import corpus

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "corpus_ios.tsv"
ROOT = re.compile(r"(?:Payload/)?[^/]+\.app/")
UNSUPPORTED = 3
THIN = ("--thin", "arm64")
CPU = lief.MachO.Header.CPU_TYPE
SECURITY = "/System/Library/Frameworks/Security.framework/Security"


@dataclass(frozen=True, slots=True)
class Expected:
    """One row: how the app ends, with which option, and for a refusal the words of the reason; its witness."""

    sha256: str
    file: str
    outcome: str
    option: str
    reason: str
    witness: str


def read_golden() -> list[Expected]:
    with GOLDEN.open(newline="") as file:
        return [Expected(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


EXPECTED = read_golden()


def contents(app: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(app) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def root_of(files: Mapping[str, bytes]) -> str:
    found = {match[0] for name in files if (match := ROOT.match(name))}
    return found.pop() if len(found) == 1 else ""


def main_of(files: Mapping[str, bytes]) -> Any:
    """The app's own executable, as lief reads it; its slices live no longer than it."""
    root = root_of(files)
    name = plistlib.loads(files[f"{root}Info.plist"])["CFBundleExecutable"]
    return as_lief_reads(files[root + name])


def as_lief_reads(data: bytes) -> Any:
    """A Mach-O file by lief, whose types say that it may be None; here a test fails then."""
    return lief.MachO.parse(data)


def processors(files: Mapping[str, bytes]) -> set[Any]:
    whole = main_of(files)
    return {whole.at(number).header.cpu_type for number in range(whole.size)}


def least(files: Mapping[str, bytes]) -> int:
    whole = main_of(files)
    parts = [whole.at(number) for number in range(whole.size)]
    return min((one.version_min.version[0] for one in parts if one.has_version_min), default=99)


WITNESSES: dict[str, Callable[[Mapping[str, bytes]], bool]] = {
    "": lambda files: True,
    "armv7": lambda files: {CPU.ARM, CPU.ARM64} <= processors(files),
    "i386": lambda files: processors(files) == {CPU.X86},
    "ios-7": lambda files: least(files) == 7,
    "no-app": lambda files: not root_of(files),
    "no-info": lambda files: f"{root_of(files)}Info.plist" not in files,
}
"""Name → whether the reason that it stands for is true of an app with these contents."""


def build(app: Path, out: Path, world: World) -> tuple[str, str, dict[str, Any]]:
    """Build, thinned when pinfuse asks for it: outcome, option, what was said."""
    option: tuple[str, ...] = ()
    while True:
        done = pinfuse("build", app, "--pin", world.pins, *option, "-o", out, "--json")
        assert "Traceback" not in done.stderr, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        if done.exit_code == 0:
            assert said["proof"]["status"] == "proved", said["proof"]
            return "built", " ".join(option), said
        assert done.exit_code == UNSUPPORTED, (done.exit_code, said)
        assert not out.exists()
        if option or " ".join(THIN) not in said["error"]["todo"]:
            return "refused", " ".join(option), said["error"]
        option = THIN


def untold_changes(before: Path, after: Path, changes: list[dict[str, str]]) -> list[str]:
    """Entries whose whole local record is another one in the output, or gone, though nobody said so."""
    said = {change["entry"] for change in changes}
    with Archive(before) as old, Archive(after) as new:
        kept = [entry for name, entry in old.entries.items() if name not in said]
        gone = [entry.name for entry in kept if entry.name not in new.entries]
        same = (b"".join(old.record(one)) == b"".join(new.record(new.entries[one.name])) for one in kept if not gone)
        return gone + [entry.name for entry, equal in zip(kept, same, strict=False) if not equal]


def complaints(files: Mapping[str, bytes]) -> list[str]:
    """What lief has against the Mach-O files of an output: layout, signature, who loads Security past the stub."""
    said, root = [], root_of(files)
    for name, data in files.items():
        if not name.startswith(root) or data[:4] not in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
            continue
        whole = as_lief_reads(data)
        for image in (whole.at(number) for number in range(whole.size)):
            if image.header.cpu_type != CPU.ARM64 or image.header.cpu_subtype & 0xFFFFFF == 2:
                continue
            libraries = [one.name for one in image.libraries]
            if image.code_signature is None and ".dSYM/" not in name:
                said.append(f"{name}: no signature")
            if SECURITY in libraries and not name.endswith("/PFuse"):
                said.append(f"{name}: loads Security")
    return said


@pytest.mark.slow
@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: row.sha256)
def test_ends_as_it_must(
    expected: Expected, world: World, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    app = corpus("ios", expected.file)
    out = tmp_path / "out.ipa"
    try:
        outcome, option, said = build(app, out, world)
    except (AssertionError, ValueError):
        record_property(CORPUS_ROW, f"{expected.file:<68.68} neither built nor refused in words")
        raise
    reason = f"proved on {', '.join(said['proof']['abis'])}; lief" if outcome == "built" else said["what"]
    record_property(CORPUS_ROW, f"{expected.file:<68.68} {outcome:<7} {option:<12} {reason}")
    assert (outcome, option) == (expected.outcome, expected.option), said
    assert WITNESSES[expected.witness](contents(app)), f"{expected.witness} is not true of {app.name}"
    if outcome == "refused":
        assert expected.reason in reason
        return
    assert complaints(contents(out)) == []
    assert untold_changes(app, out, said["changes"]) == []
    verified = pinfuse("verify", out, "--pin", world.pins, "--json")
    assert verified.exit_code == 0, verified.stdout + verified.stderr


def test_the_table_speaks_of_every_app() -> None:
    folder = corpus("ios")
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in folder.iterdir()}
    assert {row.file: row.sha256 for row in EXPECTED} == found


@pytest.mark.slow
def test_what_differs_in_the_main_binary_of_a_real_app(world: World, tmp_path: Path) -> None:
    """BitBarSampleApp: every range of bytes that differs is printed, and each has its reason."""
    app = corpus("ios", "bitbar_test-samples__BitBarSampleApp.ipa")
    out = tmp_path / "out.ipa"
    done = pinfuse("build", app, "--pin", world.pins, "--no-proof", "-o", out)
    assert done.exit_code == 0, done.stderr
    name = "Payload/BitBarSampleApp.app/BitBarSampleApp"
    before, after = contents(app)[name], contents(out)[name]
    whole = as_lief_reads(before)
    image = whole.at(0)
    signature = image.code_signature.data_offset
    reasons = accounted(image)
    ranges = list(differing(before[:signature], after[:signature]))
    for start, end in ranges:
        print(f"{start:#9x} to {end:#9x}: {reason_for(reasons, start, end)}")
    print(f"{signature:#9x} to {len(after):#9x}: the signature, made anew")
    assert all(reason_for(reasons, start, end) for start, end in ranges)
    assert {reason_for(reasons, *one) for one in ranges} == {
        "the path of Security", "the versions asked of Security", "the size of the signature", "the size of __LINKEDIT"
    }  # fmt: skip
    assert sum(end - start for start, end in ranges) < 100


def accounted(image: Any) -> dict[str, range]:
    """Words → where in the file the bytes lie that may differ, as lief finds their commands."""
    security = next(one for one in image.libraries if one.name == SECURITY)
    linkedit, command = image.get_segment("__LINKEDIT"), image.code_signature
    at, size = security.command_offset, security.size
    return {
        "the versions asked of Security": range(at + 16, at + 24),
        "the path of Security": range(at + 24, at + size),
        "the size of the signature": range(command.command_offset + 12, command.command_offset + 16),
        "the size of __LINKEDIT": range(linkedit.command_offset + 32, linkedit.command_offset + 56),
    }


def reason_for(reasons: Mapping[str, range], start: int, end: int) -> str:
    return next((words for words, where in reasons.items() if start in where and end - 1 in where), "")


def differing(one: bytes, other: bytes) -> list[tuple[int, int]]:
    """Ranges of offsets in which two files differ; equal bytes between them may be up to three."""
    assert len(one) == len(other)
    found: list[tuple[int, int]] = []
    for page in range(0, len(one), 4096):
        if one[page : page + 4096] == other[page : page + 4096]:
            continue
        for at in range(page, min(page + 4096, len(one))):
            if one[at] != other[at]:
                if found and at - found[-1][1] < 4:
                    found[-1] = (found[-1][0], at + 1)
                else:
                    found.append((at, at + 1))
    return found
