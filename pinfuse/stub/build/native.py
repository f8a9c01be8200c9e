"""Compiling the native stub for the four Android ABIs: clang-14 and lld-14, no NDK, the same bytes in every folder."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinfuse.errors import OutsideError

SOURCES = Path(__file__).resolve().parents[1]
CORE = ("aead", "base", "der", "hash", "host", "memory", "rules", "runtime", "vault", "verdict", "x509")
ANDROID = ("adapter", "apk", "bio", "got", "hooks", "session", "tell", "tls")
COMPILER, STRIP = "clang-14", "llvm-strip-14"
LIBRARY = "libzqk.so"

COMPILE = (
    "-Os -std=c11 -Wall -Wextra -Werror -ffreestanding -fno-builtin -fPIC -fvisibility=hidden -ffunction-sections "
    "-fdata-sections -fno-unwind-tables -fno-asynchronous-unwind-tables -fno-ident -fstack-protector-strong"
).split()
LINK = (
    "-shared -nostdlib -fuse-ld=lld-14 -Wl,-soname,libzqk.so -Wl,-z,max-page-size=16384 -Wl,-z,relro -Wl,-z,now "
    "-Wl,-z,noexecstack -Wl,-z,text -Wl,-z,defs -Wl,--hash-style=both -Wl,--gc-sections -Wl,-Bsymbolic "
    "-Wl,--pack-dyn-relocs=none -Wl,--build-id=none -Wl,--exclude-libs,ALL"
).split()
FILLED = 16384
"""Bytes of a well that are not zero before it is filled: enough to find it by."""
SYSTEM = {
    "c": ("open", "lseek64", "pread64", "close", "mprotect", "getauxval", "time", "getpid", "pthread_create",
          "pthread_detach", "__stack_chk_fail"),
    "dl": ("dlopen", "android_dlopen_ext", "dlsym", "dl_iterate_phdr"),
}
"""All that the stub takes from libc.so and libdl.so; linker stubs are made of these names."""


@dataclass(frozen=True, slots=True)
class Target:
    """How one ABI is compiled."""

    triple: str
    flags: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    """Variables of libc that the compiled code takes."""


TARGETS: Mapping[str, Target] = {
    "arm64-v8a": Target("aarch64-linux-android21", ("-mbranch-protection=standard",)),
    "armeabi-v7a": Target(
        "armv7-linux-android21", ("-mthumb", "-mfloat-abi=softfp", "-march=armv7-a"), ("__stack_chk_guard",)
    ),
    "x86": Target("i686-linux-android21", ("-mstackrealign", "-march=i686")),
    "x86_64": Target("x86_64-linux-android21"),
}


def filler(size: int) -> bytes:
    """The well as it is compiled in: bytes without meaning, then zeros, the same in every build of the payload."""
    blocks = (hashlib.sha256(b"well %d" % number).digest() for number in range(FILLED // 32))
    return b"".join(blocks).ljust(size, b"\0")


def well_source(well: bytes) -> str:
    """C source of the well."""
    shown = well.rstrip(b"\0")
    rows = (",".join(map(str, shown[at : at + 64])) for at in range(0, len(shown), 64))
    return (
        "extern const unsigned char zq_well[];\n"
        f"__attribute__((aligned(16))) const unsigned char zq_well[{len(well)}] = {{\n" + ",\n".join(rows) + "};\n"
    )


def run(command: Sequence[str | Path], folder: Path) -> None:
    """Run one tool; raises `OutsideError` with its own words when it is absent or fails."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise OutsideError(f"{command[0]} is not installed", todo="apt-get install clang-14 lld-14 llvm-14") from error
    if done.returncode:
        raise OutsideError(f"{command[0]} failed: {done.stderr.strip()[-2000:]}")


def compile_all(target: Target, folder: Path, well: bytes, sources: Sequence[Path]) -> list[Path]:
    """Object files of the sources and the well, for one target, in ``folder``."""
    (folder / "well.c").write_text(well_source(well))
    objects = []
    prefix = (f"-ffile-prefix-map={SOURCES}=.", f"-ffile-prefix-map={folder}=.", f"-DZQ_WELL_SIZE={len(well)}")
    for source in (*sources, folder / "well.c"):
        objects.append(folder / f"{source.parent.name}-{source.stem}.o")
        command = (COMPILER, f"--target={target.triple}", *COMPILE, *prefix, *target.flags)
        run((*command, "-c", source, "-o", objects[-1]), folder)
    return objects


def build_stub(abi: str, well_size: int) -> bytes:
    """The bytes of the stub for one ABI, with room for a well of that size."""
    target = TARGETS[abi]
    sources = [SOURCES / "core" / f"{name}.c" for name in CORE] + [SOURCES / "android" / f"{n}.c" for n in ANDROID]
    with tempfile.TemporaryDirectory(prefix="pinfuse-stub-") as name:
        folder = Path(name)
        objects = compile_all(target, folder, filler(well_size), sources)
        base = (COMPILER, f"--target={target.triple}", *target.flags)
        system = [_linker_stub(base, folder, name, target.data if name == "c" else ()) for name in SYSTEM]
        out = folder / LIBRARY
        run((*base, *LINK, *objects, *system, "-o", out), folder)
        run((STRIP, "--strip-all", "--remove-section=.comment", out), folder)
        return out.read_bytes()


def _linker_stub(base: Sequence[str], folder: Path, name: str, data: Sequence[str]) -> Path:
    """A library that gives the linker the names of one of the system's, and nothing else."""
    source, made = folder / f"lib{name}.c", folder / f"lib{name}.so"
    variables = "".join(f"unsigned long {one};\n" for one in data)
    source.write_text(variables + "".join(f"void {one}(void) {{}}\n" for one in SYSTEM[name]))
    words = ("-shared", "-nostdlib", "-fPIC", "-fuse-ld=lld-14", f"-Wl,-soname,{made.name}", "-fno-builtin")
    run((*base, *words, source, "-o", made), folder)
    return made


def well_offset(stub: bytes, size: int) -> int:
    """Where the well lies in a compiled stub; raises `OutsideError` unless it is there exactly once."""
    well = filler(size)
    at = stub.find(well)
    if at < 0 or stub.find(well, at + 1) >= 0:
        raise OutsideError("the compiled stub does not hold its well exactly once")
    return at
