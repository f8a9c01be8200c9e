"""The static promises of a protected APK, checked again in the written file; nothing is run here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pinfuse.android import names
from pinfuse.android.dex.rename import FACADES, Facade, mentions
from pinfuse.android.dex.slot import fill, read
from pinfuse.android.facades import LARGEST_DEX, dex_names, plan_facades, read_dex, shim_class
from pinfuse.android.fuse import FOLDERS, OLDEST
from pinfuse.android.linking import plan_links, unlinked
from pinfuse.android.manifest import Manifest, ManifestFile
from pinfuse.android.packing import LIBRARY, PAGE, alignment
from pinfuse.android.signing.block import V2, V3, read_block
from pinfuse.android.signing.jarcheck import jar_problems
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
    archive: Archive, manifest: ManifestFile, report: SignatureReport, stubs: tuple[StubImage, ...]
) -> Iterator[Promise]:
    """All static promises but the vault, which is opened by those who know the set."""
    facts = manifest.facts
    yield _signature(archive, facts, report)
    yield _entry_point(manifest)
    shadow, found = _look(archive)
    yield _shim(archive, shadow)
    yield _stub(archive, facts, stubs)
    yield _facades(archive, stubs, found)
    yield _links(archive)
    yield _alignment(archive)


def _signature(archive: Archive, facts: Manifest, report: SignatureReport) -> Promise:
    if report.problems:
        return Promise("signature", False, "; ".join(report.problems))
    block = read_block(archive)
    if not block or not report.schemes:
        return Promise("signature", False, "the file is not signed with v2 or v3")
    missing = [name for name, id_ in (("v2", V2), ("v3", V3)) if block.value(id_) is None]
    schemes = report.schemes
    if facts.min_sdk < 24 and not any("v1" in one.schemes for one in identities(archive)):
        missing.append("v1")
    elif facts.min_sdk < 24:
        problems, signers = jar_problems(archive)
        if not problems and not signers <= set(report.certificates_sha256):
            problems = ("it is another signer's than the newer ones",)
        if problems:
            return Promise("signature", False, f"v1, which systems before API 24 look at: {'; '.join(problems)}")
        schemes = ("v1", *schemes)
    held = ", ".join(schemes)
    detail = f"{held} hold" + (f"; {', '.join(missing)} missing" if missing else "")
    return Promise("signature", missing in ([], ["v3"]), detail)


def _entry_point(manifest: ManifestFile) -> Promise:
    facts = manifest.facts
    if facts.factory != names.FACTORY:
        return Promise("manifest", False, f"its appComponentFactory is {facts.factory or 'none'}, not the shim's")
    if facts.min_sdk < OLDEST:
        return Promise("manifest", False, f"its minSdkVersion is {facts.min_sdk}, and no layer works before {OLDEST}")
    altered = manifest.altered_providers()
    if altered:
        return Promise("manifest", False, f"not as the build made them: the providers {', '.join(altered)}")
    count = min(len(facts.processes) + 1, len(names.PROVIDERS))
    return Promise("manifest", True, f"entry point of the shim, and {count} of its providers")


def _look(archive: Archive) -> tuple[str, list[tuple[Facade, str]]]:
    """In the app's own DEX files, each read once: a class of the shim's names, and where real classes are named."""
    shadow, found = "", []
    for name in dex_names(archive)[:-1]:
        dex = read_dex(archive, name)
        shadow = shadow or shim_class(dex)
        found += [(one, f"{one.real.replace('/', '.')} in {name}") for one in FACADES if mentions(dex, one)]
    return shadow, found


def _shim(archive: Archive, shadow: str) -> Promise:
    """The shim is there as it was made, and nothing in front of it has the names of its classes."""
    last = dex_names(archive)[-1]
    if shadow:
        return Promise("shim", False, f"the system takes {shadow} in place of the shim's")
    data = archive.read(last, LARGEST_DEX)
    try:
        original = read(data)
        same = hashlib.sha256(fill(data, "")).hexdigest() == load_payload().shim_sha256
    except PinfuseError:
        return Promise("shim", False, f"{last}, the last DEX file, is not the shim")
    behind = f", {original} behind it" if original else ""
    return Promise("shim", same, f"{last} is the shim of this pinfuse{behind}" if same else f"{last} was changed")


def _stub(archive: Archive, facts: Manifest, stubs: tuple[StubImage, ...]) -> Promise:
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
    packed = [stub.entry for stub in stubs if not archive.entries[stub.entry].is_stored]
    if packed and facts.extract_native_libs is False:
        return Promise("stub", False, f"packed, though libraries are loaded out of the APK: {', '.join(packed)}")
    return Promise("stub", True, f"unchanged outside of its vault, for {', '.join(sorted(folders))}")


def _facades(archive: Archive, stubs: tuple[StubImage, ...], found: list[tuple[Facade, str]]) -> Promise:
    """A DEX file may name the real classes only where a build leaves the facade out, and says so."""
    if not found:
        return Promise("facades", True, "no DEX file of the app names the classes behind the facades")
    left_out = plan_facades(archive, built=(dex_names(archive)[-1], *(stub.entry for stub in stubs))).left_out
    back = [where for facade, where in found if facade not in left_out]
    if back:
        return Promise("facades", False, f"named, though nothing stands against the facade: {', '.join(back)}")
    return Promise("facades", True, f"left out, so that A2 alone covers: {', '.join(where for _, where in found)}")


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
