"""ART's boot class path: classes of our own, a libcore, and those classes of Android that the apps at hand name.

What was turned into DEX stays under ``.cache/art``, by what went into it.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import struct
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pinfuse.stub.build.shim import DX
from tests.art.classfile import declare, names
from tools.maven import Artifact

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "art"
ANDROID = Artifact(
    "org.robolectric:android-all:11-robolectric-6757853",
    "62f577ca49f62f0da5d6a2a839d80ef377054b9ccd14811035593bf351295b31",
)
LIBCORE = Artifact(
    "com.mobidevelop.robovm:robovm-rt:2.3.21",
    "ff99c6f11b733792ad0833f3edd8412db1c032952e68b5d29ddb6fb794fc7404",
)
CORE = ("java/", "dalvik/", "libcore/", "org/apache/harmony/")
"""What is taken of android-all for the core; the rest as an app names it."""
NOT_TAKEN = ("org/robovm/", "com/android/org/conscrypt/", "SQLite/")
JAVAC = ("javac", "-nowarn", "-source", "8", "-target", "8", "-Xlint:none", "-proc:none", "-g:none")
TO_DEX = ("java", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp")
DEX = ("com.android.dx.command.Main", "--dex", "--core-library", "--no-optimize", "--min-sdk-version=26", "--multi-dex")
"""dx keeps its registers as they come: half the time, and only the boot class path is made so."""

Classes = Mapping[str, bytes]
"""Class files by their paths."""


def dex_files(app: Path, folder: Path) -> list[Path]:
    """The DEX files of an app that the system loads, written into ``folder``."""
    with zipfile.ZipFile(app) as archive:
        found = [name for name in archive.namelist() if re.fullmatch(r"classes\d*\.dex", name)]
        return [Path(archive.extract(name, folder)) for name in found]


def boot_class_path(dex: Iterable[Path], more: Classes | None = None) -> list[Path]:
    """JARs for ``-Xbootclasspath``, for apps with these DEX files; ``more`` behind the core. Raises `ArtifactError`."""
    own, rest = core()
    with zipfile.ZipFile(ANDROID.fetch()) as archive:
        have, more = own.keys() | rest.keys(), more or {}
        first = {f"{one}.class" for path in dex for one in types(path.read_bytes())}
        first |= {_file(one) for code in more.values() for one in names(code)[1]}
        framework = _read(archive, _closure(archive, first, have | more.keys()).__contains__)
    return [to_dex(classes) for classes in (own, rest, more, framework) if classes]


def core() -> tuple[Classes, Classes]:
    """The classes by hand, and the libcore behind them. Raises `ArtifactError`."""
    android, libcore = ANDROID.fetch(), LIBCORE.fetch()
    with zipfile.ZipFile(android) as archive, zipfile.ZipFile(libcore) as older:
        rest = _read(older, lambda name: not name.startswith(NOT_TAKEN))
        rest |= _read(archive, lambda name: name.startswith(CORE))
    return _own(rest), rest


def _read(archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    return {name: archive.read(name) for name in archive.namelist() if name.endswith(".class") and wanted(name)}


def _own(rest: Classes) -> Classes:
    """The classes by hand, and those of the rest that are given members which ART asks for."""
    own = dict(compiled(sorted((HERE / "core").rglob("*.java")), rest))
    for line in (HERE / "declarations.tsv").read_text().splitlines():
        owner, member, descriptor, kind, static = line.split("\t")
        path = f"{owner}.class"
        before = own.get(path) or rest[path]
        own[path] = declare(before, member, descriptor, field=kind == "field", static=static == "1")
    return own


def compiled(sources: Iterable[Path], against: Classes | None = None) -> Classes:
    """Java sources as class files for Java 8, against these classes instead of the JDK's where some are given."""
    with tempfile.TemporaryDirectory(prefix="pinfuse-art-") as name:
        place, out = Path(name, "against"), Path(name, "out")
        out.mkdir()
        for path, data in (against or {}).items():
            file = place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        instead = ["-bootclasspath", str(place)] if against else []
        run([*JAVAC, *instead, "-d", str(out), *map(str, sources)])
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*.class"))}


def _closure(archive: zipfile.ZipFile, first: set[str], have: set[str]) -> set[str]:
    """The files of ``first`` that are in the archive, the classes that they name, and everything that those extend."""
    there, found, waiting = set(archive.namelist()), set[str](), list(first)
    while waiting:
        name = waiting.pop()
        if name in found or name in have or name not in there:
            continue
        found.add(name)
        parents, named = names(archive.read(name))
        texts = [*parents, *(named if name in first else ())]
        waiting += map(_file, texts)
    return found


def _file(name: str) -> str:
    """Path of the class file for a class constant, which may be an array."""
    return f"{name.lstrip('[').removeprefix('L').rstrip(';')}.class"


def types(dex: bytes) -> Iterator[str]:
    """Every class that a DEX file names (Dalvik executable format, ``type_id_item``)."""
    strings, (count, at) = struct.unpack_from("<I", dex, 0x3C)[0], struct.unpack_from("<II", dex, 0x40)
    for number in range(count):
        (index,) = struct.unpack_from("<I", dex, at + 4 * number)
        (start,) = struct.unpack_from("<I", dex, strings + 4 * index)
        while dex[start] & 0x80:
            start += 1
        text = dex[start + 1 : dex.index(b"\0", start + 1)].decode("utf-8", "replace").lstrip("[")
        if text.startswith("L"):
            yield text[1:-1]


def to_dex(classes: Classes) -> Path:
    """The classes as DEX files in a JAR; made once, also where two processes want it at the same time."""
    dx = DX.fetch()
    digest = hashlib.sha256(" ".join((DX.sha256, *TO_DEX, *DEX)).encode())
    for name, data in sorted(classes.items()):
        digest.update(f"{name} {len(data)} ".encode() + data)
    out = CACHE / f"{digest.hexdigest()[:32]}.jar"
    CACHE.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".lock").open("w") as lock, tempfile.TemporaryDirectory(dir=CACHE) as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.is_file():
            jar, made = Path(folder, "classes.jar"), Path(folder, "dex.jar")
            with zipfile.ZipFile(jar, "w") as archive:
                for name, data in sorted(classes.items()):
                    archive.writestr(name, data)
            run([*TO_DEX, str(dx), *DEX, f"--output={made}", str(jar)])
            made.rename(out)
    return out


def run(command: list[str]) -> None:
    """Run a tool; its own words when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}"
