"""A built app on a JVM: its DEX files as classes, its stub as a host build with the well out of the app."""

from __future__ import annotations

import functools
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from pinfuse.stub.build.native import ANDROID, CORE, SOURCES, well_source
from pinfuse.stub.payload import load_payload
from tests.hoststub import FLAGS, compiler
from tests.lab.jars import DEX2JAR
from tools.maven import ArtifactError

JAVA = Path(__file__).parent / "java"
PACKAGE, APPLICATION = "org.example.pinfuse.demo", "org.example.pinfuse.demo.DemoApplication"
FACTORY, PROVIDER, NONE = "zqk.F", "zqk.P", "-"
TRUST_PASSWORD = "changeit"
ANSWER_SECONDS = 120
JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Settings of a JVM that lives for seconds."""


def run(*command: str | Path) -> None:
    """Run a tool; its own words when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"


@functools.cache
def lab_classes() -> Path:
    """The lab itself and its stand-ins for Android's classes; skips the calling test without a JDK or the jars."""
    if not (shutil.which("javac") and shutil.which("keytool")):
        pytest.skip("no JDK is here")
    out = Path(tempfile.mkdtemp(prefix="pinfuse-lab-"))
    run("javac", "-nowarn", "-Xlint:-options", "-cp", jars(), "-d", out, *sorted(JAVA.rglob("*.java")))
    return out


@functools.cache
def jars() -> str:
    """Class path of dex2jar."""
    try:
        return os.pathsep.join(str(jar.fetch()) for jar in DEX2JAR)
    except ArtifactError as error:
        pytest.skip(f"dex2jar is not here: {error}")


def to_classes(apks: Sequence[tuple[Path, Sequence[str]]], out: Path, beside: Sequence[Path] = ()) -> Path:
    """The named DEX files of each APK as one folder of class files; ``beside``: jars with classes that they use."""
    files = []
    for apk, names in apks:
        with zipfile.ZipFile(apk) as archive:
            for name in names:
                files.append(out / f"{apk.stem}-{name}")
                files[-1].parent.mkdir(parents=True, exist_ok=True)
                files[-1].write_bytes(archive.read(name))
    classes = out / "classes"
    path = os.pathsep.join((str(lab_classes()), jars(), *map(str, beside)))
    run("java", *JVM[1:], "-cp", path, "lab.Convert", classes, *files)
    return classes


def host_library(apk: Path, out: Path) -> Path:
    """The stub for this machine, with the well of the app's x86_64 stub; the folder that holds it."""
    return library_with(well_of(apk), out)


def well_of(apk: Path) -> bytes:
    """The well of the app's x86_64 stub."""
    with zipfile.ZipFile(apk) as archive:
        data = archive.read("lib/x86_64/libzqk.so")
    stub = load_payload().recognise("x86_64", len(data))
    return data[stub.well_offset : stub.well_offset + stub.well_size]


def library_with(content: bytes, out: Path) -> Path:
    """The stub for this machine with a well of this content; the folder that holds it."""
    out.mkdir(parents=True)
    well = out / "well.c"
    well.write_text(well_source(content))
    objects = sorted(stub_objects(len(content)).glob("*.o"))
    run(compiler(), *stub_flags(len(content)), well, *objects, "-o", out / "libzqk.so")
    return out


def stub_flags(well_size: int) -> tuple[str, ...]:
    """Flags of the compiler for the stub of this machine, with a well of that size."""
    return *FLAGS, f"-DZQ_WELL_SIZE={well_size}", "-fvisibility=hidden"


@functools.cache
def stub_objects(well_size: int) -> Path:
    """All of that stub but its well, compiled once; the folder with the object files."""
    out = Path(tempfile.mkdtemp(prefix="pinfuse-stub-"))
    for folder, names in (("core", [name for name in CORE if name != "runtime"]), ("android", ANDROID)):
        for name in names:
            source = SOURCES / folder / f"{name}.c"
            flags = [flag for flag in stub_flags(well_size) if flag != "-shared"]
            run(compiler(), *flags, "-c", source, "-o", out / f"{folder}-{name}.o")
    return out


