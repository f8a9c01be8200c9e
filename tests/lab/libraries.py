"""What the lab takes from Maven Central, pinned in ``libraries.tsv``; test time only.

A variant is a set of libraries that fits into one app. ``dex``: turned into DEX, and so through ``pinfuse build``: all
that name the classes which get facades. ``jar``: put beside them as it is, because it names neither. Rows of the form
``framework`` are Android's own classes, one API level each (``framework.py``).
"""

from __future__ import annotations

import csv
import functools
import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pinfuse.android.dex.rename import FACADES
from tests.lab.device import run
from tools.maven import Artifact, fetch_all

TABLE = Path(__file__).with_name("libraries.tsv")
VARIANTS = ("okhttp3", "okhttp4", "okhttp5", "others")
CONSCRYPT = "conscrypt-openjdk-uber"
CONSCRYPT_NATIVE = "META-INF/native/libconscrypt_openjdk_jni-linux-x86_64.so"
BOOT = Path(__file__).with_name("boot")
NOT_OURS = (".dll", ".jnilib", "windows-x86_64.dll", "aarch_64.so")
"""Endings of native libraries for other machines than this one."""


@dataclass(frozen=True, slots=True)
class Library:
    """One row of the table."""

    variant: str
    form: str
    artifact: Artifact

    @property
    def name(self) -> str:
        return self.artifact.parts[1]

    @property
    def version(self) -> str:
        return self.artifact.parts[2]

    def archive(self) -> zipfile.ZipFile:
        """The archive with the class files; that of an AAR lies inside it. Raises `ArtifactError`."""
        path = self.artifact.fetch()
        if path.suffix != ".aar":
            return zipfile.ZipFile(path)
        with zipfile.ZipFile(path) as outer:
            return zipfile.ZipFile(io.BytesIO(outer.read("classes.jar")))

    def classes(self) -> Iterator[tuple[str, bytes]]:
        """Class files for Java 8, by name; those for later versions of Java are left where they are."""
        with self.archive() as archive:
            for name in archive.namelist():
                if name.endswith(".class") and not name.startswith("META-INF/") and name != "module-info.class":
                    yield name, archive.read(name)

    def resources(self) -> Iterator[tuple[str, bytes]]:
        """What it carries besides, without signatures, Maven's records and libraries for other systems."""
        with self.archive() as archive:
            for name in sorted(archive.namelist()):
                kept = not name.startswith("META-INF/") or name.startswith(("META-INF/services/", "META-INF/native/"))
                if kept and not name.endswith(("/", ".class", *NOT_OURS)):
                    yield name, archive.read(name)


def rows(form: str | None = None) -> list[dict[str, str]]:
    """The rows of the table, or those of one form."""
    with TABLE.open(newline="") as file:
        return [row for row in csv.DictReader(file, delimiter="\t") if form in (None, row["form"])]


def libraries(variant: str) -> list[Library]:
    """The libraries of one variant, all fetched; raises `ArtifactError`."""
    chosen = [row for row in rows() if row["variant"] == variant]
    found = [Library(variant, row["form"], Artifact(row["coordinates"], row["sha256"])) for row in chosen]
    fetch_all([one.artifact for one in found])
    return found


def conscrypt() -> Library:
    """Conscrypt, which also plays the platform's provider and that of Play services."""
    return next(one for one in libraries(VARIANTS[0]) if one.name == CONSCRYPT)


@functools.cache
def platform_conscrypt() -> tuple[str, ...]:
    """Settings of a JVM on whose boot class path Conscrypt is, as on Android; and where its jar lies."""
    library, folder = conscrypt(), Path(tempfile.mkdtemp(prefix="pinfuse-conscrypt-"))
    jar = library.artifact.fetch()
    with library.archive() as archive:
        native = archive.extract(CONSCRYPT_NATIVE, folder)
    run(
        "javac", "--release", "8", "-nowarn", "-Xlint:-options", "-cp", jar, "-d", folder, *sorted(BOOT.rglob("*.java"))
    )
    return (
        "-Dlab.platform=conscrypt",
        f"-Xbootclasspath/a:{folder}{os.pathsep}{jar}",
        f"-Dlab.conscrypt={jar}",
        f"-Dlab.conscrypt.library={native}",
        "--add-opens=java.base/java.net=ALL-UNNAMED",  # for Conscrypt's own reflection, when it is told an address
    )


def names_a_facade(code: bytes) -> bool:
    """True when a class file holds the name of a class that gets a facade, in any form but a Java package's prefix."""
    forms = [form for facade in FACADES for form in (facade.real.encode(), facade.real.replace("/", ".").encode())]
    return any(_whole(code, form) for form in forms)


def _whole(code: bytes, form: bytes) -> bool:
    at = code.find(form)
    while at >= 0:
        after = code[at + len(form) : at + len(form) + 1]
        if not (after.isalnum() or after in (b"$", b"_")):
            return True
        at = code.find(form, at + 1)
    return False
