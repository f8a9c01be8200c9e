# SPDX-License-Identifier: MIT
"""A little Objective-C runtime (objc4: ``runtime.h``, ``message.h``, ``objc-block-trampolines.mm``).

Classes come from tables (`Row`): their methods run in this process until the stub puts its own in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pinfuse.prover.apple.blocks import Blocks
from pinfuse.prover.apple.objects import Objects
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Answer, Jump, Machine, Outside

LONGEST_NAME = 256
MOST_CLASSES = 1024
ROOT = "NSObject"


@dataclass(frozen=True, slots=True)
class Row:
    """A method: class, ``+`` or ``-`` and selector, types of the arguments behind object and selector, what it does.

    ``run`` gets the object's handle and the arguments.
    """

    holder: str
    name: str
    types: str
    run: Callable[..., Answer]


@dataclass(eq=False)
class ObjcClass:
    """A class, or (``meta`` None) the class of a class; ``methods`` are its own: selector → address of the code."""

    name: str
    parent: ObjcClass | None
    meta: ObjcClass | None = None
    methods: dict[str, int] = field(default_factory=dict)

    def find(self, selector: str) -> ObjcClass | None:
        """The class that defines a method: this one or one above."""
        one: ObjcClass | None = self
        while one is not None and selector not in one.methods:
            one = one.parent
        return one

    def is_a(self, other: ObjcClass) -> bool:
        """Whether it is that class or one below it."""
        return self is other or (self.parent is not None and self.parent.is_a(other))


@dataclass(eq=False)
class Method:
    """A method where it is defined."""

    holder: ObjcClass
    selector: str


@dataclass(eq=False)
class Instance:
    """An object; one with a ``target`` forwards to it what it does not answer itself."""

    kind: ObjcClass
    fields: dict[str, Any] = field(default_factory=dict)
    target: Instance | None = None
    seems: ObjcClass | None = None
    """The class that it says it has, where that is another (key-value observing)."""


class Runtime:
    """Functions by their C names; `define` adds classes."""

    def __init__(self, machine: Machine, objects: Objects, blocks: Blocks) -> None:
        self._machine, self._memory = machine, machine.memory
        self._objects, self._blocks = objects, blocks
        self._parents: list[tuple[str, str]] = []
        self._rows: list[tuple[Row, int]] = []
        self._names: dict[int, str] = {}
        self._selectors: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._trampolines: list[int] = []
        self._imps: dict[int, int] = {}
        """Address of each trampoline in use → its block."""
        self.classes: dict[str, ObjcClass] = {}
        self._send = Outside("objc_msgSend", "pp", self._message, jumps=True)
        self.send_at = machine.trap(self._send)
        get = objects.get
        self.functions = [
            self._send,
            Outside("_objc_msgForward", "pp", self._forward, jumps=True),
            Outside("objc_getClass", "p", lambda name: self._class_handle(self._text(name))),
            Outside("object_getClass", "p", lambda one: self._hold(self.class_of(one)) if one else 0),
            Outside("sel_registerName", "p", lambda name: self.selector(self._text(name))),
            Outside("objc_allocateClassPair", "ppz", self._allocate),
            Outside("objc_registerClassPair", "p", self._register),
            Outside("class_getInstanceMethod", "pp", lambda kind, name: self._method(get(kind, ObjcClass), name)),
            Outside("class_getClassMethod", "pp", lambda kind, name: self._method(get(kind, ObjcClass).meta, name)),
            Outside("class_addMethod", "pppp", self._add),
            Outside("method_getImplementation", "p", lambda one: self._code(get(one, Method))),
            Outside("method_setImplementation", "pp", self._set),
            Outside("imp_implementationWithBlock", "p", self._trampoline, jumps=True),
            Outside("imp_getBlock", "p", lambda code: self._imps.get(code, 0)),
        ]
        self._methods: dict[tuple[int, str], Method] = {}

    def define(self, parents: Iterable[tuple[str, str]], rows: Iterable[Row]) -> None:
        """Classes with the class above each, and methods."""
        self._parents += parents
        for row in rows:

            def run(this: int, _: int, *values: int, row: Row = row) -> Answer:
                return row.run(this, *values)

            code = self._machine.trap(Outside(f"{row.name[0]}[{row.holder} {row.name[1:]}]", f"pp{row.types}", run,
                                              jumps=True))  # fmt: skip
            self._rows.append((row, code))

    def reset(self) -> None:
        """Every class as it was defined; nothing that the stub registered or replaced."""
        self._selectors = dict(self._kept)
        self._names = {at: name for name, at in self._selectors.items()}
        self._imps.clear()
        self._methods.clear()
        root = ObjcClass(ROOT, None, ObjcClass(ROOT, None))
        assert root.meta is not None
        root.meta.parent = root
        self.classes = {ROOT: root}
        for name, parent in self._parents:
            self.classes[name] = self._new(name, self.classes[parent])
        for row, code in self._rows:
            kind: ObjcClass | None = self.classes[row.holder]
            kind = kind.meta if row.name[0] == "+" and kind else kind
            assert kind is not None
            kind.methods[row.name[1:]] = code

    def keep(self) -> None:
        """Selectors registered until now outlive `reset`."""
        self._kept = dict(self._selectors)

    def _new(self, name: str, parent: ObjcClass) -> ObjcClass:
        return ObjcClass(name, parent, ObjcClass(name, parent.meta))

    def make(self, name: str, *, target: Instance | None = None, **fields: Any) -> Instance:
        """An object of a class."""
        return Instance(self.classes[name], fields, target)

    def selector(self, name: str) -> int:
        """The selector of a name, which is the address of that name."""
        if name not in self._selectors:
            self._selectors[name] = self._memory.take(name.encode() + b"\0")
            self._names[self._selectors[name]] = name
        return self._selectors[name]

    def name_of(self, selector: int) -> str:
        """The name of a selector; `Fault` for what is none."""
        if selector not in self._names:
            raise Fault(f"{selector:#x} is no selector")
        return self._names[selector]

    def send(self, to: int, name: str, *values: int) -> int:
        """A message by the app or the system; its result."""
        return self._machine.run(self.send_at, "p" * (2 + len(values)), to, self.selector(name), *values)

    def responds(self, to: Instance | ObjcClass, name: str) -> bool:
        """Whether an object answers a message, itself or by forwarding; a class does with methods of the class."""
        if isinstance(to, ObjcClass):
            return to.meta is not None and to.meta.find(name) is not None
        return to.kind.find(name) is not None or (to.target is not None and self.responds(to.target, name))

    def class_of(self, handle: int) -> ObjcClass:
        """The class of an object, which for a class is its meta class."""
        value = self._objects.any(handle)
        if isinstance(value, Instance):
            return value.kind
        if isinstance(value, ObjcClass):
            return value.meta or self.classes[ROOT]
        return self.classes[ROOT]

    def _hold(self, kind: ObjcClass) -> int:
        return self._objects.hold(kind)

    def _text(self, at: int) -> str:
        return self._memory.text_at(at, LONGEST_NAME).decode("utf-8", "replace")

    def _class_handle(self, name: str) -> int:
        return self._objects.hold(self.classes.get(name))

    def _message(self, to: int, selector: int) -> Answer:
        name = self.name_of(selector)
        if not to:
            return 0
        holder = self.class_of(to).find(name)
        if holder is None:
            return self._forward(to, selector)
        return Jump(holder.methods[name], ())

    def _forward(self, to: int, selector: int) -> Answer:
        value, name = self._objects.any(to), self.name_of(selector)
        if not isinstance(value, Instance) or value.target is None:
            raise Fault(f"{self.class_of(to).name} does not answer {name}")
        holder = value.target.kind.find(name)
        target = self._objects.hold(value.target)
        return Jump(holder.methods[name], (target,)) if holder else self._forward(target, selector)

    def _allocate(self, parent: int, name: int, _: int) -> int:
        text = self._text(name)
        if text in self.classes or len(self.classes) >= MOST_CLASSES:
            return 0
        return self._objects.hold(self._new(text, self._objects.get(parent, ObjcClass)))

    def _register(self, handle: int) -> None:
        kind = self._objects.get(handle, ObjcClass)
        self.classes[kind.name] = kind

    def _method(self, kind: ObjcClass | None, selector: int) -> int:
        name = self.name_of(selector)
        holder = kind.find(name) if kind else None
        if holder is None:
            return 0
        return self._objects.hold(self._methods.setdefault((id(holder), name), Method(holder, name)))

    def _code(self, method: Method) -> int:
        return method.holder.methods[method.selector]

    def _set(self, handle: int, code: int) -> int:
        method = self._objects.get(handle, Method)
        before = self._code(method)
        method.holder.methods[method.selector] = code
        return before

    def _add(self, kind: int, selector: int, code: int, types: int) -> int:
        methods, name = self._objects.get(kind, ObjcClass).methods, self.name_of(selector)
        if len(self._text(types)) < 3:
            raise Fault("a method is added without its types")
        if name in methods:
            return 0
        methods[name] = code
        return 1

    def _trampoline(self, block: int) -> Answer:
        """Code that calls a block with the object in the selector's place; the other arguments stay where they are."""
        return self._blocks.copy(block, self._lead_to)

    def _lead_to(self, block: int) -> int:
        number = len(self._imps)
        if number == len(self._trampolines):
            self._trampolines.append(self._new_trampoline())
        self._imps[self._trampolines[number]] = block
        return self._trampolines[number]

    def _new_trampoline(self) -> int:
        def run(this: int) -> Answer:
            block = self._imps[at]
            return Jump(self._blocks.function(block), (block, this))

        at = self._machine.trap(Outside("a method of the stub", "p", run, jumps=True))
        return at
