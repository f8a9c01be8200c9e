"""The static promises of a protected APK, checked again in the written file; nothing is run here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pinfuse.android import names
from pinfuse.android.dex.rename import FACADES, mentions
from pinfuse.android.dex.slot import fill, read
from pinfuse.android.facades import LARGEST_DEX, dex_names, read_dex
from pinfuse.android.fuse import FOLDERS
from pinfuse.android.linking import plan_links, unlinked
from pinfuse.android.manifest import Manifest
from pinfuse.android.packing import LIBRARY, PAGE, alignment
from pinfuse.android.signing.block import V2, V3, read_block
from pinfuse.android.signing.verify import SignatureReport, identities
from pinfuse.container.reader import Archive
from pinfuse.container.records import Entry
from pinfuse.errors import PinfuseError
from pinfuse.formats import Promise, StubImage
from pinfuse.stub.payload import load_payload, masked_digest

LARGEST_STUB = 4 << 20


def stubs_in(archive: Archive) -> tuple[StubImage, ...]:
    """Every stub of the file, as it stands there."""
    payload = load_payload()
    found = []
    for folder, abi in FOLDERS.items():
        name = names.library_entry(folder)
        if name in archive.entries:
            data = archive.read(name, LARGEST_STUB)
            stub = payload.recognise(abi, len(data))
            found.append(StubImage(abi, name, data, stub.well_offset, stub.well_size))
    return tuple(found)


def promises_of(
    archive: Archive, facts: Manifest, report: SignatureReport, stubs: tuple[StubImage, ...]
) -> Iterator[Promise]:
    """All static promises but the vault, which is opened by those who know the set."""
    yield _signature(archive, facts, report)
    yield _entry_point(facts)
    yield _shim(archive)
    yield _stub(archive, stubs)
    yield _facades(archive)
    yield _links(archive)
    yield _alignment(archive)


def _signature(archive: Archive, facts: Manifest, report: SignatureReport) -> Promise:
    if report.problems:
        return Promise("signature", False, "; ".join(report.problems))
    block = read_block(archive)
    if not block or not report.schemes:
        return Promise("signature", False, "the file is not signed with v2 or v3")
    missing = [name for name, id_ in (("v2", V2), ("v3", V3)) if block.value(id_) is None]
    if facts.min_sdk < 24 and not any("v1" in one.schemes for one in identities(archive)):
        missing.append("v1")
    held = ", ".join(report.schemes)
    detail = f"{held} hold" + (f"; {', '.join(missing)} missing" if missing else "")
    return Promise("signature", missing in ([], ["v3"]), detail)


def _entry_point(facts: Manifest) -> Promise:
    if facts.factory != names.FACTORY:
        return Promise("manifest", False, f"its appComponentFactory is {facts.factory or 'none'}, not the shim's")
    wanted = names.PROVIDERS[: len(facts.processes) + 1]
    missing = [name for name in wanted if name not in facts.providers]
    if missing:
        return Promise("manifest", False, f"{len(missing)} of {len(wanted)} providers of the shim are missing")
    return Promise("manifest", True, f"entry point of the shim, and {len(wanted)} of its providers")


def _shim(archive: Archive) -> Promise:
    last = dex_names(archive)[-1]
    data = archive.read(last, LARGEST_DEX)
    try:
        original = read(data)
        same = hashlib.sha256(fill(data, "")).hexdigest() == load_payload().shim_sha256
    except PinfuseError:
        return Promise("shim", False, f"{last}, the last DEX file, is not the shim")
    behind = f", {original} behind it" if original else ""
    return Promise("shim", same, f"{last} is the shim of this pinfuse{behind}" if same else f"{last} was changed")


def _stub(archive: Archive, stubs: tuple[StubImage, ...]) -> Promise:
    payload = load_payload()
    changed = [
        stub.entry
        for stub in stubs
        if masked_digest(stub.data, stub.well_offset, stub.well_size)
        != masked_digest(payload.stub(stub.abi, stub.well_size).path.read_bytes(), stub.well_offset, stub.well_size)
    ]
    folders = {name.split("/")[1] for name in archive.entries if LIBRARY.fullmatch(name)} & FOLDERS.keys()
    missing = sorted(folder for folder in folders if names.library_entry(folder) not in archive.entries)
    if changed or missing or not stubs:
        what = "changed: " + ", ".join(changed) if changed else "missing for " + (", ".join(missing) or "every ABI")
        return Promise("stub", False, what)
    return Promise("stub", True, f"unchanged outside of its vault, for {', '.join(sorted(folders))}")


def _facades(archive: Archive) -> Promise:
    """A DEX file may name the real classes only where the build left the facade out, and said so."""
    found = [
        f"{facade.real.replace('/', '.')} in {name}"
        for name in dex_names(archive)[:-1]
        for dex in [read_dex(archive, name)]
        for facade in FACADES
        if mentions(dex, facade)
    ]
    if found:
        return Promise("facades", True, f"left out, so that A2 alone covers: {', '.join(found)}")
    return Promise("facades", True, "no DEX file of the app names the classes behind the facades")


def _links(archive: Archive) -> Promise:
    """What the build would edit needs the stub first; what it would leave out is said again."""
    plan = plan_links(archive, tuple(FOLDERS))
    lost = unlinked(archive, plan)
    if lost:
        return Promise("native", False, f"not behind the stub: {', '.join(lost)}")
    said = f"{len(plan.callers)} libraries call OpenSSL, and need the stub first"
    if plan.left_out:
        said += f"; left out: {', '.join(plan.left_out)}"
    return Promise("native", True, said if plan.callers or plan.left_out else "no library calls another's OpenSSL")


def _alignment(archive: Archive) -> Promise:
    def bad(entry: Entry) -> bool:
        return entry.payload_offset % alignment(entry) != 0

    wrong = [entry.name for entry in archive.entries.values() if bad(entry)]
    if wrong:
        return Promise("alignment", False, f"{wrong[0]} and {len(wrong) - 1} more are not aligned")
    return Promise("alignment", True, f"stored libraries on {PAGE} bytes, other stored entries on 4")
