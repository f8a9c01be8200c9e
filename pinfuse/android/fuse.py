"""Deciding what changes in an APK: manifest, DEX files, stubs, and what has to be said about it.

Nothing large is made here: `pinfuse.android.output` renames and packs while it writes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pinfuse.android import names
from pinfuse.android.coverage import Seen, coverage_of
from pinfuse.android.dex.rename import Facade
from pinfuse.android.dex.slot import fill
from pinfuse.android.facades import FacadePlan, dex_names, plan_facades
from pinfuse.android.linking import LinkPlan, callers_among, plan_links
from pinfuse.android.manifest import ENTRY, Manifest, ManifestFile
from pinfuse.android.nsc.write import pin_config
from pinfuse.android.packing import LIBRARY, is_signature
from pinfuse.android.profile import PROFILE, checksums_of
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.table import check_table
from pinfuse.android.sights import Sights
from pinfuse.android.webview import WebViewPlan, is_strict, plan_webview
from pinfuse.container.reader import Archive
from pinfuse.container.writer import NewEntry, new_entry
from pinfuse.errors import UnsupportedApp
from pinfuse.formats import Change, Draft, FuseOptions, StubImage
from pinfuse.stub.payload import load_payload, with_well

OLDEST = 21
"""Older systems load DEX files and signatures in other ways (legacy multidex, v1 only)."""
FIRST_WITHOUT_V1 = 24
"""API level from which the system reads v2."""
TABLE, LARGEST_TABLE = "resources.arsc", 128 << 20
FOLDERS = {"armeabi": "armeabi-v7a"} | {abi: abi for abi in names.ABIS}
"""Folder under ``lib/`` → the ABI of the stub that goes there; every ARM phone since API 21 runs v7."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the writer needs: the entries in their order, and whether systems before API 24 will read the app."""

    replaced: Mapping[str, NewEntry]
    renames: Mapping[str, tuple[Facade, ...]]
    cancels: frozenset[str]
    """DEX files in which ``proceed`` of a WebView becomes ``cancel``."""
    profile: bool
    """Whether the start-up profile gets the checksums of the changed DEX files."""
    added: tuple[NewEntry, ...]
    needs_v1: bool
    linked: frozenset[str] = frozenset()
    """The libraries that are made to need the stub first."""


def fuse(archive: Archive, manifest: ManifestFile, options: FuseOptions, well: bytes) -> Draft:
    """Decide everything; raises `UnsupportedApp` with the true reason, `pinfuse.errors.DamagedApp`."""
    facts = manifest.facts
    check(archive, facts, options)
    sights = Sights()
    facades = plan_facades(archive, sights.look)
    if facades.taken:
        raise UnsupportedApp(taken(facades), where=archive.name)
    links = plan_links(archive, tuple(FOLDERS), callers_among(facades.libraries))
    stubs = tuple(_stubs(archive, well))
    changes: list[Change] = []
    layer = pin_config(archive, manifest, options.fusion_set, int(time.time()))
    strict = is_strict(options.fusion_set)
    webview = plan_webview(archive, facades.files) if strict else WebViewPlan()
    manifest_entry = _manifest(archive, manifest, options, changes)
    changes += (*layer.changes, *webview.changes, *_links(links))
    profile = _renames(archive, facades, webview, changes)
    own = {name: like(archive, name, data) for name, data in layer.files.items() if name in archive.entries}
    new = [new_entry(name, data, stored=False) for name, data in layer.files.items() if name not in own]
    added = (*new, *_added(archive, facts, facades, stubs, changes))
    changes += [Change(name, "removed: an earlier signature") for name in archive.entries if is_signature(name)]
    minimum = max(facts.min_sdk, options.min_sdk or 0)
    seen = Seen(archive, replace(facts, min_sdk=minimum), facades, sights, strict, links)
    return Draft(
        stubs,
        tuple(changes),
        lambda: (*coverage_of(seen), *layer.rows, *webview.gaps),
        (*_warnings(archive, facades), *webview.warnings, *layer.warnings),
        Parts(
            own | {ENTRY: manifest_entry},
            facades.renames,
            webview.files,
            profile,
            added,
            minimum < FIRST_WITHOUT_V1,
            frozenset(links.edited),
        ),
    )


def taken(facades: FacadePlan) -> str:
    """Why an app with this class is refused."""
    return f"it brings the class {facades.taken}, which would stand in front of the shim's own"


