"""The whole payload: the native stubs of Android and iOS, the shim, and ``payload.json`` that says what they are."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pinfuse.stub.build.ios import LIBRARY as FRAMEWORK
from pinfuse.stub.build.ios import VARIANTS, build_variant
from pinfuse.stub.build.native import LIBRARY, TARGETS, build_stub, well_offset
from pinfuse.stub.build.shim import build_shim
from pinfuse.vault.seal import WELL_SIZES

VERSION = 3
SHIM_FILE = "android/shim.dex"


def build_payload(out: Path) -> None:
    """Write the stubs of every ABI and size, the shim and ``payload.json`` under ``out``; raises `OutsideError`."""
    record = {
        "version": VERSION,
        "abis": {abi: {str(size): _stub(out, abi, size) for size in WELL_SIZES} for abi in TARGETS},
        "ios": {name: {str(size): _framework(out, name, size) for size in WELL_SIZES} for name in VARIANTS},
        "shim": _write(out, Path(SHIM_FILE), build_shim()[0]),
    }
    (out / "payload.json").write_text(json.dumps(record, indent=2) + "\n")


def _stub(out: Path, abi: str, size: int) -> dict[str, Any]:
    stub = build_stub(abi, size)
    return _write(out, Path("android") / abi / _named(size, LIBRARY), stub) | {"well_offset": well_offset(stub, size)}


def _framework(out: Path, variant: str, size: int) -> dict[str, Any]:
    data, parts = build_variant(variant, size)
    slices = [
        {"abi": abi, "offset": at, "size": n, "well_offset": at + well_offset(data[at : at + n], size)}
        for abi, at, n in parts
    ]
    described = _write(out, Path("ios") / variant / _named(size, FRAMEWORK), data)
    return described | {"minos": VARIANTS[variant].minos, "slices": slices}


def _named(size: int, name: str) -> str:
    return name if size == WELL_SIZES[0] else f"{size}-{name}"


def _write(out: Path, file: Path, data: bytes) -> dict[str, Any]:
    (out / file).parent.mkdir(parents=True, exist_ok=True)
    (out / file).write_bytes(data)
    return {"file": file.as_posix(), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
