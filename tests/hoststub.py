"""The core of the stub, compiled for this machine: the same C that the apps get, called through ctypes."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from pinfuse.stub.build.native import CORE, SOURCES
from pinfuse.vault.seal import OVERHEAD

MORE = os.environ.get("PINFUSE_TEST_CFLAGS", "").split()
FLAGS = ("-O1", "-g", "-std=c11", "-shared", "-fPIC", "-fno-builtin", *MORE)
"""The variable is for measuring (``test_coverage.py``)."""


class Span(ctypes.Structure):
    _fields_ = (("p", ctypes.c_char_p), ("n", ctypes.c_uint32))


class Question(ctypes.Structure):
    _fields_ = (
        ("chain", ctypes.POINTER(Span)),
        ("count", ctypes.c_uint32),
        ("host", ctypes.c_char_p),
        ("host_length", ctypes.c_uint32),
        ("now", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
    )


class Memory(ctypes.Structure):
    """``zq_memory``: hosts that this install has met."""

    _fields_ = (("count", ctypes.c_uint32), ("entries", ctypes.c_uint8 * (512 * 66)))


class Keys(ctypes.Structure):
    _fields_ = (("vault", ctypes.c_char_p), ("install", ctypes.c_char_p))


class Verdict(ctypes.Structure):
    _fields_ = (("said", ctypes.c_int32 * 4), ("wish", ctypes.c_uint8 * 66))


def compiler() -> str:
    """A C compiler; skips the calling test when there is none."""
    for name in ("clang-14", "clang", "cc", "gcc"):
        if path := shutil.which(name):
            return path
    pytest.skip("no C compiler is here")


@functools.cache
def library(well_size: int) -> ctypes.CDLL:
    """The core as a shared library of this machine, for wells of one size, compiled once a session."""
    folder = Path(tempfile.mkdtemp(prefix="pinfuse-host-"))
    sources = [SOURCES / "core" / f"{name}.c" for name in CORE if name != "runtime"]
    subprocess.run([compiler(), *FLAGS, f"-DZQ_WELL_SIZE={well_size}", *sources, "-o", folder / "core.so"], check=True)
    core = ctypes.CDLL(str(folder / "core.so"))
    core.zq_vault_open.argtypes = (ctypes.c_char_p, Span, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_char_p)
    core.zq_decide.argtypes = (
        ctypes.c_char_p, ctypes.POINTER(Memory), ctypes.POINTER(Question), ctypes.POINTER(Verdict)
    )  # fmt: skip
    core.zq_memory_load.argtypes = (ctypes.POINTER(Memory), Keys, ctypes.c_char_p, ctypes.c_uint32)
    core.zq_memory_seal.argtypes = (ctypes.POINTER(Memory), Keys, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p)
    core.zq_settings.argtypes, core.zq_settings.restype = (ctypes.c_char_p,), Span
    return core


class HostStub:
    """One stub with one well, as one app process would hold it."""

    def __init__(self, well: bytes) -> None:
        self.well = well
        self.core = library(len(well))
        self.plain: ctypes.Array[ctypes.c_char] | None = None
        self.memory = Memory()

    def open(self, package: str, signers: Sequence[bytes]) -> bool:
        """Open the vault; True when a key slot opened."""
        plain, name = ctypes.create_string_buffer(len(self.well) - OVERHEAD), package.encode()
        opened = self.core.zq_vault_open(self.well, Span(name, len(name)), b"".join(signers), len(signers), plain)
        self.plain = plain if opened else None
        return bool(opened)

    def settings(self) -> bytes | None:
        """What the fourth native hands out; None while the vault is closed or for clear text that is none."""
        if self.plain is None:
            return None
        found = self.core.zq_settings(self.plain)
        address = ctypes.cast(ctypes.pointer(found), ctypes.POINTER(ctypes.c_void_p)).contents.value
        return None if not address else ctypes.string_at(address, found.n)

    def check(
        self, chain: Sequence[bytes], host: str | None, now: int, flags: int
    ) -> tuple[int, int, int, int]:
        """Verdict, reason, certificate and pin."""
        verdict = self._decide(chain, host, now, flags)
        return verdict.said[0], verdict.said[1], verdict.said[2], verdict.said[3]

    def _decide(self, chain: Sequence[bytes], host: str | None, now: int, flags: int) -> Verdict:
        spans = (Span * max(len(chain), 1))(*(Span(der, len(der)) for der in chain))
        name = None if host is None else host.encode()
        question = Question(spans, len(chain), name, len(name or b""), now, flags)
        out = Verdict()
        self.core.zq_decide(self.plain, ctypes.byref(self.memory), ctypes.byref(question), ctypes.byref(out))
        return out

    def remember(
        self, chain: Sequence[bytes], host: str | None, now: int, flags: int, *,
        secret: bytes, sealed: bytes | None, fresh: bytes,
    ) -> tuple[tuple[int, int, int, int], bytes | None]:  # fmt: skip
        """What the third native does: take in what is sealed, judge, and seal what is to be remembered."""
        assert self.plain is not None
        keys = Keys(self.plain.raw[42:74], secret)
        if sealed:
            self.core.zq_memory_load(self.memory, keys, ctypes.create_string_buffer(sealed, len(sealed)), len(sealed))
        verdict = self._decide(chain, host, now, flags)
        made = None
        if verdict.said[0] & 2:
            room = ctypes.create_string_buffer(512 * 66 + 52)
            size = self.core.zq_memory_seal(self.memory, keys, bytes(verdict.wish), fresh, room)
            made = room.raw[:size]
            verdict.said[0], verdict.said[1], verdict.said[3] = 0, 0, 0
        return (verdict.said[0], verdict.said[1], verdict.said[2], verdict.said[3]), made