def trust_store(certificates: Sequence[Path], out: Path) -> Path:
    """A key store that trusts these authorities, as the JVM's default."""
    for number, certificate in enumerate(certificates):
        words = ("-noprompt", "-alias", f"ca{number}", "-file", certificate, "-storepass", TRUST_PASSWORD)
        run("keytool", "-importcert", *words, "-keystore", out, "-storetype", "PKCS12")
    return out


def trust_settings(store: Path) -> tuple[str, str]:
    """Settings of a JVM that trusts what is in the key store, where nothing else is asked."""
    return f"-Djavax.net.ssl.trustStore={store}", f"-Djavax.net.ssl.trustStorePassword={TRUST_PASSWORD}"


@dataclass(frozen=True)
class Result:
    """What one client met at one server."""

    client: str
    said: str


class Program:
    """A JVM that takes commands on stdin and answers in lines of two columns; a context manager that ends it."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        words, pipe = [str(word) for word in command], subprocess.PIPE
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the program)
        self._process = subprocess.Popen(
            words, stdin=pipe, stdout=pipe, stderr=self._errors, text=True, env={**os.environ, **(environment or {})}
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self.said: list[tuple[str, str]] = []
        self.first_provider = self._until("ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")

    def _until(self, end: str) -> str:
        while True:
            what, _, text = self._lines.get(timeout=ANSWER_SECONDS).partition("\t")
            if not what:
                self._errors.seek(0)
                raise AssertionError(f"the JVM ended: {self._errors.read()[-3000:]}")
            if what == end:
                return text
            self.said.append((what, text))

    def tell(self, command: str) -> str:
        """Give a command and wait for its end; the name of the first provider then."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._until("done")

    def names(self) -> list[tuple[str, str]]:
        """The clients of the lab's own app: name, and the artifact that does it (empty: the platform)."""
        before = len(self.said)
        self.tell("names")
        rows = [text.split("\t") for what, text in self.said[before:] if what == "name"]
        return [(name, library) for name, library in rows]

    def meet(self, client: int, host: str, port: int) -> tuple[str, str]:
        """One client of the lab's own app speaks to a server: what it met, and the layers that were asked."""
        before = len(self.said)
        self.tell(f"visit {client} {host} {port}")
        met, layers = next(text for what, text in self.said[before:] if what == "met").split("\t")
        return met, layers

    def logged(self) -> list[str]:
        """What the lab's own app logged so far."""
        return [text for what, text in self.said if what == "log"]

    def dialogs(self) -> list[str]:
        """Every dialog so far."""
        return [text for what, text in self.said if what == "dialog"]


class Device(Program):
    """The app started by the lab itself, on stand-ins for Android's classes."""

    def __init__(
        self,
        classes: Path,
        library: Path,
        apk: Path,
        certificate: Path,
        trust: Path,
        *,
        beside: Sequence[Path] = (),
        package: str = PACKAGE,
        application: str = APPLICATION,
        factory: str = FACTORY,
        provider: str = PROVIDER,
        settings: Sequence[str] = (),
    ) -> None:
        own = os.pathsep.join((str(lab_classes()), jars()))
        path = os.pathsep.join(map(str, (classes, apk, *beside)))
        command = [
            "java", *JVM, f"-Djava.library.path={library}", *trust_settings(trust), *settings, "-cp", own, "lab.Lab",
            path, package, apk, certificate, application, factory, provider,
        ]  # fmt: skip
        super().__init__(command)

    def visit(self, port: int) -> list[Result]:
        """Every client of the app speaks to ``localhost`` at ``port``."""
        before = len(self.said)
        self.tell(f"localhost:{port}")
        rows = [text for what, text in self.said[before:] if what == "client"]
        return [Result(*row.split(": ", 1)) for row in rows]
