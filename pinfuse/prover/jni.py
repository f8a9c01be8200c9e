# SPDX-License-Identifier: MIT
"""A Java virtual machine as far as the stub looks at one: the functions of the JNI table that it calls, and objects.

Indices are those of the JNI specification, "Interface Function Table". Objects are values of this process behind
handles: `bytes` for byte[], `bytearray` for one
that the stub made, `list` for arrays of objects, `Ints` for int[], `str` for strings, `Instance` for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Machine, Outside

FUNCTIONS, VM_FUNCTIONS = 235, 8
VM_GET_ENV = 6
FIRST_HANDLE, HANDLE_STEP = 0x7000_0010, 16
MOST_HANDLES = 4096
FIRST_KEPT, MOST_KEPT = FIRST_HANDLE + HANDLE_STEP * MOST_HANDLES, 16
LONGEST_NAME = 512
LONGEST_ARRAY = 1 << 20
VERSION_1_6 = 0x0001_0006


@dataclass
class Ints:
    """An int[] of fixed length."""

    values: list[int]


@dataclass(frozen=True)
class JavaClass:
    """A class by its name with slashes."""

    name: str


@dataclass(frozen=True)
class Instance:
    """An object whose methods without arguments give texts."""

    name: str
    texts: Mapping[str, str] = field(default_factory=dict)


class Jni:
    """The virtual machine of one `Machine`; ``vm`` and ``env`` are the guest's addresses of its two tables."""

    def __init__(self, machine: Machine, classes: frozenset[str]) -> None:
        self._machine, self._memory = machine, machine.memory
        self._classes = classes
        self._objects: dict[int, Any] = {}
        self._kept: dict[int, Any] = {}
        """Behind global references, which outlive a call."""
        self._methods: list[tuple[str, str]] = []
        self._pending = False
        self.natives: dict[str, int] = {}
        """Name and signature of each native → its address."""
        self.env = self._table(FUNCTIONS, self._functions())
        self.vm = self._table(VM_FUNCTIONS, {VM_GET_ENV: ("GetEnv", "ppi", self._get_env)})

    def _table(self, size: int, functions: Mapping[int, tuple[str, str, Callable[..., int | None]]]) -> int:
        """A pointer to a table of function pointers; a slot that nobody fills is a `Fault` when it is called."""

        def unknown() -> int:
            raise Fault("the prover does not know this function")

        trap = self._machine.trap
        empty = trap(Outside("a slot of the JNI table that is not faked", "", unknown))
        slots = [empty] * size
        for index, (name, types, run) in functions.items():
            slots[index] = trap(Outside(name, types, run))
        word = self._memory.word
        table = self._memory.take(b"".join(slot.to_bytes(word, "little") for slot in slots))
        return self._memory.take(table.to_bytes(word, "little"))

    def _functions(self) -> dict[int, tuple[str, str, Callable[..., int | None]]]:
        return {
            6: ("FindClass", "pp", self._find_class),
            17: ("ExceptionClear", "p", self._exception_clear),
            21: ("NewGlobalRef", "pp", self._new_global_ref),
            23: ("DeleteLocalRef", "pp", self._delete_local_ref),
            31: ("GetObjectClass", "pp", self._get_object_class),
            33: ("GetMethodID", "pppp", self._get_method_id),
            36: ("CallObjectMethodA", "pppp", self._call_object_method),
            164: ("GetStringLength", "pp", lambda _, at: len(_utf16(self._text(at))) // 2),
            168: ("GetStringUTFLength", "pp", lambda _, at: len(self._text(at).encode())),
            171: ("GetArrayLength", "pp", lambda _, at: self._length(at)),
            173: ("GetObjectArrayElement", "ppi", self._element),
            176: ("NewByteArray", "pi", self._new_bytes),
            200: ("GetByteArrayRegion", "ppiip", self._byte_region),
            208: ("SetByteArrayRegion", "ppiip", self._set_bytes),
            211: ("SetIntArrayRegion", "ppiip", self._set_ints),
            215: ("RegisterNatives", "pppi", self._register),
            221: ("GetStringUTFRegion", "ppiip", self._text_region),
            228: ("ExceptionCheck", "p", lambda _: int(self._pending)),
        }

    def hold(self, value: Any) -> int:
        """A handle for a value; 0 for None."""
        if value is None:
            return 0
        if len(self._objects) >= MOST_HANDLES:
            raise Fault(f"it holds more than {MOST_HANDLES} objects")
        handle = FIRST_HANDLE + HANDLE_STEP * len(self._objects)
        self._objects[handle] = value
        return handle

    def forget(self) -> None:
        """All handles but the kept ones end, and no exception is pending."""
        self._objects.clear()
        self._methods.clear()
        self._pending = False

    def _get(self, handle: int, kind: type | tuple[type, ...], what: str) -> Any:
        value = self._objects.get(handle, self._kept.get(handle))
        if not isinstance(value, kind):
            raise Fault(f"{handle:#x} is no {what}")
        return value

    def _text(self, handle: int) -> str:
        return str(self._get(handle, str, "string"))

    def _throw(self) -> int:
        self._pending = True
        return 0

    def _get_env(self, _: int, out: int, version: int) -> int:
        if version != VERSION_1_6:
            raise Fault(f"it asks for JNI version {version:#x}")
        self._memory.put_word(out, self.env)
        return 0

    def _find_class(self, _: int, name: int) -> int:
        text = self._memory.text_at(name, LONGEST_NAME).decode("utf-8", "replace")
        return self.hold(JavaClass(text)) if text in self._classes else self._throw()

    def _exception_clear(self, _: int) -> None:
        self._pending = False

    def _delete_local_ref(self, _: int, handle: int) -> None:
        self._get(handle, object, "reference")

    def _new_global_ref(self, _: int, handle: int) -> int:
        value = self._get(handle, object, "reference")
        if len(self._kept) >= MOST_KEPT:
            raise Fault(f"it keeps more than {MOST_KEPT} objects")
        kept = FIRST_KEPT + HANDLE_STEP * len(self._kept)
        self._kept[kept] = value
        return kept

    def _get_object_class(self, _: int, handle: int) -> int:
        return self.hold(JavaClass(self._get(handle, Instance, "instance").name))

    def _get_method_id(self, _: int, holder: int, name: int, signature: int) -> int:
        self._get(holder, JavaClass, "class")
        words = [self._memory.text_at(at, LONGEST_NAME).decode("utf-8", "replace") for at in (name, signature)]
        if words[1] != "()Ljava/lang/String;":
            return self._throw()
        self._methods.append((words[0], words[1]))
        return len(self._methods)

    def _call_object_method(self, _: int, handle: int, method: int, __: int) -> int:
        if not 0 < method <= len(self._methods):
            raise Fault(f"{method:#x} is no method")
        texts = self._get(handle, Instance, "instance").texts
        name = self._methods[method - 1][0]
        return self.hold(texts[name]) if name in texts else self._throw()

    def _length(self, handle: int) -> int:
        value = self._get(handle, (bytes, bytearray, list, Ints), "array")
        return len(value.values if isinstance(value, Ints) else value)

    def _element(self, _: int, handle: int, index: int) -> int:
        items = self._get(handle, list, "array of objects")
        return self.hold(items[index]) if index < len(items) else self._throw()

    def _byte_region(self, _: int, handle: int, start: int, size: int, to: int) -> None:
        data = self._get(handle, bytes, "byte[]")
        if start + size > len(data):
            self._throw()
            return
        self._memory.write(to, data[start : start + size])

    def _new_bytes(self, _: int, size: int) -> int:
        return self.hold(bytearray(size)) if size <= LONGEST_ARRAY else self._throw()

    def _set_bytes(self, _: int, handle: int, start: int, size: int, source: int) -> None:
        data = self._get(handle, bytearray, "byte[] of its own")
        if start + size > len(data):
            self._throw()
            return
        data[start : start + size] = self._memory.read(source, size)

    def made(self, handle: int) -> bytes | None:
        """The byte[] that the stub returned; None for null."""
        return bytes(self._get(handle, bytearray, "byte[] of its own")) if handle else None

    def _set_ints(self, _: int, handle: int, start: int, count: int, source: int) -> None:
        values = self._get(handle, Ints, "int[]").values
        if start + count > len(values):
            self._throw()
            return
        data = self._memory.read(source, 4 * count)
        for i in range(count):
            values[start + i] = int.from_bytes(data[4 * i : 4 * i + 4], "little", signed=True)

    def _text_region(self, _: int, handle: int, start: int, count: int, to: int) -> None:
        units = _utf16(self._text(handle))
        if 2 * (start + count) > len(units):
            self._throw()
            return
        part = units[2 * start : 2 * (start + count)].decode("utf-16-le", "replace")
        self._memory.write(to, part.encode() + b"\0")

    def _register(self, _: int, holder: int, methods: int, count: int) -> int:
        owner = self._get(holder, JavaClass, "class").name
        if count > 64:
            raise Fault(f"it registers {count} natives")
        word = self._memory.word
        for i in range(count):
            name, signature, function = (self._memory.word_at(methods + (3 * i + k) * word) for k in range(3))
            text = [self._memory.text_at(at, LONGEST_NAME).decode("utf-8", "replace") for at in (name, signature)]
            self.natives[f"{owner}.{text[0]}{text[1]}"] = function
        return 0


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")
