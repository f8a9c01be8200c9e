# SPDX-License-Identifier: MIT
"""Several registers at once: the emulator stops a hundred thousand times in a proof, and each time some are read."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any


class Registers:
    """The same registers of one engine, read and written together as unsigned numbers."""

    def __init__(self, engine: Any, numbers: Sequence[int]) -> None:
        count = len(numbers)
        self._engine, self._numbers, self._count = engine, tuple(numbers), ctypes.c_int(count)
        self._ids = (ctypes.c_int * count)(*numbers)
        self._values = (ctypes.c_uint64 * count)()
        first, size = ctypes.addressof(self._values), ctypes.sizeof(ctypes.c_uint64)
        self._places = (ctypes.c_void_p * count)(*(first + number * size for number in range(count)))
        # unicorn's own wrappers of these two make new arrays each time; without them it is one register at a time.
        self._read = getattr(engine, "_do_reg_read_batch", None)
        self._write = getattr(engine, "_do_reg_write_batch", None)

    def read(self) -> list[int]:
        """Their values, in the order that they were given in."""
        if self._read is None or self._read(self._ids, self._places, self._count):
            return [int(self._engine.reg_read(number)) for number in self._numbers]
        return list(self._values)

    def write(self, values: Sequence[int]) -> None:
        """Set all of them."""
        self._values[:] = list(values)
        if self._write is None or self._write(self._ids, self._places, self._count):
            for number, value in zip(self._numbers, values, strict=True):
                self._engine.reg_write(number, value)