def check(archive: Archive, facts: Manifest, options: FuseOptions) -> None:
    """Raise what stands against fusing this app, before anything is decided: `fuse` and ``inspect`` both ask."""
    where = archive.name
    if facts.split:
        what = f"it is the split {facts.split!r} of an app, and the code starts in the base"
        raise UnsupportedApp(what, where=where, todo="give the base APK, or a universal APK")
    dex_names(archive)
    if not facts.has_code:
        raise UnsupportedApp("its manifest says hasCode=false: Android runs no code of it", where=where)
    if max(facts.min_sdk, options.min_sdk or 0) < OLDEST:
        what = f"its minSdkVersion is {facts.min_sdk}, and systems before API {OLDEST} cannot be covered"
        raise UnsupportedApp(what, where=where, todo=f"raise it in the output with --min-sdk {OLDEST}")
    shipped = _shipped(archive)
    if shipped and shipped.isdisjoint(FOLDERS):
        what = f"its native code is made for {', '.join(sorted(shipped))} only, which no system since API 21 runs"
        raise UnsupportedApp(what, where=where)
    if TABLE in archive.entries:
        check_table(archive.read(TABLE, LARGEST_TABLE), Place(TABLE))


def _shipped(archive: Archive) -> set[str]:
    """The folders of native libraries that the app has."""
    return {name.split("/")[1] for name in archive.entries if LIBRARY.fullmatch(name)}


def _stubs(archive: Archive, well: bytes) -> Iterator[StubImage]:
    """One stub for each folder of libraries; all four ABIs for an app without native code."""
    shipped = _shipped(archive)
    folders = [folder for folder in FOLDERS if folder in shipped]
    payload = load_payload()
    for folder in folders or names.ABIS:
        stub = payload.stub(FOLDERS[folder], len(well))
        data = with_well(stub.path.read_bytes(), stub.well_offset, well)
        yield StubImage(stub.abi, names.library_entry(folder), data, stub.well_offset, stub.well_size)


def _manifest(
    archive: Archive, manifest: ManifestFile, options: FuseOptions, changes: list[Change]
) -> NewEntry:
    said = "entry point and providers of the shim"
    if options.min_sdk and options.min_sdk > manifest.facts.min_sdk:
        manifest.raise_min_sdk(options.min_sdk)
        said += f", minSdkVersion {manifest.facts.min_sdk} → {options.min_sdk}"
    if manifest.facts.factory:
        said += f", {manifest.facts.factory} is kept behind it"
    manifest.protect()
    changes.append(Change(ENTRY, said))
    return like(archive, ENTRY, manifest.pack())


def _renames(archive: Archive, facades: FacadePlan, webview: WebViewPlan, changes: list[Change]) -> bool:
    """Say what is renamed; True when the start-up profile has to follow what changed."""
    for name, chosen in facades.renames.items():
        changes.append(Change(name, "renamed in place: " + ", ".join(f.real.replace("/", ".") for f in chosen)))
    changed = facades.renames.keys() | webview.files
    follows = bool(changed) and PROFILE in archive.entries and checksums_of(archive) is not None
    if follows:
        changes.append(Change(PROFILE, "checksums of the changed DEX files"))
    return follows


def _links(links: LinkPlan) -> Iterator[Change]:
    for entry in links.edited:
        why = "it calls OpenSSL" if entry in links.callers else "it may be asked for one that calls OpenSSL"
        yield Change(entry, f"needs the stub before all others: {why}")


def like(archive: Archive, name: str, content: bytes) -> NewEntry:
    """An entry with new content, packed as the old one is."""
    entry = archive.entries[name]
    return new_entry(name, content, stored=entry.is_stored, like=entry)


def _added(
    archive: Archive, facts: Manifest, facades: FacadePlan, stubs: tuple[StubImage, ...], changes: list[Change]
) -> Iterator[NewEntry]:
    shim = fill(load_payload().shim.read_bytes(), facts.factory)
    changes.append(Change(facades.following, "added: the shim"))
    yield new_entry(facades.following, shim, stored=archive.entries["classes.dex"].is_stored)
    stored = facts.extract_native_libs is False or any(
        entry.is_stored for name, entry in archive.entries.items() if LIBRARY.fullmatch(name)
    )
    for stub in stubs:
        changes.append(Change(stub.entry, "added: the native stub with the vault"))
        yield new_entry(stub.entry, stub.data, stored=stored)


def _warnings(archive: Archive, facades: FacadePlan) -> Iterator[str]:
    for facade, reason in facades.left_out.items():
        yield f"layer A1 leaves out {facade.real.replace('/', '.')}: {reason}"
    if PROFILE in archive.entries and facades.renames and checksums_of(archive) is None:
        yield f"{PROFILE} has a form that pinfuse does not know: the start-up profile of the renamed code is lost"
    idle = [f for f in {n.split("/")[1] for n in archive.entries if LIBRARY.fullmatch(n)} if f not in FOLDERS]
    if idle:
        yield f"no stub is added for {', '.join(sorted(idle))}: no system since API {OLDEST} runs it"
