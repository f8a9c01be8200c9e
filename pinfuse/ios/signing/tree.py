"""A bundle as the signer sees it: nested bundles, libraries and resources, with the changes so far."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.errors import DamagedApp
from pinfuse.ios.macho.image import BUNDLE_FILE, DYLIB_FILE, EXECUTE, read
from pinfuse.ios.macho.slices import is_macho, slices
from pinfuse.ios.signing.plists import load_plist
from pinfuse.ios.signing.resources import Resource
from pinfuse.ios.signing.view import BundleView

INFO = "Info.plist"
CODE_FOLDERS = (".app", ".appex", ".framework", ".xctest", ".bundle", ".xpc")
"""Endings of folders that may be code; one whose Info.plist names no Mach-O in it is not."""
MAY_BE_RESOURCES = (".bundle", ".xpc")
LIBRARIES = (DYLIB_FILE, BUNDLE_FILE)


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle of code."""

    root: str
    """Its folder; empty for the whole view."""
    bundle_id: str
    executable: str
    """Path in the view."""
    info: bytes
    """Its Info.plist."""
    has_entitlements: bool
    """True for apps and extensions: what they execute is a program."""

    @property
    def where(self) -> str:
        """How errors name it."""
        return self.root or self.bundle_id

    def path(self, name: str) -> str:
        """The path in the view of a path in it."""
        return f"{self.root}/{name}" if self.root else name

    def path_in(self, path: str) -> str:
        """The path in it of a path in the view."""
        return path.removeprefix(f"{self.root}/") if self.root else path


class Tree:
    """All files of a view; raises `DamagedApp` for bundles that break their format."""

    def __init__(self, view: BundleView) -> None:
        self._view = view
        self.changed: dict[str, bytes] = {}
        self._kinds: dict[str, int] = {}
        """Path of each Mach-O → kind of its first image."""
        self.paths = frozenset(view.paths())
        self._resources = {path: self._scan(path) for path in sorted(self.paths)}
        self.bundles = tuple(sorted(self._bundles(), key=_depth))
        """The deepest first: the view itself is the last."""
        executables = {one.executable for one in self.bundles}
        self.libraries = tuple(
            path for path, kind in self._kinds.items() if kind in LIBRARIES and path not in executables
        )
        """Code that belongs to no bundle of its own."""
        for path in self._kinds.keys() - executables - {*self.libraries}:
            self._resources[path] = Resource.of(path, view.read(path))

    def read(self, path: str) -> bytes:
        """A file as it is now."""
        return self.changed[path] if path in self.changed else self._view.read(path)

    def put(self, path: str, data: bytes) -> None:
        """Change a file or add one."""
        self.changed[path] = data
        self._resources[path] = Resource.of(path, data)

    def note(self, path: str, data: bytes) -> None:
        """Tell the content of code that stays as it is."""
        self._resources[path] = Resource.of(path, data)

    def resources(self, root: str) -> Iterator[Resource]:
        """Everything below a folder, by the paths in it."""
        start = f"{root}/" if root else ""
        for path, one in self._resources.items():
            if path.startswith(start):
                yield Resource(path.removeprefix(start), one.sha1, one.sha256, one.target)

    def _scan(self, path: str) -> Resource:
        target = self._view.target(path)
        if target is not None:
            return Resource(path, target=target)
        old, new = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
        chunks = iter(self._view.chunks(path))
        start = [*itertools.islice(chunks, 1)]
        if start and is_macho(start[0][:8]):
            start += itertools.islice(chunks, 1)
            kind = _kind(start[0] if len(start) == 1 else self._view.read(path), path)
            if kind:
                self._kinds[path] = kind
                return Resource(path)
        for chunk in itertools.chain(start, chunks):
            old.update(chunk)
            new.update(chunk)
        return Resource(path, old.digest(), new.digest())

    def _bundles(self) -> Iterator[Bundle]:
        whole = self._bundle("", must=True)
        if whole:
            yield whole
        for path in sorted(self.paths):
            root = path.removesuffix(f"/{INFO}")
            if root != path and root.endswith(CODE_FOLDERS):
                found = self._bundle(root, must=False)
                if found:
                    yield found

    def _bundle(self, root: str, must: bool) -> Bundle | None:
        """The bundle of a folder; None for one that is no code, unless it ``must`` be."""
        where = root or "the app"
        path = f"{root}/{INFO}" if root else INFO
        if path not in self.paths:
            raise DamagedApp(f"it has no {INFO}", where=where)
        info = self.read(path)
        try:
            told = load_plist(info, path)
        except DamagedApp:
            if must or not root.endswith(MAY_BE_RESOURCES):
                raise
            return None
        name, bundle_id = told.get("CFBundleExecutable"), told.get("CFBundleIdentifier")
        executable = f"{root}/{name}" if root else str(name)
        kind = self._kinds.get(executable, 0)
        if not isinstance(name, str) or "/" in name or not kind:
            if must:
                raise DamagedApp(f"the executable that its {INFO} names is no Mach-O file in it", where=where)
            return None
        known = bundle_id if isinstance(bundle_id, str) and bundle_id else name
        return Bundle(root, known, executable, info, kind == EXECUTE)


def _depth(bundle: Bundle) -> int:
    return -len(bundle.root.split("/")) if bundle.root else 0


def _kind(data: bytes, where: str) -> int:
    """The kind of the first image of a file that begins as a Mach-O; 0 when it is none after all."""
    try:
        first = slices(data, where)[0]
        return read(data[first.offset : first.offset + first.size], where).kind
    except DamagedApp:
        return 0
