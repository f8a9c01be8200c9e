"""Whether a bundle holds what its CodeResources says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pinfuse.errors import DamagedApp
from pinfuse.ios.signing.plists import load_plist
from pinfuse.ios.signing.resources import FOLDER, Resource, is_omitted

OLD, NEW = "files", "files2"
MOST_VALUES = 1 << 20
"""In a CodeResources: eight for each file, and an archive holds 65,535."""
MOST = 3
"""Paths in one sentence."""


def check_files(listing: bytes, held: Iterable[Resource], executable: str, where: str) -> Iterator[str]:
    """Problems of a bundle: what is missing, changed or added; ``held`` are all files in it, by their paths in it."""
    try:
        told = load_plist(listing, f"{where}/{FOLDER}/CodeResources", MOST_VALUES)
    except DamagedApp as error:
        yield str(error)
        return
    there = {one.path: one for one in held if one.path != executable and not one.path.startswith(f"{FOLDER}/")}
    old, new = (_part(told, name) for name in (OLD, NEW))
    if not isinstance(told.get(NEW), dict):
        yield f"{where}: its CodeResources lists no files by SHA-256"
    listed = [*old.items(), *new.items()]
    missing = [path for path, entry in listed if path not in there and not _is_optional(entry) and not _is_code(entry)]
    changed = [path for path, entry in listed if path in there and not _same(entry, there[path])]
    known = old.keys() | new.keys()
    folders = {path for path, entry in new.items() if _is_code(entry)}
    added = [
        path
        for path in there.keys() - (new.keys() or known)
        if not is_omitted(path) and not any(path.startswith(f"{folder}/") for folder in folders)
    ]
    for what, paths in (("not there", missing), ("changed", changed), ("not listed", added)):
        if paths:
            yield f"{where}: {what} by its CodeResources: {_some(paths)}"


def _part(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _is_optional(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("optional") is True


def _is_code(entry: Any) -> bool:
    """True for nested code that is told by its signature: files of it are listed by its own CodeResources."""
    return isinstance(entry, dict) and "cdhash" in entry


def _same(entry: Any, one: Resource) -> bool:
    if isinstance(entry, bytes):
        return entry == one.sha1
    if not isinstance(entry, dict):
        return False
    known = {"hash": one.sha1, "hash2": one.sha256, "symlink": one.target}
    told = {name: value for name, value in entry.items() if name in known}
    return _is_code(entry) or (bool(told) and all(known[name] == value for name, value in told.items()))


def _some(paths: Iterable[str]) -> str:
    ordered = sorted(set(paths))
    return ", ".join(ordered[:MOST]) + (f" and {len(ordered) - MOST} more" if ordered[MOST:] else "")
