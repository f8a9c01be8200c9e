"""Android's own package parsers on a JVM, one API level at a time.

The Java half is Robolectric's android-all; what reads binary XML and resource tables beneath it is libandroidfw itself,
Android 10's as Debian builds it, tied to the natives of every level by ``framework/*.cpp``.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.device import run
from tests.lab.framework import compile_jar, framework

SOURCES = Path(__file__).parent / "framework"
HEADERS = Path("/usr/include/android")
PARSE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Refused:
    """The parser's own words."""

    why: str


Parsed = dict[str, str] | Refused
"""Everything the parser made of an APK, by where it hangs; or that it made nothing."""


def parse(level: int, apks: Sequence[Path]) -> list[Parsed]:
    """What that level's parser makes of each APK, in one JVM; skips the calling test where something is not here."""
    android = framework(level)
    words: tuple[str | Path, ...] = ("Manifest", str(level), natives(), android.jar, *(apk.resolve() for apk in apks))
    done = subprocess.run(
        android.command(*words, path=[programs()]), capture_output=True, text=True, timeout=PARSE_SECONDS
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[Parsed] = []
    for line in done.stdout.splitlines():
        where, _, value = line.partition("\t")
        if where == "apk":
            found.append({})
        elif where == "refused":
            found[-1] = Refused(value)
        else:
            known = found[-1]
            assert isinstance(known, dict)
            known[where] = value
    assert len(found) == len(apks)
    return found


@functools.cache
def programs() -> Path:
    """The class files of ``framework/``."""
    if not shutil.which("javac"):
        pytest.skip("no JDK is here")
    out = Path(tempfile.mkdtemp(prefix="pinfuse-framework-"))
    options = ("-nowarn", "--release", "8", "-Xlint:-options")
    run("javac", *options, "-cp", compile_jar(), "-d", out, *sorted(SOURCES.glob("*.java")))
    return out


@functools.cache
def natives() -> Path:
    """The library with the natives of ``android.content.res``."""
    libraries = sorted(Path("/usr/lib").glob("*/android/libandroidfw.so"))
    if not libraries or not (HEADERS / "androidfw").is_dir():
        pytest.skip("libandroidfw is not here (Debian: android-libandroidfw-dev)")
    compiler = next(filter(shutil.which, ("clang++-14", "clang++", "g++")), None)
    if compiler is None:
        pytest.skip("no C++ compiler is here")
    folder, out = libraries[0].parent, Path(tempfile.mkdtemp(prefix="pinfuse-androidfw-")) / "libresources.so"
    include = Path(shutil.which("javac") or "").resolve().parents[1] / "include"
    run(
        compiler, "-std=c++17", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra",
        f"-I{include}", f"-I{include / 'linux'}", "-isystem", HEADERS, *sorted(SOURCES.glob("*.cpp")),
        f"-L{folder}", "-landroidfw", f"-Wl,-rpath,{folder}", "-o", out,
    )  # fmt: skip
    return out
