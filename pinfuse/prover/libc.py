# SPDX-License-Identifier: MIT
"""What the stub takes from the system: one file, the app itself, to read; no other library is loaded beside it."""

from __future__ import annotations

import os

from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Machine, Outside
from pinfuse.prover.memory import LONGEST_COPY, PAGE
from pinfuse.prover.processor import guard

FAILED = -1
FIRST_FILE = 3
MOST_FILES = 16
ACCESS_MODE, TO_END = 3, 2
"""``O_ACCMODE`` and ``SEEK_END`` (bionic, ``bits/fcntl.h``, ``bits/seek_constants.h``)."""
LONGEST_PATH = 4096
PROCESS = 4711
"""The number of the stub's own process."""
AT_PAGESZ = 6
"""``linux/auxvec.h``."""


class Libc:
    """Functions and data by their names; ``code_path`` is the one file that can be opened.

    The stub opens it as ``shown``, where that is set.
    """

    def __init__(self, machine: Machine) -> None:
        self._memory = machine.memory
        self.code_path, self.shown = "", ""
        self._files: dict[int, int] = {}
        self.functions = {
            one.name: one
            for one in (
                Outside("open", "pi", self._open),
                Outside("lseek64", "iqi", self._lseek),
                Outside("pread64", "ipzq", self._pread),
                Outside("close", "i", self._close),
                Outside("__stack_chk_fail", "", self._smashed),
                Outside("getauxval", "z", lambda kind: PAGE if kind == AT_PAGESZ else 0),
                Outside("getpid", "", lambda: PROCESS),
                Outside("dl_iterate_phdr", "pp", lambda _each, _data: 0),
            )
        }
        self.data = {"__stack_chk_guard": guard(machine.abi)}

    def close_all(self) -> None:
        """Close what the stub left open."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _open(self, path: int, flags: int) -> int:
        name = os.fsdecode(self._memory.text_at(path, LONGEST_PATH))
        known = name == (self.shown or self.code_path)
        if not known or flags & ACCESS_MODE != os.O_RDONLY or len(self._files) >= MOST_FILES:
            return FAILED
        number = next(n for n in range(FIRST_FILE, FIRST_FILE + MOST_FILES) if n not in self._files)
        try:
            self._files[number] = os.open(self.code_path, os.O_RDONLY)
        except OSError:
            return FAILED
        return number

    def _lseek(self, number: int, offset: int, whence: int) -> int:
        if number not in self._files or whence != TO_END or offset:
            return FAILED
        return os.fstat(self._files[number]).st_size

    def _pread(self, number: int, to: int, size: int, offset: int) -> int:
        if number not in self._files or offset >> 63:
            return FAILED
        try:
            data = os.pread(self._files[number], min(size, LONGEST_COPY), offset)
        except OSError:
            return FAILED
        self._memory.write(to, data)
        return len(data)

    def _close(self, number: int) -> int:
        if number not in self._files:
            return FAILED
        os.close(self._files.pop(number))
        return 0

    def _smashed(self) -> int:
        raise Fault("the stack protector found the stack overwritten")
