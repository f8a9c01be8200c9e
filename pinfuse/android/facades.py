"""Layer A1: which facades this app gets, in which of its DEX files, and why one is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from pinfuse.android import names as n
from pinfuse.android.dex.edges import Reference, outside, references
from pinfuse.android.dex.file import Dex
from pinfuse.android.dex.index import Index
from pinfuse.android.dex.rename import FACADES, Facade, keeps_order, mentions
from pinfuse.android.scan import Library, scan
from pinfuse.container.reader import Archive
from pinfuse.errors import UnsupportedApp

DEX_NAME = re.compile(r"classes([2-9]|[1-9]\d+)?\.dex")
LARGEST_DEX = 256 << 20


@dataclass(frozen=True, slots=True)
class FacadePlan:
    """DEX file → the facades to rename in it; and facades that are left out, with the reason."""

    files: tuple[str, ...]
    """The DEX files that the system loads, in its order."""
    renames: Mapping[str, tuple[Facade, ...]]
    left_out: Mapping[Facade, str]
    libraries: tuple[Library, ...] = ()
    """The native libraries of the app, as the look for names in them saw them."""
    taken: str = ""
    """A class of the app that has the name of one of the shim's, and its file; the shim's own would never be loaded."""

    @property
    def following(self) -> str:
        """Name of the DEX file that comes after all others."""
        return f"classes{len(self.files) + 1}.dex"


def dex_names(archive: Archive) -> tuple[str, ...]:
    """The DEX files as the system finds them: classes.dex, classes2.dex, … up to the first gap.

    Raises `UnsupportedApp` for an app without code, or with DEX files behind a gap, which a file more would wake up.
    """
    present = {name for name in archive.entries if DEX_NAME.fullmatch(name)}
    if "classes.dex" not in present:
        raise UnsupportedApp(
            "it holds no classes.dex: there is no code whose sessions could be checked",
            where=archive.name,
            todo="give the base APK of the app",
        )
    names = ["classes.dex"]
    while (name := f"classes{len(names) + 1}.dex") in present:
        names.append(name)
    if len(names) < len(present):
        idle = sorted(present - set(names))
        what = f"Android does not load {', '.join(idle)}, because {name} is missing; one DEX file more would wake it up"
        raise UnsupportedApp(what, where=archive.name)
    return tuple(names)


def read_dex(archive: Archive, name: str) -> Dex:
    """One DEX file, inflated and checked."""
    return Dex(archive.read(name, LARGEST_DEX), name)


def shim_class(dex: Dex) -> str:
    """A class of this file that has the name of one of the shim's, and the file; "" for none."""
    index = Index(dex)
    found = filter(None, map(index.defined, (n.CLASSES, *(one.pairs[0][1] for one in FACADES))))
    return next((f"{one.decode('utf-8', 'replace').strip('L;').replace('/', '.')} in {dex.name}" for one in found), "")


def plan_facades(
    archive: Archive, look: Callable[[Dex], None] = lambda _: None, *, built: Collection[str] = ()
) -> FacadePlan:
    """Decide the rename for every DEX file; raises `pinfuse.errors.DamagedApp` for one that cannot be read.

    ``look`` gets each DEX file while it is in memory; ``built`` are entries that an earlier build added.
    """
    names = tuple(name for name in dex_names(archive) if name not in built)
    taken = ""
    users: dict[Facade, list[str]] = {}
    suspects: dict[Facade, list[Reference]] = {facade: [] for facade in FACADES}
    left_out: dict[Facade, str] = {}
    for name in names:
        dex = read_dex(archive, name)
        look(dex)
        taken = taken or shim_class(dex)
        for facade in FACADES:
            if not mentions(dex, facade):
                continue
            users.setdefault(facade, []).append(name)
            obstacle = _obstacle(dex, facade)
            if obstacle:
                left_out.setdefault(facade, f"{name} {obstacle}")
            suspects[facade] += outside(references(dex, facade), lambda dex=dex: iter((dex,)))  # type: ignore[misc]

    def files() -> Iterator[Dex]:
        return (read_dex(archive, name) for name in names)

    for facade in users:
        lost = outside(suspects[facade], files)
        if lost:
            left_out.setdefault(facade, f"{lost[0]} takes or gives the real class, and is not part of the app")
    scanned = scan(archive, frozenset((*names, *built)), [facade.real for facade in users])
    for hit in scanned.hits:
        facade = next(one for one in FACADES if one.real == hit.name)
        left_out.setdefault(facade, f"{hit.entry} is {hit.what} and may name the real class")
    chosen = {
        name: tuple(one for one in FACADES if one not in left_out and name in users.get(one, ())) for name in names
    }
    renames = {name: facades for name, facades in chosen.items() if facades}
    return FacadePlan(names, renames, left_out, scanned.libraries, taken)


def _obstacle(dex: Dex, facade: Facade) -> str:
    if dex.is_container:
        return "is a container whose files share their strings"
    own = dex.find_type(facade.pairs[0][0])
    if own is not None and any(one[0] == own for one in dex.class_defs()):
        return "brings a class of the platform's name itself"
    if not keeps_order(dex, facade):
        return "has names beside it that the rename would bring out of order"
    return ""
