"""What changes in each Mach-O file: which slice stays, which library it loads in place of Security."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from pinfuse.errors import UnsupportedApp
from pinfuse.ios import names
from pinfuse.ios.bundle import AppTree, Bundle, Code
from pinfuse.ios.macho.edit import Edit, append_load, apply, redirect, redirect_wide
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
    """Which entry a path in a load command means; empty for one that is none of the app's, or another one in another
    program that may load the file.
    """
    from_programs = [one.path for one in _loaders(tree, code)]
    for word, folders in (("@loader_path/", [posixpath.dirname(code.entry)]), ("@executable_path/", from_programs)):
        if path.startswith(word):
            rest = path.removeprefix(word)
            found = {posixpath.normpath(posixpath.join(folder, rest)) for folder in folders}
            return found.pop() if len(found) == 1 else ""
    return ""


def _loaders(tree: AppTree, code: Code) -> list[Bundle]:
    """The programs that may load a file: its own, and for a library of an app or App Clip the extensions in it too."""
    others = [one for one in tree.programs if one is not code.program and tree.home(one) is code.program]
    return [code.program, *([] if code.is_program else others)]


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


def programs_with_stub(tree: AppTree, *, only_main: bool) -> tuple[Bundle, ...]:
    """In which programs the stub runs, the app first: in all, or with ``--only-main`` in the app and in the extensions
    that load a library of it, and the stub with it.
    """
    if not only_main:
        return tree.programs
    of_app = {posixpath.basename(one.entry) for one in tree.codes if one.program is tree.main and not one.is_program}
    loading = {
        code.program.path for code in tree.codes for image in code.images for dylib in image.dylibs
        if not dylib.name.startswith("/") and posixpath.basename(dylib.name) in of_app
    }  # fmt: skip
    beside = (one for one in tree.programs[1:] if tree.home(one) is tree.main and one.path in loading)
    return (tree.main, *beside)


def _is_protected(tree: AppTree, code: Code, only_main: bool) -> bool:
    return not is_left(tree, code) and not (only_main and code.program is not tree.main)


def _edits(tree: AppTree, code: Code, image: Image) -> tuple[tuple[Edit, ...], str]:
    """Edits of one slice, and what they do in words."""
    paths = _paths(tree, code)
    found = loads_security(image)
    if found:
        alone = len(found) == 1
        done = [edit for dylib in found for edit in _redirect(image, dylib, paths, may_grow=alone)]
        return tuple(done), "the path of Security leads to the stub"
    if code.is_program:
        return append_load(image, paths[0]), "loads the stub"
    return (), ""


def _redirect(image: Image, dylib: Dylib, paths: tuple[str, ...], *, may_grow: bool) -> tuple[Edit, ...]:
    for path in paths:
        try:
            return redirect(image, dylib, path)
        except UnsupportedApp:
            continue
    return (redirect_wide if may_grow else redirect)(image, dylib, paths[0])


def _paths(tree: AppTree, code: Code) -> tuple[str, ...]:
    """Where the stub lies, seen from the file, and from its program where no other loads it too; the load command of
    Security holds 55 characters.
    """
    stub = stub_of(tree, code)
    from_file = f"@loader_path/{posixpath.relpath(stub, posixpath.dirname(code.entry))}"
    from_program = f"@executable_path/{posixpath.relpath(stub, code.program.path)}"
    return (from_file, from_program) if len(_loaders(tree, code)) == 1 else (from_file,)
