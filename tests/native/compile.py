"""Small libraries and programs compiled for these tests; what is missing skips the calling test."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hoststub import compiler

TRIPLES = {
    "arm64-v8a": "aarch64-linux-android21",
    "armeabi-v7a": "armv7-linux-androideabi21",
    "x86": "i686-linux-android21",
    "x86_64": "x86_64-linux-android21",
}


def tool(name: str) -> str:
    """A program of the system; skips the calling test without it."""
    if path := shutil.which(name):
        return path
    pytest.skip(f"{name} is not here")


def run(*command: object, **how: object) -> str:
    """Run a tool; its own words when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **how)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return str(done.stdout)


def library(folder: Path, name: str, source: str, *libraries: str, flags: tuple[str, ...] = ()) -> Path:
    """``lib<name>.so`` of this machine in ``folder``, linked against others there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.c").write_text(source)
    out = folder / f"lib{name}.so"
    links = [f"-l{one}" for one in libraries]
    run(compiler(), "-O1", "-fPIC", "-shared", "-w", f"-Wl,-soname,{out.name}", "-Wl,--no-as-needed", *flags,
        folder / f"{name}.c", f"-L{folder}", *links, "-o", out)  # fmt: skip
    return out


def android_library(
    abi: str, folder: Path, name: str, source: str, *libraries: Path, flags: tuple[str, ...] = ()
) -> Path:
    """The same for one of Android's ABIs, by clang-14 and lld-14 without any system library."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.c").write_text(source)
    out = folder / f"lib{name}.so"
    words = (f"--target={TRIPLES[abi]}", "-nostdlib", "-ffreestanding", "-fno-builtin", "-fPIC", "-shared", "-w", "-O1")
    run(tool("clang-14"), *words, "-fuse-ld=lld-14", f"-Wl,-soname,{out.name}", "-Wl,--no-as-needed", *flags,
        folder / f"{name}.c", *libraries, "-o", out)  # fmt: skip
    return out
