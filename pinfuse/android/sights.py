"""What an app's DEX files say of its TLS stacks, collected while each is in memory; rows are made of it later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pinfuse.android.dex.calls import calls
from pinfuse.android.dex.file import Dex
from pinfuse.android.dex.index import Index
from pinfuse.coverage.java import OWN_TLS, PROCEED, SERVERS, STACKS, UNCHECKED, JavaStack
from pinfuse.coverage.native import PRODUCTS

LONGEST_VERSION = 32


@dataclass
class Sights:
    """Filled by `look`; places are ``class (file)`` or a file."""

    stacks: dict[str, list[str]] = field(default_factory=dict)
    """Name of a stack → where it was seen."""
    versions: dict[str, str] = field(default_factory=dict)
    proceeds: list[str] = field(default_factory=list)
    """Classes that call ``SslErrorHandler.proceed``."""
    own_tls: dict[str, list[str]] = field(default_factory=dict)
    """Name of an implementation of TLS → classes outside of its package that make one."""
    unchecked: dict[str, list[str]] = field(default_factory=dict)
    """Name of a row → classes that give trust managers of their own past the layers."""
    servers: list[str] = field(default_factory=list)
    java_parts: set[str] = field(default_factory=set)
    """Classes that decide in place of a native library (`pinfuse.coverage.native.Product.java`)."""

    def look(self, dex: Dex) -> None:
        """Take in one DEX file; raises `pinfuse.errors.DamagedApp`."""
        index = Index(dex)
        for stack in STACKS:
            places = list(_places(stack, index, dex.name))
            if places:
                self.stacks.setdefault(stack.name, []).extend(places)
        for stack in STACKS:
            if stack.name in self.stacks and (version := _version(stack, index)):
                self.versions.setdefault(stack.name, version)
        self.java_parts |= {one.java for one in PRODUCTS if one.java and index.defined(one.java.encode())}
        self.servers += [dex.name for name in SERVERS if index.named(name.encode())][:1]
        self.proceeds += _callers(dex, *PROCEED)
        for row, owner, method in UNCHECKED:
            _add(self.unchecked, row, _callers_outside(dex, owner, method))
        for owner, name in OWN_TLS:
            _add(self.own_tls, name, _callers_outside(dex, owner, "<init>"))


def dotted(descriptor: bytes) -> str:
    """A class as people write it."""
    return descriptor.decode("utf-8", "replace").strip("L;").replace("/", ".")


def _places(stack: JavaStack, index: Index, file: str) -> Iterator[str]:
    classes = [found for prefix in stack.defined if (found := index.defined(prefix.encode()))]
    if classes:
        yield f"{dotted(classes[0])} ({file})"
    elif (
        any(index.named(prefix.encode()) for prefix in stack.named)
        or any(index.calls(owner.encode(), name.encode()) for owner, name in stack.calls)
        or any(True for prefix in stack.strings for _ in index.strings(prefix.encode()))
    ):
        yield file


def _version(stack: JavaStack, index: Index) -> str:
    """``okhttp/4.9.0`` gives ``4.9.0``."""
    for prefix in stack.strings:
        for text in index.strings(prefix.encode()):
            version = text.decode("utf-8", "replace").split("/", 1)[1].split(" ")[0]
            if version[:1].isdigit() and len(version) < LONGEST_VERSION:
                return version
    return ""


def _add(rows: dict[str, list[str]], name: str, classes: list[str]) -> None:
    if classes:
        known = rows.setdefault(name, [])
        known += [one for one in classes if one not in known]


def _callers_outside(dex: Dex, owner: str, name: str) -> list[str]:
    """Callers that are not of the owner's package, or of one inside it."""
    package = owner.rsplit("/", 1)[0].strip("L").replace("/", ".")
    return [one for one in _callers(dex, owner, name) if not one.startswith(f"{package}.")]


def _callers(dex: Dex, owner: str, name: str) -> list[str]:
    found = calls(dex, owner.encode(), (name.encode(),))
    return list(dict.fromkeys(dotted(call.caller) for call in found))
