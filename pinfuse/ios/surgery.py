"""What changes in each Mach-O file: which slice stays, which library it loads in place of Security."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from pinfuse.errors import UnsupportedApp
from pinfuse.ios import names
from pinfuse.ios.bundle import AppTree, Code
from pinfuse.ios.macho.edit import Edit, append_load, apply, redirect
from pinfuse.ios.macho.image import Dylib, Image
from pinfuse.ios.suitable import is_simulated, is_watch, kept_slices, runs


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done to one file before it is signed."""

    code: Code
    keep: int | None
    """Number of the one slice that stays of a fat file; None: the file keeps its form."""
    edits: tuple[tuple[int, tuple[Edit, ...]], ...]
    """Number of a slice, and its edits; offsets in the slice."""
    said: str
    """In words; empty for a file that is only signed again."""


def plan(tree: AppTree, code: Code, *, thin: str | None, only_main: bool) -> Operation:
    """Decide what changes in a file; raises `UnsupportedApp` with the reason where an edit has no place."""
    kept = kept_slices(code, thin)
    keep = kept[0] if len(code.images) > 1 and len(kept) == 1 else None
    said = [f"thinned to {code.images[kept[0]].architecture}"] if keep is not None else []
    edits = []
    if _is_protected(tree, code, only_main):
        loaded = [number for number in kept if runs(code.images[number], simulated=is_simulated(tree))]
        done = [(number, *_edits(tree, code, code.images[number])) for number in loaded]
        edits = [(number, some) for number, some, _ in done if some]
        said += dict.fromkeys(words for _, some, words in done if some)
    return Operation(code, keep, tuple(edits), "; ".join(said))


def operate(data: bytes, operation: Operation) -> bytes:
    """The file with every edit; it is not signed yet."""
    parts = operation.code.slices
    if operation.keep is not None:
        part = parts[operation.keep]
        return apply(data[part.offset : part.offset + part.size], dict(operation.edits).get(operation.keep, ()))
    moved = [Edit(parts[number].offset + one.offset, one.data) for number, some in operation.edits for one in some]
    return apply(data, tuple(moved))


def loads_security(image: Image) -> tuple[Dylib, ...]:
    """The load commands that name the system's Security."""
    return tuple(one for one in image.dylibs if one.name == names.SECURITY)


def resolve(tree: AppTree, code: Code, path: str) -> str:
    """Which entry a path in a load command means; empty for one that is none of the app's."""
    for word, folder in (("@loader_path/", posixpath.dirname(code.entry)), ("@executable_path/", code.program.path)):
        if path.startswith(word):
            return posixpath.normpath(posixpath.join(folder, path.removeprefix(word)))
    return ""


def is_left(tree: AppTree, code: Code) -> bool:
    """True for files that are only signed again: those for the watch, and the stub itself."""
    return is_watch(code) or code.entry == stub_of(tree, code)


def stub_of(tree: AppTree, code: Code) -> str:
    """Entry of the stub that a file is to load."""
    return f"{tree.home(code.program).path}/{names.BINARY}"


def loads_stub(tree: AppTree, code: Code, image: Image) -> tuple[Dylib, ...]:
    """The load commands that lead to the stub."""
    stub = stub_of(tree, code)
    return tuple(one for one in image.dylibs if resolve(tree, code, one.name) == stub)


def _is_protected(tree: AppTree, code: Code, only_main: bool) -> bool:
    return not is_left(tree, code) and not (only_main and code.program is not tree.main)


def _edits(tree: AppTree, code: Code, image: Image) -> tuple[tuple[Edit, ...], str]:
    """Edits of one slice, and what they do in words."""
    paths = _paths(tree, code)
    found = loads_security(image)
    if found:
        done = [edit for dylib in found for edit in _redirect(image, dylib, paths)]
        return tuple(done), "the path of Security leads to the stub"
    if code.is_program:
        return append_load(image, paths[0]), "loads the stub"
    return (), ""


def _redirect(image: Image, dylib: Dylib, paths: tuple[str, ...]) -> tuple[Edit, ...]:
    for path in paths[:-1]:
        try:
            return redirect(image, dylib, path)
        except UnsupportedApp:
            continue
    return redirect(image, dylib, paths[-1])


def _paths(tree: AppTree, code: Code) -> tuple[str, ...]:
    """Where the stub lies, seen from the file and from its program; a load command holds 55 characters."""
    stub = stub_of(tree, code)
    return (
        f"@loader_path/{posixpath.relpath(stub, posixpath.dirname(code.entry))}",
        f"@executable_path/{posixpath.relpath(stub, code.program.path)}",
    )
