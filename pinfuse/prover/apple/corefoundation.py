# SPDX-License-Identifier: MIT
"""CoreFoundation as far as the stub calls it (Apple's open source, ``CF``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pinfuse.prover.apple.objects import Error, Objects
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Machine, Outside

UTF8, ASCII = 0x0800_0100, 0x0600
EPOCH = 978_307_200
"""2001-01-01 in Unix seconds, where CFAbsoluteTime begins."""
INT32 = 3
CONSTANTS = {"kCFErrorDomainOSStatus": "NSOSStatusErrorDomain", "kCFBooleanTrue": True}
"""Name of a variable → the object it holds."""
MOST_PAIRS = 64
LONGEST_TEXT = 65_536


@dataclass(eq=False)
class Bundle:
    """The main bundle."""


@dataclass(eq=False)
class Url:
    """A CFURL."""

    text: str


class CoreFoundation:
    """Functions and variables by their C names; ``bundle_id`` is the app's, None for an app without."""

    def __init__(self, machine: Machine, objects: Objects) -> None:
        self._memory, self._objects = machine.memory, objects
        self.now = 0
        self.bundle_id: str | None = None
        self.info: dict[str, Any] = {"CFBundleName": "An app"}
        """Info.plist of the app, besides its identifier."""
        self.languages = ["en-US"]
        self.home = "/var/mobile/app"
        self._main = Bundle()
        self._laid: dict[int, int] = {}
        objects.strings = machine.memory.take(bytes(64))
        get = objects.get
        self.functions = [
            Outside("CFRelease", "p", objects.release),
            Outside("CFRetain", "p", objects.retain),
            Outside("CFEqual", "pp", lambda one, other: int(objects.any(one) == objects.any(other))),
            Outside("CFArrayCreate", "ppzp", self._array),
            Outside("CFArrayGetCount", "p", lambda array: len(get(array, list))),
            Outside("CFArrayGetValueAtIndex", "pz", self._element),
            Outside("CFBundleGetMainBundle", "", lambda: objects.hold(self._main)),
            Outside("CFBundleGetValueForInfoDictionaryKey", "pp", self._of_info),
            Outside("CFBundleGetIdentifier", "p", self._identifier),
            Outside("CFDataCreate", "ppz", lambda _, at, size: objects.made(self._memory.read(at, size))),
            Outside("CFDataGetLength", "p", lambda data: len(get(data, bytes))),
            Outside("CFDataGetBytePtr", "p", self._bytes),
            Outside("CFDictionaryCreate", "pppzpp", self._dictionary),
            Outside("CFDictionaryGetValue", "pp", self._value),
            Outside("CFErrorCreate", "ppzp", self._error),
            Outside("CFAbsoluteTimeGetCurrent", "", lambda: float(self.now - EPOCH)),
            Outside("CFLocaleCopyPreferredLanguages", "", lambda: objects.made(list(self.languages))),
            Outside("CFNumberCreate", "pzp", self._number),
            Outside("CFStringCreateWithBytes", "ppzii", self._from_bytes),
            Outside("CFStringCreateWithCString", "ppi", self._from_c),
            Outside("CFStringGetCString", "ppzi", self._c_string),
            Outside("CFURLCreateWithString", "ppp", lambda _, text, __: objects.made(Url(get(text, str)))),
            Outside("CFURLCopyHostName", "p", lambda url: objects.made(urlsplit(get(url, Url).text).hostname)),
            Outside("NSHomeDirectory", "", lambda: objects.hold(self.home)),
        ]
        self.data: dict[str, bytes | int] = {
            "__CFConstantStringClassReference": objects.strings,
            "kCFTypeDictionaryKeyCallBacks": bytes(64),
            "kCFTypeDictionaryValueCallBacks": bytes(64),
            **{name: objects.hold(value).to_bytes(8, "little") for name, value in CONSTANTS.items()},
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
        self._objects.get(bundle, Bundle)
        return self._objects.hold(self.bundle_id)

    def _of_info(self, bundle: int, key: int) -> int:
        self._objects.get(bundle, Bundle)
        return self._objects.hold(self.info.get(self._objects.get(key, str)))

    def _dictionary(self, _: int, keys: int, values: int, count: int, __: int, ___: int) -> int:
        if count > MOST_PAIRS:
            raise Fault(f"a dictionary of {count} pairs")
        pairs = [[self._memory.word_at(at + 8 * number) for at in (keys, values)] for number in range(count)]
        return self._objects.made({self._objects.get(key, str): self._objects.any(value) for key, value in pairs})

    def _array(self, _: int, values: int, count: int, __: int) -> int:
        if count > MOST_PAIRS:
            raise Fault(f"an array of {count} values")
        return self._objects.made([self._objects.any(self._memory.word_at(values + 8 * at)) for at in range(count)])

    def _number(self, _: int, kind: int, at: int) -> int:
        if kind != INT32:
            raise Fault(f"a number of type {kind}")
        return self._objects.made(int.from_bytes(self._memory.read(at, 4), "little", signed=True))

    def _from_bytes(self, _: int, at: int, size: int, encoding: int, __: int) -> int:
        return self._string(self._memory.read(at, size), encoding)

    def _from_c(self, _: int, at: int, encoding: int) -> int:
        return self._string(self._memory.text_at(at, LONGEST_TEXT), encoding)

    def _string(self, raw: bytes, encoding: int) -> int:
        """0 for what is no text in UTF-8."""
        if encoding not in (UTF8, ASCII):
            raise Fault(f"it asks for encoding {encoding:#x}")
        try:
            return self._objects.made(raw.decode())
        except UnicodeDecodeError:
            return 0

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
