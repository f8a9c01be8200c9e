"""The prebuilt payload as it is installed with pinfuse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREBUILT = Path(__file__).parent / "prebuilt"


@dataclass(frozen=True, slots=True)
class StubFile:
    """The native stub for one ABI; offset and size in bytes."""

    abi: str
    path: Path
    sha256: str
    size: int
    well_offset: int


@dataclass(frozen=True, slots=True)
class Payload:
    """Everything that ``payload.json`` records."""

    stubs: Mapping[str, StubFile]
    well_size: int
    shim: Path
    shim_sha256: str


def load_payload(folder: Path = PREBUILT) -> Payload:
    """Read the record of the payload in ``folder``."""
    record = json.loads((folder / "payload.json").read_text())
    stubs = {
        abi: StubFile(abi, folder / one["file"], one["sha256"], one["size"], one["well_offset"])
        for abi, one in record["abis"].items()
    }
    shim = record["shim"]
    return Payload(stubs, record["well_size"], folder / shim["file"], shim["sha256"])


def with_well(stub: bytes, offset: int, well: bytes) -> bytes:
    """The stub with its well overwritten; the length stays the same."""
    return stub[:offset] + well + stub[offset + len(well) :]


def masked_digest(stub: bytes, offset: int, size: int) -> str:
    """SHA-256 (hex) of a stub whose well is zeroed: the same for every build of one payload."""
    return hashlib.sha256(with_well(stub, offset, bytes(size))).hexdigest()
