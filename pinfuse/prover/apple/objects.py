# SPDX-License-Identifier: MIT
"""Objects of CoreFoundation and Objective-C: values of this process behind handles, and who owns them.

`str`, `bytes`, `list`, `dict`, `int`, `float` and `bool` stand for CFString, CFData, CFArray, CFDictionary and
CFNumber; other classes for themselves. The stub owns what it created, copied or retained; to release more is a `Fault`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Machine
from pinfuse.prover.memory import BASE

FIRST_HANDLE, HANDLE_STEP = 0x7000_0010, 16
MOST_OBJECTS, MOST_BYTES = 1 << 16, 64 << 20
LONGEST_CONSTANT = 65_536
PLAIN = (str, bytes, int, float, bool)
Kind = TypeVar("Kind")


@dataclass(eq=False)
class Error:
    """A CFError."""

    domain: str
    code: int


@dataclass
class Objects:
    """All objects of one guest; ``strings`` is the address that constant strings have as their class."""

    machine: Machine
    strings: int = 0
    owned: dict[int, int] = field(default_factory=dict)
    """Handle → how many references the stub holds."""
    _bytes: int = 0
    _values: dict[int, Any] = field(default_factory=dict)
    _handles: dict[tuple[type, Any], int] = field(default_factory=dict)

    def hold(self, value: Any, *, own: bool = False) -> int:
        """The handle of a value, the same each time; 0 for None. With ``own`` the stub gets a reference."""
        if value is None:
            return 0
        key = (type(value), value if isinstance(value, PLAIN) else id(value))
        handle = self._handles.get(key)
        if handle is None:
            if len(self._values) >= MOST_OBJECTS:
                raise Fault(f"there are more than {MOST_OBJECTS} objects")
            self._bytes += len(value) if isinstance(value, str | bytes) else 0
            if self._bytes > MOST_BYTES:
                raise Fault(f"the objects hold more than {MOST_BYTES} bytes")
            handle = FIRST_HANDLE + HANDLE_STEP * len(self._values)
            self._handles[key], self._values[handle] = handle, value
        if own:
            self.owned[handle] = self.owned.get(handle, 0) + 1
        return handle

    def made(self, value: Any) -> int:
        """`hold` for what the stub owns: the result of a function with Create or Copy in its name."""
        return self.hold(value, own=True)

    def any(self, handle: int) -> Any:
        """The value behind a handle; None for 0. `Fault` for what is no object."""
        if not handle:
            return None
        if handle in self._values:
            return self._values[handle]
        if BASE <= handle < BASE + len(self.machine.image.memory):
            return self._constant(handle)
        raise Fault(f"{handle:#x} is no object")

    def get(self, handle: int, kind: type[Kind]) -> Kind:
        """The value, which must be of this kind."""
        value = self.any(handle)
        if not isinstance(value, kind):
            raise Fault(f"{handle:#x} is no {kind.__name__} but {type(value).__name__}")
        return value

    def _constant(self, at: int) -> str:
        """A constant string: class, flags, address of its bytes, length (CFString.c, ``__CFConstStr``)."""
        memory = self.machine.memory
        kind, _, text, length = (memory.word_at(at + 8 * number) for number in range(4))
        if kind != self.strings or length > LONGEST_CONSTANT:
            raise Fault(f"{at:#x} is no constant string")
        return memory.read(text, length).decode("utf-8", "replace")

    def is_constant(self, handle: int) -> bool:
        """Whether it lies in the library itself and is never released."""
        return BASE <= handle < BASE + len(self.machine.image.memory)

    def retain(self, handle: int) -> int:
        """One reference more for the stub."""
        self.any(handle)
        if not handle:
            raise Fault("nothing is retained")
        if not self.is_constant(handle):
            self.owned[handle] = self.owned.get(handle, 0) + 1
        return handle

    def release(self, handle: int) -> None:
        """One reference less; `Fault` where the stub has none."""
        self.any(handle)
        if not handle:
            raise Fault("nothing is released")
        if self.is_constant(handle):
            return
        if not self.owned.get(handle):
            raise Fault(f"{type(self._values[handle]).__name__} is released once too often")
        self.owned[handle] -= 1

    def references(self) -> int:
        """How many references the stub holds in all."""
        return sum(self.owned.values())

    def mark(self) -> tuple[int, dict[int, int]]:
        """This moment, for `back_to`."""
        return len(self._values), dict(self.owned)

    def back_to(self, mark: tuple[int, dict[int, int]]) -> None:
        """Forget everything since that moment."""
        count, owned = mark
        for handle in list(self._values)[count:]:
            del self._values[handle]
        self._handles = {key: handle for key, handle in self._handles.items() if handle in self._values}
        self.owned, self._bytes = dict(owned), 0
