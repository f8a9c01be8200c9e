"""Compiling the iOS stub: clang-14 and lld-14, no SDK, the same bytes in every folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pinfuse.stub.build.ios_image import fat, finish
from pinfuse.stub.build.ios_sdk import ALIASES, SECURITY, write_sdk
from pinfuse.stub.build.native import CORE, SOURCES, STRIP, Target, compile_all, filler, run

LINKER = "ld64.lld-14"
IOS = ("challenge", "connections", "dialog", "evaluate", "keep", "load", "natives", "objc", "often", "process",
       "runtime", "secret", "sessions", "team", "tell", "texts", "transport", "trust", "web")  # fmt: skip
LIBRARY, INSTALL_NAME = "PFuse", "@rpath/PFuse.framework/PFuse"
SDK = "17.0"
"""The SDK that the image says it was built with."""
MORE = ("-fblocks", "-fno-plt")
"""Calls go through pointers that dyld binds once, before anything runs, and that nothing can overwrite afterwards."""
LINK = (
    "-dylib -lSystem -lobjc -framework CoreFoundation -framework Foundation -framework Security "
    f"-application_extension -headerpad 0x400 -dead_strip -no_adhoc_codesign -no_function_starts -no_data_in_code_info "
    f"-install_name {INSTALL_NAME} -compatibility_version 1 -current_version 1"
).split()


@dataclass(frozen=True, slots=True)
class Part:
    """How one slice is made; ``abi`` is the name that the prover knows it by."""

    abi: str
    architecture: str
    platform: str
    triple: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """One file of the payload: its least version of iOS, and its slices."""

    minos: str
    parts: tuple[Part, ...]


_NO_LAZY = ("-mllvm", "-aarch64-enable-nonlazybind")
VARIANTS: Mapping[str, Variant] = {
    "device-8.0": Variant("8.0", (Part("ios-arm64", "arm64", "ios", "arm64-apple-ios8.0", _NO_LAZY),)),
    "device-13.0": Variant("13.0", (Part("ios-arm64", "arm64", "ios", "arm64-apple-ios13.0", _NO_LAZY),)),
    "simulator": Variant(
        "13.0",
        (
            Part("ios-sim-arm64", "arm64", "ios-simulator", "arm64-apple-ios13.0-simulator", _NO_LAZY),
            Part("ios-sim-x86_64", "x86_64", "ios-simulator", "x86_64-apple-ios13.0-simulator"),
        ),
    ),
}


def build_part(part: Part, minos: str, well_size: int) -> bytes:
    """One slice, unsigned, with room for a well of that size."""
    sources = [SOURCES / "core" / f"{name}.c" for name in CORE] + [SOURCES / "ios" / f"{name}.c" for name in IOS]
    with tempfile.TemporaryDirectory(prefix="pinfuse-stub-") as name:
        folder = Path(name)
        target = Target(part.triple, (*MORE, *part.flags))
        objects = compile_all(target, folder, filler(well_size), sources)
        write_sdk(folder / "sdk")
        out = folder / LIBRARY
        versions = ("-platform_version", part.platform, minos, SDK)
        run((LINKER, "-arch", part.architecture, *versions, "-syslibroot", "sdk", *LINK, *objects, "-o", out), folder)
        run((STRIP, "-x", out), folder)
        return finish(out.read_bytes(), SECURITY, ALIASES)


def build_variant(name: str, well_size: int) -> tuple[bytes, tuple[tuple[str, int, int], ...]]:
    """A file of the payload, and ABI, offset and size of each slice in it; raises `OutsideError`."""
    variant = VARIANTS[name]
    parts = [build_part(part, variant.minos, well_size) for part in variant.parts]
    data = fat(parts) if len(parts) > 1 else parts[0]
    slices = []
    at = 0
    for part, made in zip(variant.parts, parts, strict=True):
        at = data.index(made, at)
        slices.append((part.abi, at, len(made)))
    return data, tuple(slices)
