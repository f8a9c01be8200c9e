# SPDX-License-Identifier: MIT
"""One stub as a phone would run it: what all systems have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinfuse.prover import elf, macho
from pinfuse.prover.machine import Machine

BLOCK = 256


@dataclass(frozen=True, slots=True)
class Memory:
    """What the app keeps of hosts that it met: this install's secret, the sealed memory or None, and fresh bytes."""

    secret: bytes
    sealed: bytes | None
    fresh: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """One question: DER certificates, host or None, Unix seconds, flags."""

    chain: tuple[bytes, ...]
    host: bytes | None
    now: int
    flags: int


class Guest(ABC):
    """A loaded stub; every method raises `Fault` where it does not do as it must."""

    natives: tuple[str, ...] = ()
    """Names of what is called."""

    def __init__(self, machine: Machine, data: bytes, image: elf.Image | macho.Image) -> None:
        self.machine = machine
        self._data, self._image = data, image

    @staticmethod
    @abstractmethod
    def _read(data: bytes) -> elf.Image | macho.Image:
        """The library as its format has it; raises `Fault`."""

    @abstractmethod
    def open(self, package: str, code_path: str, signers: Sequence[bytes]) -> int:
        """What the native that opens the vault returns: 0 when it is open."""

    @abstractmethod
    def check(self, case: Case, *, count: bool = False) -> tuple[int, ...]:
        """Verdict, reason, certificate, pin; `Fault` where the returned verdict is another than the written one."""

    @abstractmethod
    def settings(self) -> bytes | None:
        """The settings of the vault, as the stub hands them out; None while it is closed."""

    @abstractmethod
    def remember(self, case: Case, memory: Memory) -> tuple[tuple[int, ...], bytes | None]:
        """The verdict on a session whose host is trusted on first use, and the memory to be kept, if it is another."""

    def become(self, data: bytes) -> bool:
        """Start again as a library that differs in nothing but constants, code translated once; False if it is not.

        What was run before `_keep` is not run again, so what differs must be what it never reads: bytes that are
        neither executed, written nor relocated, of which the well is some.
        """
        if len(data) != len(self._data):
            return False
        changes = list(_differences(self._data, data))
        if not all(self._image.is_constant(offset, len(part)) for offset, part in changes):
            return False
        if self._read(data).shape() != self._image.shape():
            return False
        self.machine.reset()
        self.machine.alter(changes)
        return True


def _differences(one: bytes, other: bytes) -> Iterator[tuple[int, bytes]]:
    """Offsets and new bytes of the runs that differ between two files of one length, at most one in each block."""
    for start in range(0, len(one), BLOCK):
        old, new = one[start : start + BLOCK], other[start : start + BLOCK]
        if old != new:
            places = [at for at in range(len(old)) if old[at] != new[at]]
            yield start + places[0], new[places[0] : places[-1] + 1]
