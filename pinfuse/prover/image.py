# SPDX-License-Identifier: MIT
"""What the loader sees of a library, whichever format it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pinfuse.prover.fault import Fault

PF_X, PF_W, PF_R = 1, 2, 4
"""Rights of a segment, numbered as ELF does."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A loaded part: address and size in memory, ``PF_*`` flags, offset and size in the file."""

    address: int
    size: int
    flags: int
    offset: int
    file_size: int


class Image(Protocol):
    """A library in memory; all addresses are relative to its base."""

    @property
    def memory(self) -> bytes:
        """Everything from the first segment to the end of the last."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is loaded, in the order of the addresses."""

    @property
    def relro(self) -> tuple[tuple[int, int], ...]:
        """Start and size of what is read-only once imports are bound."""

    def is_constant(self, offset: int, size: int) -> bool:
        """Whether bytes of the file are loaded, and neither executed nor ever written."""

    def shape(self) -> tuple[object, ...]:
        """All that a loader takes from the file but the bytes themselves."""


def address_of(image: Image, offset: int, size: int) -> int:
    """Where ``size`` bytes at ``offset`` of the file stand in memory; `Fault` when no segment holds them."""
    for segment in image.segments:
        if segment.offset <= offset and offset + size <= segment.offset + segment.file_size:
            return segment.address + offset - segment.offset
    raise Fault(f"{size} bytes at {offset:#x} of the file are not loaded")
