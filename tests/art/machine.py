"""Debian's ART 11 out of its library, and what its class linker and verifier say of the classes of some apps."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.art.bootpath import run

HERE = Path(__file__).resolve().parent
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/android")
ART = LIBRARIES / "libart.so.0"
HELPERS = ("sigchain", "base", "log", "ziparchive", "nativebridge", "nativeloader", "backtrace")
"""``libart.so`` names none of them, so they are loaded before it; Debian's zlib and lz4 as well."""
SYSTEM = ("libz.so.1", "liblz4.so.1")
SOURCES = tuple(str(HERE / f"{name}.c") for name in ("natives", "verify", "load"))
NATIVES = ("icu_jni", "javacore", "openjdk")
ROOTS = ("ANDROID_ROOT", "ANDROID_DATA", "ANDROID_ART_ROOT", "ANDROID_I18N_ROOT", "ANDROID_TZDATA_ROOT")
OPTIONS = (
    "-Ximage:/nonexistent/boot.art", "-Xint", "-Xms1g", "-Xmx1g", "-XX:HeapMinFree=512m", "-XX:HeapMaxFree=1g",
    "-XX:LargeObjectSpace=disabled",
)  # fmt: skip
"""With so much of the heap free the collector has less reason to start beside us: see `TRIES`."""
ABORTED, TRIES = "Runtime aborting...", 3
"""ART ended itself in 2 of 360 boots (``Transitioning to runnable with checkpoint flag``);."""
COMPILER = "clang-14"
PROGRAMS = (COMPILER, "javac", "java")
SECONDS = 600
VERIFIED, DOUBTED, REJECTED, UNLINKED = "verified", "doubted", "rejected", "unlinked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one class.

    ``verified``: without any doubt. ``doubted``: taken, but a name in it could not be resolved, so that ART looks again
    while it runs. ``rejected``: a VerifyError. ``unlinked``: it could not be made, as where a class that it extends is
    not here. ``failed``: something else. ``detail``: ART's words.
    """

    verdict: str
    detail: str


Outcomes = Mapping[str, Outcome]
"""By the name of the class."""


def absent() -> str:
    """Why ART cannot be started here; empty where it can."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return f"Debian's ART runs on Linux x86_64 only; this is {platform.system()} {platform.machine()}"
    if not ART.is_file():
        return "ART is not here (Debian 12: android-libart)"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"not here: {', '.join(missing)}" if missing else ""


def build(folder: Path) -> None:
    """The launcher and the few natives of libcore, in ``folder``."""
    javac = shutil.which("javac")
    assert javac is not None
    include = Path(javac).resolve().parents[1] / "include"
    flags = [f"-I{include}", f"-I{include}/linux"]
    run([COMPILER, *flags, str(HERE / "launcher.c"), "-o", str(folder / "launcher"), "-ldl"])
    first = folder / f"lib{NATIVES[0]}.so"
    run([COMPILER, "-shared", "-fPIC", *flags, *SOURCES, "-o", str(first), "-ldl", "-lm"])
    for name in NATIVES[1:]:
        shutil.copyfile(first, folder / f"lib{name}.so")
    (folder / "root" / "etc").mkdir(parents=True)


def ask(folder: Path, boot: Sequence[Path], apps: Mapping[str, Sequence[Path]]) -> dict[str, Outcomes]:
    """Boot ART once, and let it load every class of each app (a name, and its DEX files); `build` comes before."""
    words = ";".join(f"{name}={','.join(map(str, files))}" for name, files in apps.items())
    said, found = start(folder, boot, words), dict[str, dict[str, Outcome]]()
    done = {line.split("\t")[1] for line in said if line.startswith("DONE\t")}
    assert done == set(apps), "ART did not come to an end:\n" + "\n".join(said)[-3000:]
    for line in said:
        if line.startswith("CLASS\t"):
            _, app, name, verdict, detail = line.split("\t")
            found.setdefault(app, {})[name] = Outcome(verdict, detail)
    return {name: found.get(name, {}) for name in apps}


def start(folder: Path, boot: Sequence[Path], words: str, probe: str = "Probe") -> list[str]:
    """What ART and the method ``run`` of a class say, line by line; a boot in which ART ends itself is done again."""
    root = str(folder / "root")
    environment = {
        "PATH": os.environ["PATH"],
        **{name: root for name in ROOTS},
        "LD_LIBRARY_PATH": f"{folder}:{LIBRARIES}",
        "LD_PRELOAD": " ".join([*(str(LIBRARIES / f"lib{name}.so.0") for name in HELPERS), *SYSTEM]),
        "PROBE": words,
        "PROBE_CLASS": probe,
    }
    command = [str(folder / "launcher"), str(ART), "-Xbootclasspath:" + ":".join(map(str, boot)), *OPTIONS]
    said: list[str] = []
    for _ in range(TRIES):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=SECONDS, cwd=folder
        )
        said = (done.stdout + done.stderr).splitlines()
        if ABORTED not in said:
            break
    return said
