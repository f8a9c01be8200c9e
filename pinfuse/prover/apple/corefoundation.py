# SPDX-License-Identifier: MIT
"""CoreFoundation as far as the stub calls it (Apple's open source, ``CF``)."""

from __future__ import annotations

from typing import Any

from pinfuse.prover.apple.objects import Error, Objects
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Machine, Outside

UTF8, ASCII = 0x0800_0100, 0x0600
EPOCH = 978_307_200
"""2001-01-01 in Unix seconds, where CFAbsoluteTime begins."""
MAIN_BUNDLE = "main bundle"
CONSTANTS = {"kCFErrorDomainOSStatus": "NSOSStatusErrorDomain"}
"""Name of a variable → the text it holds."""


class CoreFoundation:
    """Functions and variables by their C names; ``bundle_id`` is the app's, None for an app without."""

    def __init__(self, machine: Machine, objects: Objects) -> None:
        self._memory, self._objects = machine.memory, objects
        self.now = 0
        self.bundle_id: str | None = None
        self._laid: dict[int, int] = {}
        objects.strings = machine.memory.take(bytes(64))
        get = objects.get
        self.functions = [
            Outside("CFRelease", "p", objects.release),
            Outside("CFRetain", "p", objects.retain),
            Outside("CFEqual", "pp", lambda one, other: int(objects.any(one) == objects.any(other))),
            Outside("CFArrayGetCount", "p", lambda array: len(get(array, list))),
            Outside("CFArrayGetValueAtIndex", "pz", self._element),
            Outside("CFBundleGetMainBundle", "", lambda: objects.hold(MAIN_BUNDLE)),
            Outside("CFBundleGetIdentifier", "p", self._identifier),
            Outside("CFDataGetLength", "p", lambda data: len(get(data, bytes))),
            Outside("CFDataGetBytePtr", "p", self._bytes),
            Outside("CFDictionaryGetValue", "pp", self._value),
            Outside("CFErrorCreate", "ppzp", self._error),
            Outside("CFAbsoluteTimeGetCurrent", "", lambda: float(self.now - EPOCH)),
            Outside("CFStringGetCString", "ppzi", self._c_string),
        ]
        self.data: dict[str, bytes | int] = {
            "__CFConstantStringClassReference": objects.strings,
            **{name: objects.hold(text).to_bytes(8, "little") for name, text in CONSTANTS.items()},
        }

    def forget(self) -> None:
        """What was laid before the guest is gone."""
        self._laid.clear()

    def lay(self, handle: int, data: bytes) -> int:
        """The bytes of an object where the guest can read them, at one address as long as the question lasts."""
        if handle not in self._laid:
            self._laid[handle] = self._memory.lay(data)
        return self._laid[handle]

    def _element(self, array: int, index: int) -> int:
        items = self._objects.get(array, list)
        if index >= len(items):
            raise Fault(f"element {index} of {len(items)}")
        return self._objects.hold(items[index])

    def _identifier(self, bundle: int) -> int:
        if self._objects.get(bundle, str) != MAIN_BUNDLE:
            raise Fault("it asks for a bundle that there is not")
        return self._objects.hold(self.bundle_id)

    def _bytes(self, handle: int) -> int:
        return self.lay(handle, self._objects.get(handle, bytes))

    def _value(self, dictionary: int, key: int) -> int:
        values: dict[Any, Any] = self._objects.get(dictionary, dict)
        return self._objects.hold(values.get(self._objects.any(key)))

    def _error(self, _: int, domain: int, code: int, __: int) -> int:
        return self._objects.made(Error(self._objects.get(domain, str), signed(code)))

    def _c_string(self, text: int, to: int, size: int, encoding: int) -> int:
        if encoding not in (UTF8, ASCII):
            raise Fault(f"it asks for encoding {encoding:#x}")
        data = self._objects.get(text, str).encode() + b"\0"
        if len(data) > size:
            return 0
        self._memory.write(to, data)
        return 1


def signed(value: int) -> int:
    """A word as a signed number."""
    return value - (1 << 64) if value >> 63 else value
