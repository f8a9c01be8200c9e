"""Build ``demo.apk`` from ``app/``: javac, dalvik-dx and aapt2, all pinned; the same bytes on every machine.

Needs a JDK 17 and Maven (for the pinned jars, once); nothing of an Android SDK. Run it as
``python examples/demo/build_app.py [OUT]``.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tools.maven import Artifact, ArtifactError  # noqa: E402

APP = HERE / "app"
PREBUILT = HERE / "demo.apk"
JDK = 17

ANDROID = Artifact(
    "org.robolectric:android-all:15-robolectric-12650502",
    "6c0670454f6fcee9f1b17aa393e81d71bf26e7e6ae7c5777ed3924b062191d5b",
)
DX = Artifact(
    "com.jakewharton.android.repackaged:dalvik-dx:16.0.1",
    "1e4b645628e3bdb097b5331d669e177ef235a551582a8c646dbe36865e541907",
)
AAPT2 = Artifact(
    "org.apktool:apktool-lib:2.12.1",
    "8e1e517ba30f579d4f6cf87c806c6b8535f93db6495471ecddf7a36080a21784",
)
LIBRARIES = (
    Artifact(
        "com.squareup.okhttp3:okhttp:3.12.13",
        "508234e024ef7e270ab1a6d5b356f5b98e786511239ca986d684fd1e2cf7bc82",
    ),
    Artifact(
        "com.squareup.okio:okio:1.15.0",
        "693fa319a7e8843300602b204023b7674f106ebcb577f2dd5807212b66118bd2",
    ),
)

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
LOCAL_HEADER_SIZE = 30  # APPNOTE.TXT 4.3.7, without name and extra field
ALIGNMENT = 4
ALIGNMENT_EXTRA_ID = 0xD935  # apksig, com.android.apksig.ApkSigner
ALIGNMENT_EXTRA_MIN = 6  # id, size, alignment: two bytes each
STORED = ("resources.arsc",)  # targetSdk 30 and later: stored and aligned


class BuildError(Exception):
    """A tool is missing or refused its input."""


def run(*command: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise BuildError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def require_jdk() -> None:
    """Other JDKs write other class files; say so before anything is fetched."""
    javac = shutil.which("javac")
    if javac is None:
        raise BuildError("javac is not installed (Debian: openjdk-17-jdk-headless)")
    said = subprocess.run([javac, "-version"], capture_output=True, text=True)
    version = re.search(r"javac (\d+)", said.stdout + said.stderr)
    if version is None or int(version[1]) != JDK:
        raise BuildError(f"JDK {JDK} is needed for the same bytes; this is {(said.stdout + said.stderr).strip()}")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise BuildError("the pinned aapt2 runs on Linux x86_64 only")


def aapt2_and_framework(work: Path) -> tuple[Path, Path]:
    """The aapt2 program and the framework's resources out of apktool's jar."""
    with zipfile.ZipFile(AAPT2.fetch()) as jar:
        program = Path(jar.extract("prebuilt/linux/aapt2_64", work))
        framework = Path(jar.extract("prebuilt/android-framework.jar", work))
    program.chmod(0o755)
    return program, framework


def link_resources(work: Path) -> Path:
    """Compile and link ``res/``; the linked archive's path. R.java is written to ``work/gen``."""
    aapt2, framework = aapt2_and_framework(work)
    compiled, linked = work / "res.zip", work / "linked.apk"
    run(aapt2, "compile", "--dir", "res", "-o", compiled, cwd=APP)
    run(
        aapt2, "link", "-I", framework, "--manifest", "AndroidManifest.xml",
        "--java", work / "gen", "-o", linked, compiled, cwd=APP,
    )  # fmt: skip
    return linked


def compile_java(work: Path) -> Path:
    """Compile the sources and R.java to class files for Java 8; their folder."""
    classes = work / "classes"
    jars = [ANDROID.fetch(), *(library.fetch() for library in LIBRARIES)]
    sources = sorted(path.relative_to(APP) for path in (APP / "java").rglob("*.java"))
    generated = sorted((work / "gen").rglob("*.java"))
    run(
        "javac", "--release", "8", "-Xlint:-options", "-g:source,lines", "-encoding", "UTF-8", "-proc:none",
        "-classpath", ":".join(map(str, jars)), "-d", classes, *sources, *generated, cwd=APP,
    )  # fmt: skip
    return classes


def dex(work: Path, classes: Path) -> Path:
    """Class files and libraries to one classes.dex."""
    out = work / "classes.dex"
    run(
        "java", "-Xmx512m", "-cp", DX.fetch(), "com.android.dx.command.Main", "--dex", "--min-sdk-version=21",
        f"--output={out}", classes, *(library.path for library in LIBRARIES),
    )  # fmt: skip
    return out


def library_resources() -> Iterator[tuple[str, bytes]]:
    """What the libraries carry besides classes, as the Android build puts it at the root of the APK."""
    for library in LIBRARIES:
        with zipfile.ZipFile(library.path) as jar:
            for name in sorted(jar.namelist()):
                if not name.endswith(("/", ".class")) and not name.startswith("META-INF/"):
                    yield name, jar.read(name)


def write_entry(out: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, ZIP_EPOCH)
    entry.create_system = 0
    entry.compress_type = zipfile.ZIP_STORED if name in STORED else zipfile.ZIP_DEFLATED
    if entry.compress_type == zipfile.ZIP_STORED and out.fp is not None:
        start = out.fp.tell() + LOCAL_HEADER_SIZE + len(name.encode()) + ALIGNMENT_EXTRA_MIN
        padding = -start % ALIGNMENT
        entry.extra = b"".join(
            value.to_bytes(2, "little") for value in (ALIGNMENT_EXTRA_ID, 2 + padding, ALIGNMENT)
        ) + bytes(padding)
    out.writestr(entry, data, compresslevel=9)


def build(out: Path) -> None:
    """Build the app into ``out``, unsigned; raises `BuildError` or `ArtifactError`."""
    require_jdk()
    with tempfile.TemporaryDirectory(prefix="pinfuse-demo-") as folder:
        work = Path(folder)
        linked = link_resources(work)
        code = dex(work, compile_java(work))
        with zipfile.ZipFile(linked) as source, zipfile.ZipFile(out, "w") as target:
            for name in sorted(source.namelist()):
                write_entry(target, name, source.read(name))
            write_entry(target, "classes.dex", code.read_bytes())
            for name, data in library_resources():
                write_entry(target, name, data)


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else PREBUILT
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        build(out)
    except (BuildError, ArtifactError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out}: {out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
