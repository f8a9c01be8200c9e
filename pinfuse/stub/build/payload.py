"""The whole payload: four native stubs, the shim, and ``payload.json`` that says what they are."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pinfuse.stub.build.native import LIBRARY, TARGETS, build_stub, well_offset
from pinfuse.stub.build.shim import build_shim
from pinfuse.vault.seal import WELL_SIZE

VERSION = 1
SHIM_FILE = "android/shim.dex"


def build_payload(out: Path) -> None:
    """Write ``android/<abi>/libzqk.so``, the shim and ``payload.json`` under ``out``; raises `OutsideError`."""
    abis: dict[str, Any] = {}
    for abi in TARGETS:
        stub = build_stub(abi)
        file = Path("android") / abi / LIBRARY
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_bytes(stub)
        abis[abi] = {
            "file": file.as_posix(),
            "sha256": hashlib.sha256(stub).hexdigest(),
            "size": len(stub),
            "well_offset": well_offset(stub),
        }
    shim, _ = build_shim()
    (out / SHIM_FILE).write_bytes(shim)
    described = {"file": SHIM_FILE, "sha256": hashlib.sha256(shim).hexdigest(), "size": len(shim)}
    record = {"version": VERSION, "well_size": WELL_SIZE, "abis": abis, "shim": described}
    (out / "payload.json").write_text(json.dumps(record, indent=2) + "\n")
