"""What an archive holds: the app, the bundles inside it, and every Mach-O file with the program it belongs to.

``Payload/X.app`` of an IPA, or the one ``X.app`` of a zipped app. ``SwiftSupport``, ``Symbols``, ``Signatures`` and
``WatchKitSupport2`` beside it are nobody's business.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pinfuse.container.reader import Archive
from pinfuse.errors import DamagedApp, UnsupportedApp
from pinfuse.ios import names
from pinfuse.ios.links import is_folder, is_link, read_links
from pinfuse.ios.macho.image import BUNDLE_FILE, DYLIB_FILE, EXECUTE, Image, read
from pinfuse.ios.macho.slices import FAT_HEADER, Slice, is_macho, slices
from pinfuse.ios.plist import LARGEST as LARGEST_INFO
from pinfuse.ios.plist import read_plist, text_of

ROOT = re.compile(r"(Payload/[^/]+\.app)(?:/|$)")
ZIPPED_ROOT = re.compile(r"([^/]+\.app)/")
LARGEST_CODE, LARGEST_APP = 512 << 20, 4 << 30
"""Bytes of one Mach-O file, and of a whole app, which Apple takes no larger."""
MOST_KEPT = 32 << 20
"""Bytes of Mach-O files that are read once and kept until they are written."""
LOADED = (EXECUTE, DYLIB_FILE, BUNDLE_FILE)
"""Kinds of images that are loaded, and signed; others (symbols, objects) are files like any other."""
CODE_FOLDERS = (".app", ".appex", ".framework", ".xctest")
"""Endings of folders whose Info.plist must be one; in others it may be a file of that name."""
MOST_CODES = 2048
EXECUTABLE, ID = "CFBundleExecutable", "CFBundleIdentifier"
WATCH_KEYS = ("WKWatchKitApp", "WKApplication", "WKWatchOnly")


class Kind(StrEnum):
    """What a bundle is."""

    APP = "app"
    EXTENSION = "extension"
    CLIP = "App Clip"
    WATCH = "watch app"
    FRAMEWORK = "framework"
    OTHER = "bundle"


PROGRAMS = (Kind.APP, Kind.EXTENSION, Kind.CLIP)
"""Bundles that iOS starts as processes of their own."""
PROFILED = (*PROGRAMS, Kind.WATCH)
"""Bundles with an Info.plist that the system asks about TLS, with a profile and entitlements."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder with an Info.plist and the executable that it names."""

    path: str
    """Without a slash at its end."""
    kind: Kind
    info: Mapping[str, Any]
    executable: str
    """Entry of its Mach-O file."""

    @property
    def identifier(self) -> str:
        """The bundle id."""
        return text_of(self.info, ID)

    def holds(self, entry: str) -> bool:
        """True for what lies in it."""
        return entry.startswith(f"{self.path}/")


@dataclass(frozen=True, slots=True)
class Code:
    """A Mach-O file: its slices, and for each the image, of which only load commands and padding are kept."""

    entry: str
    slices: tuple[Slice, ...]
    images: tuple[Image, ...]
    bundle: Bundle | None
    """Whose executable it is; None for a loose library."""
    program: Bundle
    """The program, or watch app, in whose folder it lies."""
    looks_for_jailbreak: bool = False

    @property
    def is_program(self) -> bool:
        """True for the executable of a process."""
        return self.bundle is not None and self.bundle.kind in PROGRAMS


