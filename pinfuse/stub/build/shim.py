"""Compiling the shim: javac for Java 8 against the Android classes, then dalvik-dx; the same bytes in every folder."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pinfuse.errors import OutsideError
from pinfuse.stub.build.native import SOURCES, run
from tools.maven import Artifact, ArtifactError

JDK = 17
ANDROID = Artifact(
    "org.robolectric:android-all:15-robolectric-12650502",
    "6c0670454f6fcee9f1b17aa393e81d71bf26e7e6ae7c5777ed3924b062191d5b",
)
DX = Artifact(
    "com.jakewharton.android.repackaged:dalvik-dx:16.0.1",
    "1e4b645628e3bdb097b5331d669e177ef235a551582a8c646dbe36865e541907",
)
SHIM = SOURCES / "shim"
PROVIDERS = range(1, 16)
RENAMED = (b"getInstancx", b"getInstance")
"""What javac refuses to hide is compiled under another name of the same length."""
COMPILE = ("javac", "--release", "8", "-Xlint:-options", "-g:none", "-encoding", "UTF-8", "-proc:none")
TO_DEX = ("java", "-Xmx512m", "-cp")
DEX_OPTIONS = ("--dex", "--core-library", "--min-sdk-version=21")


def compile_shim(folder: Path) -> Path:
    """The class files, under ``folder/classes``; raises `OutsideError` when a tool is absent or fails."""
    _require_jdk()
    generated = folder / "generated"
    generated.mkdir()
    for number in PROVIDERS:
        (generated / f"P{number}.java").write_text(f"package zqk;\n\npublic final class P{number} extends P {{}}\n")
    sources = sorted(SHIM.rglob("*.java")) + sorted(generated.glob("*.java"))
    classes = folder / "classes"
    run((*COMPILE, "-classpath", _fetch(ANDROID), "-d", classes, *sources), folder)
    for file in sorted(classes.rglob("TrustManagerFactorx.class")):
        file.write_bytes(file.read_bytes().replace(*RENAMED))
    return classes


def build_shim() -> tuple[bytes, Mapping[str, bytes]]:
    """The DEX file, and the class files that it was made from by their names."""
    with tempfile.TemporaryDirectory(prefix="pinfuse-shim-") as name:
        folder = Path(name)
        classes = compile_shim(folder)
        out = folder / "shim.dex"
        run((*TO_DEX, _fetch(DX), "com.android.dx.command.Main", *DEX_OPTIONS, f"--output={out}", "."), classes)
        found = {path.relative_to(classes).as_posix(): path.read_bytes() for path in sorted(classes.rglob("*.class"))}
        return out.read_bytes(), found


def _fetch(artifact: Artifact) -> Path:
    try:
        return artifact.fetch()
    except ArtifactError as error:
        raise OutsideError(str(error)) from error


def _require_jdk() -> None:
    """Other JDKs write other class files."""
    try:
        done = subprocess.run(
            ["javac", "-version"], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
        )
    except FileNotFoundError as error:
        raise OutsideError("javac is not installed", todo="apt-get install openjdk-17-jdk-headless") from error
    version = re.search(r"javac (\d+)", done.stdout + done.stderr)
    if version is None or int(version[1]) != JDK:
        raise OutsideError(f"JDK {JDK} is needed for the same bytes; this is {(done.stdout + done.stderr).strip()}")
