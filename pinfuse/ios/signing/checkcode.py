"""Whether the signature of one Mach-O file holds: pages, special slots, and who signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from pinfuse.errors import DamagedApp, SigningError
from pinfuse.ios.macho.image import EXECUTE, Image, read
from pinfuse.ios.macho.slices import slices
from pinfuse.ios.signing import cms, directory, entitlements
from pinfuse.ios.signing.blobs import HEADER, Slot, read_super_blob
from pinfuse.ios.signing.code import info_section
from pinfuse.ios.signing.directory import ADHOC, MAIN_BINARY, Parsed
from pinfuse.ios.signing.plists import load_plist
from pinfuse.ios.signing.seal import HASH_LENGTH, OIDS
from pinfuse.signing.der import OCTETS, SEQUENCE, der, oid

IN_SIGNATURE = (Slot.REQUIREMENTS, Slot.ENTITLEMENTS, Slot.ENTITLEMENTS_DER)
SETS = b"\x31"
"""Xcode 12 wrote entitlements in DER as a bare SET, which nothing reads any more."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the signature of a file must speak of."""

    bundle_id: str = ""
    """Empty for code that is no bundle."""
    info: bytes | None = None
    resources: bytes | None = None
    """The file CodeResources; None where there is none."""


@dataclass(frozen=True, slots=True)
class CodeReport:
    """What was found in one slice."""

    problems: tuple[str, ...]
    certificate: x509.Certificate | None = None
    """None for code that nobody signed: ad hoc, or not at all."""
    team: str = ""
    identifier: str = ""
    entitlements: Mapping[str, Any] | None = None


def check_code(data: bytes, where: str, expected: Expected) -> tuple[CodeReport, ...]:
    """One report for each slice; problems begin with ``where``. Never raises for what is in the file."""
    try:
        parts = slices(data, where)
    except DamagedApp as error:
        return (CodeReport((str(error),)),)
    return tuple(_check_slice(data[one.offset : one.offset + one.size], where, expected) for one in parts)


def _check_slice(data: bytes, where: str, expected: Expected) -> CodeReport:
    try:
        image = read(data, where)
        if image.signature is None:
            return CodeReport((f"{where}: it is not signed ({image.architecture})",))
        at, size = image.signature
        blobs = read_super_blob(data[at : at + size], where)
        found = _directories(blobs, where)
        said = [one for parsed in found for one in _code(image, parsed, blobs, expected)]
        if image.signature and at + size != len(data) and any(data[at + size :]):
            said.append("something lies behind its signature")
        told = found[0].told
        granted = _entitlements(blobs, where, said)
        certificate = _signer(blobs, found, said) if not told.flags & ADHOC or Slot.CMS in blobs else None
    except (DamagedApp, SigningError) as error:
        return CodeReport((str(error),))
    problems = tuple(f"{where}: {one} ({image.architecture})" for one in dict.fromkeys(said))
    return CodeReport(problems, certificate, told.team, told.identifier, granted)


def _directories(blobs: Mapping[int, bytes], where: str) -> list[Parsed]:
    """The CodeDirectories, the main one first."""
    slots = [slot for slot in sorted(blobs) if slot == Slot.CODE_DIRECTORY or Slot.ALTERNATE <= slot < Slot.CMS]
    if not slots or slots[0] != Slot.CODE_DIRECTORY:
        raise DamagedApp("its code signature has no CodeDirectory", where=where)
    found = [directory.parse(blobs[slot], where) for slot in slots]
    if any((one.told.identifier, one.told.team) != (found[0].told.identifier, found[0].told.team) for one in found):
        raise DamagedApp("its CodeDirectories disagree", where=where)
    return found