@dataclass(frozen=True, slots=True)
class AppTree:
    """One app as it lies in its archive."""

    archive: Archive
    main: Bundle
    bundles: tuple[Bundle, ...]
    """All with an executable, those inside others first, the app itself last."""
    codes: tuple[Code, ...]
    links: Mapping[str, str]
    is_ipa: bool
    """False for a zipped ``X.app``."""
    kept: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Contents of Mach-O files that were read already, up to `MOST_KEPT` bytes in all."""

    def content(self, entry: str) -> bytes:
        """The content of a Mach-O file; raises `DamagedApp`."""
        return self.kept[entry] if entry in self.kept else self.archive.read(entry, LARGEST_CODE)

    @property
    def programs(self) -> tuple[Bundle, ...]:
        """The app first, then extensions and App Clips."""
        found = [one for one in self.bundles if one.kind in PROGRAMS]
        return tuple(sorted(found, key=lambda one: (one is not self.main, one.path)))

    def home(self, program: Bundle) -> Bundle:
        """In whose ``Frameworks`` the stub of a program lies: the App Clip around it, else the app."""
        around = [one for one in self.bundles if one.kind is Kind.CLIP and (one is program or one.holds(program.path))]
        return around[0] if around else self.main


def find_root(archive: Archive) -> str:
    """The folder of the one app; empty when there is none. Raises `UnsupportedApp` for several."""
    for form in (ROOT, ZIPPED_ROOT):
        found = sorted({match[1] for name in archive.entries if (match := form.match(name))})
        if len(found) > 1:
            raise UnsupportedApp(f"it holds {len(found)} apps: {', '.join(found[:5])}", where=archive.name)
        if found:
            return found[0]
    return ""


def read_app(archive: Archive) -> AppTree:
    """Read what is in it; raises `UnsupportedApp` and `DamagedApp` with the reason."""
    root = find_root(archive)
    if not root:
        todo = "pack it as Xcode does: Payload at the top of the archive"
        raise UnsupportedApp("it holds no Payload/*.app", where=archive.name, todo=todo)
    if sum(entry.size for entry in archive.entries.values()) > LARGEST_APP:
        raise UnsupportedApp("unpacked it has more than 4 GB, which no app may have", where=archive.name)
    links = read_links(archive)
    machos = {name for name in _files(archive, root) if is_macho(archive.head(archive.entries[name], FAT_HEADER))}
    if len(machos) > MOST_CODES:
        raise UnsupportedApp(f"it holds {len(machos)} Mach-O files, and more than any app", where=archive.name)
    bundles = sorted(_bundles(archive, root, machos), key=lambda one: (-one.path.count("/"), one.path))
    main = bundles[-1] if bundles and bundles[-1].path == root else None
    if main is None:
        raise _no_main(archive, root)
    bundles = [replace(one, kind=_kind(one, root, bundles)) for one in bundles]
    kept: dict[str, bytes] = {}
    codes = tuple(_codes(archive, sorted(machos), bundles, kept))
    if all(code.bundle is not bundles[-1] for code in codes):
        raise DamagedApp("its executable is no program", where=f"{archive.name}, {main.executable}")
    return AppTree(archive, bundles[-1], tuple(bundles), codes, links, root.startswith("Payload/"), kept)


def _files(archive: Archive, root: str) -> Iterator[str]:
    for name, entry in archive.entries.items():
        if name.startswith(f"{root}/") and not is_folder(entry) and not is_link(entry) and entry.size:
            yield name


def _bundles(archive: Archive, root: str, machos: set[str]) -> Iterator[Bundle]:
    for name in _files(archive, root):
        path, file = posixpath.split(name)
        if file != names.INFO or "." not in posixpath.basename(path):
            continue
        try:
            info = read_plist(archive.read(name, LARGEST_INFO), f"{archive.name}, {name}")
        except DamagedApp:
            if path.endswith(CODE_FOLDERS):
                raise
            continue
        executable = f"{path}/{text_of(info, EXECUTABLE)}"
        if executable in machos and posixpath.dirname(executable) == path:
            _require_one_reading(archive, path, info)
            yield Bundle(path, Kind.APP if path == root else Kind.OTHER, info, executable)
        elif path.endswith(".appex") or posixpath.dirname(path) == f"{root}/AppClips":
            raise _no_executable(archive, path, info)


def _no_main(archive: Archive, root: str) -> DamagedApp | UnsupportedApp:
    info = f"{root}/{names.INFO}"
    if f"{root}/Contents/{names.INFO}" in archive.entries:
        return UnsupportedApp("it is an app for macOS", where=archive.name, todo="give an app for iOS")
    if info not in archive.entries:
        return DamagedApp(f"it holds no {names.INFO}", where=f"{archive.name}, {root}")
    return _no_executable(archive, root, read_plist(archive.read(info, LARGEST_INFO), f"{archive.name}, {info}"))


def _no_executable(archive: Archive, path: str, info: Mapping[str, Any]) -> DamagedApp:
    named = text_of(info, EXECUTABLE)
    what = f"its executable {named!r} is not there, or no Mach-O file" if named else "it names no executable"
    return DamagedApp(what, where=f"{archive.name}, {path}")


def _require_one_reading(archive: Archive, path: str, info: Mapping[str, Any]) -> None:
    """Raise `UnsupportedApp` where some devices read another executable or bundle id (CoreFoundation: CFBundle)."""
    keys = tuple(f"{name}{sign}" for name in (EXECUTABLE, ID) for sign in "-~")
    other = [key for key in info if key.startswith(keys)]
    other += [file for file in names.OTHER_INFO if f"{path}/{file}" in archive.entries]
    if other:
        what = f"some devices take its executable or bundle id from {', '.join(other)}"
        raise UnsupportedApp(what, where=f"{archive.name}, {path}", todo=f"keep {EXECUTABLE} and {ID} alone")


def _kind(bundle: Bundle, root: str, bundles: list[Bundle]) -> Kind:
    if bundle.path == root:
        return Kind.APP
    apps = [one for one in bundles if one.path.endswith(".app") and one.path != root]
    around = [one for one in apps if one is bundle or one.holds(bundle.path)]
    folders = bundle.path.removeprefix(root).split("/")
    if "Watch" in folders[:2] or any(one.info.get(key) for one in around for key in WATCH_KEYS):
        return Kind.WATCH
    match posixpath.splitext(bundle.path)[1]:
        case ".appex":
            return Kind.EXTENSION
        case ".app" if folders[-2] == "AppClips":
            return Kind.CLIP
        case ".framework":
            return Kind.FRAMEWORK
    return Kind.OTHER


def _codes(archive: Archive, machos: list[str], bundles: list[Bundle], kept: dict[str, bytes]) -> Iterator[Code]:
    own = {one.executable: one for one in bundles}
    for name in machos:
        if name.endswith(f"/{names.WATCH_STUB}") and name not in own:
            continue
        where, data = f"{archive.name}, {name}", archive.read(name, LARGEST_CODE)
        if len(data) + sum(map(len, kept.values())) <= MOST_KEPT:
            kept[name] = data
        parts = slices(data, where)
        images = tuple(_image(data, part, where) for part in parts)
        loaded = [image.kind in LOADED for image in images]
        if not all(loaded):
            if any(loaded) or name in own:
                raise DamagedApp("it is no program and no library, or only in a part of it", where=where)
            continue
        program = next(one for one in bundles if one.kind in (*PROGRAMS, Kind.WATCH) and one.holds(name))
        yield Code(name, parts, images, own.get(name), program, b"/Applications/Cydia.app" in data)


def _image(data: bytes, part: Slice, where: str) -> Image:
    image = read(data if part.size == len(data) else data[part.offset : part.offset + part.size], where)
    return replace(image, data=image.data[: max(image.room_end, image.commands_end)])
