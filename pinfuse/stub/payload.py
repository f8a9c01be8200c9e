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
    """The native stub for one ABI and one size of the well; offsets and sizes in bytes."""

    abi: str
    path: Path
    sha256: str
    size: int
    well_offset: int
    well_size: int


@dataclass(frozen=True, slots=True)
class IosSlice:
    """The image of one processor in a file for iOS; offsets in the file and sizes, in bytes."""

    abi: str
    offset: int
    size: int
    well_offset: int


@dataclass(frozen=True, slots=True)
class IosStub:
    """The stub for iOS: one file, unsigned, for one variant and one size of the well."""

    variant: str
    path: Path
    sha256: str
    size: int
    minos: str
    """The least version of iOS that it runs on, such as ``8.0``."""
    well_size: int
    slices: tuple[IosSlice, ...]

    def with_well(self, well: bytes) -> bytes:
        """Its bytes with the well of every slice overwritten."""
        data = self.path.read_bytes()
        for one in self.slices:
            data = with_well(data, one.well_offset, well)
        return data


@dataclass(frozen=True, slots=True)
class Payload:
    """Everything that ``payload.json`` records."""

    stubs: Mapping[str, Mapping[int, StubFile]]
    """ABI → size of the well → the stub."""
    ios: Mapping[str, Mapping[int, IosStub]]
    """Variant (``device-8.0``, ``device-13.0``, ``simulator``) → size of the well → the stub."""
    shim: Path
    shim_sha256: str

    def stub(self, abi: str, well_size: int) -> StubFile:
        """The stub for a well of that size."""
        return self.stubs[abi][well_size]

    def recognise(self, abi: str, size: int) -> StubFile:
        """The stub that a library of ``size`` bytes should be; the smallest where none has that size."""
        files = self.stubs[abi].values()
        return next((one for one in files if one.size == size), next(iter(files)))


def load_payload(folder: Path = PREBUILT) -> Payload:
    """Read the record of the payload in ``folder``."""
    record = json.loads((folder / "payload.json").read_text())
    stubs = {
        abi: {
            int(size): StubFile(abi, folder / one["file"], one["sha256"], one["size"], one["well_offset"], int(size))
            for size, one in sizes.items()
        }
        for abi, sizes in record["abis"].items()
    }
    ios = {
        variant: {
            int(size): IosStub(
                variant, folder / one["file"], one["sha256"], one["size"], one["minos"], int(size),
                tuple(IosSlice(**part) for part in one["slices"]),
            )
            for size, one in sizes.items()
        }
        for variant, sizes in record["ios"].items()
    }  # fmt: skip
    shim = record["shim"]
    return Payload(stubs, ios, folder / shim["file"], shim["sha256"])


def with_well(stub: bytes, offset: int, well: bytes) -> bytes:
    """The stub with its well overwritten; the length stays the same."""
    return stub[:offset] + well + stub[offset + len(well) :]


def masked_digest(stub: bytes, offset: int, size: int) -> str:
    """SHA-256 (hex) of a stub whose well is zeroed: the same for every build of one payload."""
    return hashlib.sha256(with_well(stub, offset, bytes(size))).hexdigest()
