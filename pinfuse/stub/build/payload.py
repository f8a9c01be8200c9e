"""The whole payload: four native stubs, the shim, and ``payload.json`` that says what they are."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

from pinfuse.stub.build.native import LIBRARY, TARGETS, build_stub, well_offset
from pinfuse.stub.build.shim import build_shim
from pinfuse.vault.seal import WELL_SIZES

VERSION = 2
SHIM_FILE = "android/shim.dex"


def build_payload(out: Path) -> None:
    """Write the stubs of every ABI and size, the shim and ``payload.json`` under ``out``; raises `OutsideError`."""
    abis: dict[str, dict[str, Any]] = {abi: {} for abi in TARGETS}
    for abi, size in itertools.product(TARGETS, WELL_SIZES):
        stub = build_stub(abi, size)
        file = Path("android") / abi / (LIBRARY if size == WELL_SIZES[0] else f"{size}-{LIBRARY}")
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_bytes(stub)
        abis[abi][str(size)] = {
            "file": file.as_posix(),
            "sha256": hashlib.sha256(stub).hexdigest(),
            "size": len(stub),
            "well_offset": well_offset(stub, size),
        }
    shim, _ = build_shim()
    (out / SHIM_FILE).write_bytes(shim)
    described = {"file": SHIM_FILE, "sha256": hashlib.sha256(shim).hexdigest(), "size": len(shim)}
    record = {"version": VERSION, "abis": abis, "shim": described}
    (out / "payload.json").write_text(json.dumps(record, indent=2) + "\n")
