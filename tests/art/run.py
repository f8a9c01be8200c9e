"""``python tests/art/run.py APP.apk [BUILT.apk]``: what ART's own class linker and verifier say of an app's DEX files.

By hand, on Linux with Debian's ``android-libart`` (ART 11), JDK 17, gcc and Maven; ``docs/art.md`` has the story. For
each app it prints how many classes were verified and initialised, rejected, or ended in what is missing here; with two
apps also which rejections are only in one of them. Exit 1 when the second has one more.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from pinfuse.stub.build.shim import DX  # noqa: E402
from tests.art.classfile import declare, names  # noqa: E402
from tools.maven import Artifact  # noqa: E402

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/android")
HELPERS = ("sigchain", "base", "log", "ziparchive", "nativebridge", "nativeloader", "backtrace")
NATIVES = ("icu_jni", "javacore", "openjdk")
ROOTS = ("ANDROID_ROOT", "ANDROID_DATA", "ANDROID_ART_ROOT", "ANDROID_I18N_ROOT", "ANDROID_TZDATA_ROOT")
ANDROID = Artifact(
    "org.robolectric:android-all:11-robolectric-6757853",
    "62f577ca49f62f0da5d6a2a839d80ef377054b9ccd14811035593bf351295b31",
)
LIBCORE = Artifact(
    "com.mobidevelop.robovm:robovm-rt:2.3.21",
    "ff99c6f11b733792ad0833f3edd8412db1c032952e68b5d29ddb6fb794fc7404",
)
CORE = ("java/", "dalvik/", "libcore/", "org/apache/harmony/")
"""What is taken of android-all for the core; the rest as the app names it."""
NOT_TAKEN = ("org/robovm/", "com/android/org/conscrypt/", "SQLite/")
JAVAC = ("javac", "-nowarn", "-source", "8", "-target", "8", "-Xlint:none", "-proc:none", "-g:none")


def main() -> int:
    """Boot ART for each app and compare; the exit code."""
    if not 2 <= len(sys.argv) <= 3:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory(prefix="pinfuse-art-") as name:
        folder = Path(name)
        apps = [list(dex_files(Path(app), folder / str(number))) for number, app in enumerate(sys.argv[1:])]
        boot = boot_class_path(folder, [path for paths in apps for path in paths])
        results = [ask(folder, boot, paths) for paths in apps]
    rejected = []
    for app, said in zip(sys.argv[1:], results, strict=True):
        print(f"{Path(app).name}: {next((line for line in said if line.startswith('RESULT')), 'ART ended early')}")
        rejected.append({line.split()[1] for line in said if line.startswith("VERIFY")})
    for one in sorted(rejected[0] ^ rejected[-1]):
        print(f"rejected in {'the first' if one in rejected[0] else 'the second'} only: {one}")
    return int(bool(rejected[-1] - rejected[0]))


def dex_files(app: Path, folder: Path) -> Iterator[Path]:
    """The DEX files of an app, written into ``folder``."""
    with zipfile.ZipFile(app) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"classes\d*\.dex", name):
                yield Path(archive.extract(name, folder))


def boot_class_path(folder: Path, dex: Iterable[Path]) -> list[Path]:
    """Our own classes, the rest of the core, and those classes of android-all that the DEX files name."""
    rest, own, framework = (folder / name for name in ("rest", "own", "framework"))
    android, libcore = ANDROID.fetch(), LIBCORE.fetch()
    with zipfile.ZipFile(libcore) as archive:
        _extract(archive, rest, lambda name: not name.startswith(NOT_TAKEN))
    with zipfile.ZipFile(android) as archive:
        _extract(archive, rest, lambda name: name.startswith(CORE))
        own.mkdir()
        _run([*JAVAC, "-bootclasspath", str(rest), "-d", str(own), *map(str, (HERE / "core").rglob("*.java"))])
        for line in (HERE / "declarations.tsv").read_text().splitlines():
            name, member, descriptor, kind, static = line.split("\t")
            path = own / f"{name}.class"
            source = path if path.exists() else rest / f"{name}.class"
            changed = declare(
                source.read_bytes(), member, descriptor, field=kind == "field", static=static == "1"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(changed)
        have = {path.relative_to(place).as_posix() for place in (rest, own) for path in place.rglob("*.class")}
        wanted = _closure(archive, {f"{one}.class" for path in dex for one in _types(path.read_bytes())}, have)
        _extract(archive, framework, wanted.__contains__)
    return [_to_dex(place) for place in (own, rest, framework) if place.exists()]


def _extract(archive: zipfile.ZipFile, folder: Path, wanted: object) -> None:
    assert callable(wanted)
    archive.extractall(folder, [name for name in archive.namelist() if name.endswith(".class") and wanted(name)])


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
        waiting += (f"{one.lstrip('[').removeprefix('L').rstrip(';')}.class" for one in texts)
    return found


def _types(dex: bytes) -> Iterator[str]:
    """Every class that a DEX file names (Dalvik executable format, ``type_id_item``)."""
    strings, (count, types) = struct.unpack_from("<I", dex, 0x3C)[0], struct.unpack_from("<II", dex, 0x40)
    for number in range(count):
        (index,) = struct.unpack_from("<I", dex, types + 4 * number)
        (at,) = struct.unpack_from("<I", dex, strings + 4 * index)
        while dex[at] & 0x80:
            at += 1
        text = dex[at + 1 : dex.index(b"\0", at + 1)].decode("utf-8", "replace").lstrip("[")
        if text.startswith("L"):
            yield text[1:-1]


def _to_dex(folder: Path) -> Path:
    out = folder.with_suffix(".jar")
    words = ["--dex", "--core-library", "--min-sdk-version=26", "--multi-dex", f"--output={out}", "."]
    _run(["java", "-Xmx3g", "-cp", str(DX.fetch()), "com.android.dx.command.Main", *words], folder)
    return out


def ask(folder: Path, boot: list[Path], dex: list[Path]) -> list[str]:
    """Boot ART with this class path and let it load every class of the DEX files; the lines that it says."""
    javac = shutil.which("javac")
    assert javac is not None
    jdk = Path(javac).resolve().parents[1] / "include"
    include, launcher = [f"-I{jdk}", f"-I{jdk}/linux"], folder / "launcher"
    if not launcher.exists():
        _run(["gcc", *include, str(HERE / "launcher.c"), "-o", str(launcher), "-ldl"])
        for name in NATIVES:
            _run(["gcc", "-shared", "-fPIC", *include, str(HERE / "natives.c"), "-o", str(folder / f"lib{name}.so")])
    empty = folder / "root"
    (empty / "etc").mkdir(parents=True, exist_ok=True)
    helpers = [str(LIBRARIES / f"lib{name}.so.0") for name in HELPERS]
    environment = {
        "PATH": os.environ["PATH"],
        **{name: str(empty) for name in ROOTS},
        "LD_LIBRARY_PATH": f"{folder}:{LIBRARIES}",
        "PROBE": ",".join(map(str, dex)),
        "LD_PRELOAD": " ".join([*helpers, "libz.so.1", "liblz4.so.1"]),
    }
    options = ["-Xbootclasspath:" + ":".join(map(str, boot)), "-Ximage:/nonexistent/boot.art", "-Xint"]
    command = [str(launcher), str(LIBRARIES / "libart.so.0"), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=600)
    return (done.stdout + done.stderr).splitlines()


def _run(command: list[str], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
