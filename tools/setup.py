"""The Debian packages that tests and the payload build need: installed when we are root, else named.

Run it as ``python tools/setup.py``; it needs nothing but the standard library. Exit 0 when everything is there,
1 with the exact command when it is not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

LLVM = 14
"""The payload is bit-identical only with this major version of clang and lld."""
CHAINING = 16
"""The first lld of Debian 12 that writes chained fixups, as Xcode does for apps since iOS 13.4: test programs only."""


def program(name: str) -> Callable[[], bool]:
    """A test for a program on the path."""
    return lambda: shutil.which(name) is not None


def file(folder: str, pattern: str) -> Callable[[], bool]:
    """A test for a file of a package that brings no program."""
    return lambda: any(Path(folder).glob(pattern))


PACKAGES: dict[str, Callable[[], bool]] = {
    f"clang-{LLVM}": program(f"clang-{LLVM}"),
    f"lld-{LLVM}": program(f"ld.lld-{LLVM}"),
    f"lld-{CHAINING}": program(f"ld64.lld-{CHAINING}"),
    f"llvm-{LLVM}": program(f"llvm-objcopy-{LLVM}"),
    f"libclang-rt-{LLVM}-dev": file(f"/usr/lib/llvm-{LLVM}/lib/clang", "*/lib/linux/libclang_rt.fuzzer-*.a"),
    "openjdk-17-jdk-headless": program("javac"),
    "maven": program("mvn"),
    "openssl": program("openssl"),
    "apksigner": program("apksigner"),
    "zipalign": program("zipalign"),
    "aapt": program("aapt"),
    "dexdump": program("dexdump"),
    "android-libart": file("/usr/lib", "*/android/libart.so.0"),
    "android-libandroidfw-dev": file("/usr/include/android/androidfw", "AssetManager2.h"),
    "android-libboringssl": file("/usr/lib", "*/android/libssl.so.0"),
}
"""Debian package → whether what it is needed for is here; on other systems the programs may come from elsewhere."""


def missing() -> list[str]:
    """The packages whose programs or files are not here."""
    return [name for name, here in PACKAGES.items() if not here()]


def install(packages: list[str]) -> bool:
    """Install with apt-get, as root; True when everything is there afterwards."""
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        if subprocess.run(["apt-get", "-q", *command], env=quiet, stdout=sys.stderr).returncode:
            return False
    return not missing()


def main() -> int:
    """Install or name what is missing; the exit code."""
    packages = missing()
    if not packages:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get") and install(packages):
        return 0
    print(
        "The tests need programs that are not here. On Debian 12 run:\n\n"
        f"  sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(missing())}\n",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
