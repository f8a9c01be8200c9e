"""Edges: where the real class could meet the renamed one, so that the rename would break the app.

A reference to a method or field whose signature has the class is harmless when the app itself defines it: it was
renamed there too. Defined elsewhere (by the platform, by a library that the phone brings), it keeps the real class.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pinfuse.android.dex.file import FIELD_ID, METHOD_ID, NO_INDEX, PROTO_ID, Dex
from pinfuse.android.dex.rename import Facade

DEEPEST = 64
"""Superclasses that are followed at most."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field or method by owner (descriptor), name, and signature (descriptors, result last)."""

    owner: bytes
    name: bytes
    signature: tuple[bytes, ...]

    def __str__(self) -> str:
        owner = self.owner.decode("utf-8", "replace").strip("[L;").replace("/", ".")
        return f"{owner}.{self.name.decode('utf-8', 'replace')}"


def references(dex: Dex, facade: Facade) -> Iterator[Reference]:
    """Fields and methods whose signature has the class, but for those of the class itself."""
    names = {old for old, _ in facade.pairs[:3]}
    own = facade.pairs[0][0]
    types = {index for index in (dex.find_type(name) for name in names) if index is not None}
    if not types:
        return
    for owner, kind, name in struct.iter_unpack("<HHI", _table(dex, dex.fields, FIELD_ID)):
        if kind in types and dex.type_name(owner) != own:
            yield Reference(dex.type_name(owner), dex.string(name), (dex.type_name(kind),))
    protos = {}
    for number, (_, result, at) in enumerate(struct.iter_unpack("<III", _table(dex, dex.protos, PROTO_ID))):
        kinds = (*dex.type_list(at), result)
        if not types.isdisjoint(kinds):
            protos[number] = kinds
    for owner, proto, name in struct.iter_unpack("<HHI", _table(dex, dex.methods, METHOD_ID)):
        if proto in protos and dex.type_name(owner) != own:
            signature = tuple(dex.type_name(kind) for kind in protos[proto])
            yield Reference(dex.type_name(owner), dex.string(name), signature)


def _table(dex: Dex, table: tuple[int, int], step: int) -> memoryview:
    count, offset = table
    return memoryview(dex.data)[offset : offset + step * count]


def outside(found: Iterable[Reference], files: Callable[[], Iterator[Dex]]) -> list[Reference]:
    """Those of ``found`` that no class of the app defines, neither the owner nor its superclasses and interfaces."""
    open_ends = {one: [one.owner] for one in found}
    for _ in range(DEEPEST):
        wanted = {owner for owners in open_ends.values() for owner in owners}
        if not wanted:
            return []
        classes = _definitions(wanted, files())
        following: dict[Reference, list[bytes]] = {}
        for one, owners in open_ends.items():
            known = [classes[owner] for owner in owners if owner in classes]
            if any((one.name, one.signature) in made.members for made in known):
                continue
            following[one] = [parent for made in known for parent in made.parents]
        lost = [one for one, parents in following.items() if not parents]
        if lost:
            return lost
        open_ends = following
    return list(open_ends)


@dataclass(frozen=True, slots=True)
class Definition:
    """A class of the app: superclass and interfaces, and the fields and methods that it defines itself."""

    parents: tuple[bytes, ...]
    members: frozenset[tuple[bytes, tuple[bytes, ...]]]


def _definitions(wanted: set[bytes], files: Iterator[Dex]) -> dict[bytes, Definition]:
    """The classes among ``wanted`` that the app defines; the first file counts, as for the system."""
    found: dict[bytes, Definition] = {}
    for dex in files:
        types = {dex.find_type(name): name for name in wanted - found.keys()}
        left = [dex.fields[0], dex.methods[0]]
        for kind, _, parent, interfaces, _, _, data, _ in dex.class_defs():
            if kind in types:
                parents = (*((parent,) if parent != NO_INDEX else ()), *dex.type_list(interfaces))
                members = frozenset(_members(dex, data, left))
                found[types[kind]] = Definition(tuple(map(dex.type_name, parents)), members)
        if len(found) == len(wanted):
            break
    return found


def _members(dex: Dex, at: int, left: list[int]) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """Names and signatures out of a ``class_data_item``."""
    if not at:
        return
    counts, at = dex.class_data(at, left)
    for kind, count in enumerate(counts):
        index = 0
        for _ in range(count):
            step, at = dex.uleb(at)
            index += step
            for _ in range(1 if kind < 2 else 2):  # access flags, and the code of a method
                _, at = dex.uleb(at)
            yield _member(dex, index, is_field=kind < 2)


def _member(dex: Dex, index: int, *, is_field: bool) -> tuple[bytes, tuple[bytes, ...]]:
    count, offset = dex.fields if is_field else dex.methods
    if index >= count:
        raise dex.bad(f"there is no field or method {index}")
    _, kind, name = struct.unpack_from("<HHI", dex.data, offset + FIELD_ID * index)
    if is_field:
        return dex.string(name), (dex.type_name(kind),)
    if kind >= dex.protos[0]:
        raise dex.bad(f"there is no prototype {kind}")
    _, result, at = struct.unpack_from("<III", dex.data, dex.protos[1] + PROTO_ID * kind)
    return dex.string(name), tuple(map(dex.type_name, (*dex.type_list(at), result)))
