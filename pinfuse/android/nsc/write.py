"""Layer A3 in an APK: into the config that the manifest names, or in one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pinfuse.android.manifest import ManifestFile
from pinfuse.android.nsc.merge import BASE, OFF, ROOT, merge
from pinfuse.android.nsc.pins import Wishes, wishes
from pinfuse.android.resources.axml import TYPE_BOOLEAN, TYPE_REFERENCE, Document
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.files import add_file, paths_of
from pinfuse.android.resources.tree import Tree, new_document
from pinfuse.container.reader import Archive
from pinfuse.errors import CheckFailed, UnsupportedApp
from pinfuse.formats import Change, Coverage
from pinfuse.policy.model import FusionSet

ATTRIBUTE, ATTRIBUTE_NAME = 0x01010527, "networkSecurityConfig"
CLEARTEXT = 0x010104EC
FILE = "res/zqk.xml"
TABLE, LARGEST_TABLE, LARGEST_CONFIG = "resources.arsc", 128 << 20, 4 << 20
FIRST_SYSTEM = 24


@dataclass(frozen=True, slots=True)
class Layer:
    """What the layer changes: contents of files by their names, old and new ones, and what has to be said."""

    files: Mapping[str, bytes]
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Coverage, ...]:
        """Its row of the coverage; none where it changes nothing."""
        detail = f"a second opinion on the hosts of the set, from API {FIRST_SYSTEM} on"
        row = Coverage("what asks the system's trust managers", "A3 network security config", "source", detail)
        return (row,) if self.files else ()


NOTHING = Layer({})


def pin_config(archive: Archive, manifest: ManifestFile, fusion_set: FusionSet | None, now: int) -> Layer:
    """The layer as the set wants it; the manifest is changed where it names no config yet.

    Raises `UnsupportedApp` where pins cannot be added at all, `CheckFailed` for a release some of whose hosts have no
    place in the app's config.
    """
    if fusion_set is None or not fusion_set.android.nsc_pins:
        return NOTHING
    wanted = wishes(fusion_set, now)
    if not wanted.domains:
        return Layer({}, (), wanted.left_out)
    if TABLE not in archive.entries:
        raise _refused("it has no resource table, where a config would stand", archive.name)
    if manifest.document.find(manifest.application, ATTRIBUTE) is None:
        return _new(archive, manifest, wanted, archive.read(TABLE, LARGEST_TABLE))
    paths = config_paths(archive, manifest)
    if not paths:
        raise _refused("its manifest names a network security config that is not there", archive.name)
    return _merged(archive, fusion_set, wanted, paths)


def config_paths(archive: Archive, manifest: ManifestFile) -> tuple[str, ...]:
    """The files behind the manifest's reference, one for each configuration; none where one of them is not there."""
    named = manifest.document.find(manifest.application, ATTRIBUTE)
    if named is None or named.type != TYPE_REFERENCE or TABLE not in archive.entries:
        return ()
    paths = paths_of(archive.read(TABLE, LARGEST_TABLE), named.data, Place(TABLE))
    return paths if set(paths) <= archive.entries.keys() else ()


def _refused(what: str, where: str) -> UnsupportedApp:
    return UnsupportedApp(what, where=where, todo=OFF)


def _merged(archive: Archive, fusion_set: FusionSet, wanted: Wishes, paths: tuple[str, ...]) -> Layer:
    files, changes, said, conflicts = {}, [], list[str](), list[str]()
    for path in paths:
        merged = merge(Document(archive.read(path, LARGEST_CONFIG), Place(path)), wanted)
        said += merged.said
        conflicts += merged.conflicts
        if merged.pinned:
            files[path] = merged.data
            changes.append(Change(path, f"network security config: pins of {merged.pinned} domains added"))
            said.append(_readable(path))
    if conflicts and fusion_set.release:
        raise CheckFailed(f"nsc-pins: {conflicts[0]}", where=paths[0], todo=f"change the app's config, or {OFF}")
    warnings = (*wanted.left_out, *(f"nsc-pins: {one}" for one in conflicts), *said)
    return Layer(files, tuple(changes), tuple(dict.fromkeys(warnings)))


def _new(archive: Archive, manifest: ManifestFile, wanted: Wishes, table: bytes) -> Layer:
    if FILE in archive.entries:
        raise _refused(f"it holds a file {FILE}", archive.name)
    if manifest.facts.needs_splits:
        raise _refused("it needs its splits, whose resource types are not known", archive.name)
    tree = Tree(new_document(ROOT, Place(FILE)))
    clear = manifest.document.find(manifest.application, CLEARTEXT)
    if clear is not None:  # a config takes the attribute's place
        if clear.type != TYPE_BOOLEAN:
            raise _refused("its usesCleartextTraffic is a reference, and a config would take its place", archive.name)
        tree.root.children.append(tree.make(BASE, {"cleartextTrafficPermitted": clear.data != 0}))
    merged = merge(Document(tree.pack(), Place(FILE)), wanted)
    try:
        changed, resource = add_file(table, FILE, Place(TABLE))
    except UnsupportedApp as error:
        raise _refused(error.what, archive.name) from error
    manifest.document.set(manifest.application, ATTRIBUTE, ATTRIBUTE_NAME, TYPE_REFERENCE, resource)
    changes = (
        Change(FILE, f"added: a network security config with the pins of {merged.pinned} domains"),
        Change(TABLE, f"added: {FILE} as {resource:#010x}"),
    )
    return Layer({FILE: merged.data, TABLE: changed}, changes, (*wanted.left_out, _readable(FILE)))


def _readable(path: str) -> str:
    return f"nsc-pins: hosts and pins stand readable in {path}; systems before API {FIRST_SYSTEM} do not look at them"
