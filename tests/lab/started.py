"""One process of an app, started by Android's own code: ActivityThread and what it calls, of any API level, on a JVM.

The classes are Robolectric's android-all; Robolectric is the sandbox that stands in for what is native. What it
stands in for on the way of a start is let run again (``system/Ours.java``): LoadedApk makes the class loader, the
factory and the application, ActivityThread installs the providers, and the trust managers are those of the network
security config, over Conscrypt's. TLS itself is conscrypt-openjdk's, under the name that Android gives it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from cryptography import x509

from tests.lab.device import JVM, Program, jars, run
from tests.lab.framework import LEVELS, compile_jar, framework, jar
from tests.lab.libraries import libraries
from tools.maven import ArtifactError

JAVA, LAB = Path(__file__).parent / "system", Path(__file__).parent / "java" / "lab"
OF_THE_LAB = ("Convert", "Native", "Systems")
EXPECTED = {35: "15-robolectric-13954326"}
"""Versions of android-all that Robolectric 4.16 looks for, where they are not those of the table: the same release."""
OPEN = ("java.base/java.lang", "java.base/java.net", "java.base/sun.security.ssl")


@functools.cache
def robolectric() -> tuple[Path, ...]:
    """The jars of Robolectric; skips the calling test without them."""
    try:
        found = libraries("robolectric")
    except ArtifactError as error:
        pytest.skip(f"Robolectric is not here: {error}")
    paths, out = [], Path(tempfile.mkdtemp(prefix="pinfuse-robolectric-"))
    for one in found:
        path = one.artifact.fetch()
        if path.suffix == ".aar":
            with zipfile.ZipFile(path) as archive:
                path = Path(archive.extract("classes.jar", out / one.name))
        paths.append(path)
    return tuple(paths)


@functools.cache
def system_classes() -> Path:
    """The lab's side of it, compiled."""
    out = Path(tempfile.mkdtemp(prefix="pinfuse-system-"))
    path = os.pathsep.join((*map(str, robolectric()), jars(), str(compile_jar())))
    sources = [*sorted(JAVA.rglob("*.java")), *(LAB / f"{name}.java" for name in OF_THE_LAB)]
    run("javac", "-nowarn", "-Xlint:-options", "-cp", path, "-d", out, *sources)
    return out


@functools.cache
def frameworks() -> Path:
    """A folder with the framework's jars under the names that Robolectric looks for."""
    out = Path(tempfile.mkdtemp(prefix="pinfuse-frameworks-"))
    for level in LEVELS:
        version = EXPECTED.get(level, jar(level).stem.removeprefix("android-all-"))
        (out / f"android-all-{version}.jar").symlink_to(jar(level))
    return out


def authorities(certificates: Iterable[Path], root: Path) -> Path:
    """The folder of the authorities that a system trusts, as ``ANDROID_ROOT`` holds it; ``root``."""
    folder = root / "etc" / "security" / "cacerts"
    folder.mkdir(parents=True)
    for path in certificates:
        subject = x509.load_pem_x509_certificate(path.read_bytes()).subject.public_bytes()
        name = int.from_bytes(hashlib.md5(subject, usedforsecurity=False).digest()[:4], "little")  # X509_NAME_hash_old
        (folder / f"{name:08x}.0").write_bytes(path.read_bytes())
    return root


class Started(Program):
    """The process ``process`` (``""``: the main one, ``:name``) of an installed app on a system of that API level."""

    def __init__(
        self,
        level: int,
        classes: Path,
        library: Path,
        apk: Path,
        certificate: Path,
        root: Path,
        data: Path,
        *,
        clients: str,
        process: str = "",
        settings: Sequence[str] = (),
    ) -> None:
        system = framework(level)
        data.mkdir(exist_ok=True)
        path = (system_classes(), *robolectric(), *jars().split(os.pathsep), compile_jar())
        command = [
            system.java, "-Xmx512m", *JVM[1:], *(f"--add-opens={one}=ALL-UNNAMED" for one in OPEN),
            "-Drobolectric.offline=true", f"-Drobolectric.dependency.dir={frameworks()}",
            "-Drobolectric.usePreinstrumentedJars=false", f"-Drobolectric.enabledSdks={level}",
            f"-Dlab.apk={apk}", f"-Dlab.classes={classes}/", f"-Dlab.libraries={library}",
            f"-Dlab.certificate={certificate}", f"-Dlab.process={process}", f"-Dlab.data={data}",
            f"-Dlab.files={data}", f"-Dlab.clients={clients}", *settings,
            "-cp", os.pathsep.join(map(str, path)), "system.Start",
        ]  # fmt: skip
        super().__init__(command, {"ANDROID_ROOT": str(root), "ANDROID_DATA": str(data)})

    def first(self, ports: dict[int, str]) -> dict[tuple[str, str, str], str]:
        """What the first sessions met, by step, client and server (``ports`` names it)."""
        rows = [text.split("|") for text in self.logged() if text.startswith("first|")]
        return {(step, client, ports[int(port)]): met for _, step, client, port, met in rows}

    def steps(self) -> list[str]:
        """What the app logged of its start and its activities, without the sessions."""
        return [text for text in self.logged() if not text.startswith("first|")]