def _code(image: Image, parsed: Parsed, blobs: Mapping[int, bytes], expected: Expected) -> Iterator[str]:
    assert image.signature
    told, view = parsed.told, memoryview(image.data)
    if parsed.limit != image.signature[0]:
        yield f"its signature covers {parsed.limit} of {image.signature[0]} bytes"
        return
    starts = range(0, parsed.limit, parsed.page)
    wrong = [
        at // parsed.page
        for at, hashed in zip(starts, parsed.pages, strict=True)
        if directory.hashed(parsed.digest, view[at : min(at + parsed.page, parsed.limit)]) != hashed
    ]
    if wrong:
        yield f"page {wrong[0]} of its code was changed" + (f", and {len(wrong) - 1} more" if wrong[1:] else "")
    for slot in IN_SIGNATURE:
        if slot in blobs and told.special.get(slot) != parsed.hash(blobs[slot]):
            yield f"its {slot.name.lower().replace('_', ' ')} are not those that were signed"
        if slot not in blobs and any(told.special.get(slot, b"")):
            yield f"its {slot.name.lower().replace('_', ' ')} were taken out"
    info = expected.info if expected.bundle_id else info_section(image)
    for slot, name, there in ((Slot.INFO, "Info.plist", info), (Slot.RESOURCES, "CodeResources", expected.resources)):
        hashed = told.special.get(slot, b"")
        if there is None and any(hashed):
            yield f"its {name} is not there"
        elif there is not None and parsed.hash(there) != hashed:
            yield f"its {name} is not the one that was signed"
    if expected.bundle_id and told.identifier != expected.bundle_id:
        yield f"it was signed as {told.identifier}, and is {expected.bundle_id}"
    if parsed.version >= directory.VERSION and image.kind == EXECUTE and not told.exec_flags & MAIN_BINARY:
        yield "its signature does not say that it is a program"


def _entitlements(blobs: Mapping[int, bytes], where: str, said: list[str]) -> Mapping[str, Any] | None:
    xml, binary = (blobs.get(slot, b"")[HEADER.size :] for slot in (Slot.ENTITLEMENTS, Slot.ENTITLEMENTS_DER))
    if not xml:
        return None
    told = load_plist(xml, f"the entitlements of {where}")
    if binary and binary[:1] != SETS and entitlements.as_der(told)[HEADER.size :] != binary:
        said.append("its entitlements in DER are others than those in XML")
    return told


def _signer(blobs: Mapping[int, bytes], found: list[Parsed], said: list[str]) -> x509.Certificate | None:
    signature = blobs.get(Slot.CMS, b"")[HEADER.size :]
    if not signature:
        if not found[0].told.flags & ADHOC:
            said.append("nobody signed it")
        return None
    try:
        signed = cms.parse(signature)
        signer, certificate = cms.verify(signed, blobs[Slot.CODE_DIRECTORY])
    except ValueError as error:
        said.append(f"its CMS signature does not hold: {error}")
        return None
    said += _hashes(signer, blobs, found)
    return certificate


def _hashes(signer: cms.Signer, blobs: Mapping[int, bytes], found: list[Parsed]) -> Iterator[str]:
    """Apple's two attributes, where they are: the hashes of all CodeDirectories."""
    slots = [slot for slot in sorted(blobs) if slot == Slot.CODE_DIRECTORY or Slot.ALTERNATE <= slot < Slot.CMS]
    made = [one.hash(blobs[slot]) for slot, one in zip(slots, found, strict=True)]
    told = signer.value(cms.HASHES_PLIST)
    if told is not None and load_plist(told, "its cdhashes") != {"cdhashes": [one[:HASH_LENGTH] for one in made]}:
        yield "the hashes in its CMS signature are not those of its CodeDirectories"
    values = {*signer.attributes.get(oid(cms.HASHES), ())}
    wanted = {
        der(SEQUENCE, oid(OIDS[one.digest]), der(OCTETS, hashed)) for one, hashed in zip(found, made, strict=True)
    }
    if values and values != wanted:
        yield "the digests in its CMS signature are not those of its CodeDirectories"
