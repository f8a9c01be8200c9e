"""Our own verifier of APK signatures: v2 and v3 with lineage; v1 tells who signed, `jarcheck` checks it.

After AOSP ``ApkSignatureSchemeV2Verifier.java`` and ``ApkSignatureSchemeV3Verifier.java`` (frameworks/base).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from pinfuse.android.signing.algorithms import ALGORITHMS, Algorithm
from pinfuse.android.signing.block import KNOWN, V2, V3, V31, SigningBlock, read_block
from pinfuse.android.signing.digests import ContentDigest
from pinfuse.android.signing.keys import identity_of
from pinfuse.container.reader import CHUNK, Archive
from pinfuse.errors import DamagedApp, SigningError
from pinfuse.formats import SignerIdentity

PROOF_OF_ROTATION, STRIPPING_PROTECTION = 0x3BA06F8C, 0xBEEFF00D
OWN_BLOCKS = ("v2", "v3", "v3.1", "padding")
MOST = 32
"""Signers, digests, certificates or levels of a lineage that are read."""
SIGNATURE_FILES = (".RSA", ".DSA", ".EC")
LARGEST_SIGNATURE_FILE = 1 << 20


class BadSignature(SigningError):
    """A signature does not hold; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One signer of one scheme: certificates (DER, signing one first), older signers of its lineage, digests."""

    scheme: str
    certificates: tuple[bytes, ...]
    lineage: tuple[bytes, ...] = ()
    digests: dict[str, bytes] = field(default_factory=dict)
    also: int = 0
    """The number of a newer scheme that the signer used too, so that nobody can take that away unseen."""


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What was found: schemes that hold, what does not, who signed, and ids of the block that nobody here knows."""

    schemes: tuple[str, ...]
    problems: tuple[str, ...]
    signers: tuple[Signer, ...]
    other_blocks: tuple[str, ...]

    @property
    def certificates_sha256(self) -> tuple[bytes, ...]:
        """SHA-256 of every certificate that the system would report: the newest scheme's signers and their lineage."""
        newest = [one for one in self.signers if one.scheme == self.signers[-1].scheme] if self.signers else []
        ders = [der for one in newest for der in (one.certificates[0], *one.lineage)]
        return tuple(dict.fromkeys(hashlib.sha256(der).digest() for der in ders))


class _Slice:
    """Length-prefixed parts of a value, read with bounds."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise BadSignature("a part of it is cut short")
        self.at += size
        return self.data[self.at - size : self.at]

    def part(self) -> bytes:
        return self.take(self.u32())

    def parts(self) -> Iterator[bytes]:
        inner, count = _Slice(self.part()), 0
        while inner.at < len(inner.data):
            count += 1
            if count > MOST:
                raise BadSignature(f"it has more than {MOST} parts of one kind")
            yield inner.part()

    def rest(self) -> bytes:
        return self.data[self.at :]


def verify_apk(archive: Archive) -> SignatureReport:
    """Check v2 and v3, content included; no exception for a signature that does not hold, only `DamagedApp`."""
    block = read_block(archive)
    signers: list[Signer] = []
    problems: list[str] = []
    for scheme, id_ in (("v2", V2), ("v3", V3), ("v3.1", V31)):
        value = block.value(id_) if block else None
        if value is None:
            continue
        try:
            signers += _scheme(scheme, value)
        except BadSignature as error:
            problems.append(f"{scheme}: {error.what}")
    if block and block.value(V3) is None and any(one.also == 3 for one in signers):
        problems.append("v3: the signature was taken away; v2 says that there was one")
    if block and signers:
        problems += _content_problems(archive, block, signers)
    failed = {problem.split(":")[0] for problem in problems}
    held = tuple(dict.fromkeys(one.scheme for one in signers if one.scheme not in failed))
    others = [KNOWN.get(id_, f"{id_:#010x}") for id_, _ in (block.pairs if block else ())]
    strange = tuple(one for one in others if one not in OWN_BLOCKS)
    return SignatureReport(held, tuple(problems), tuple(signers), strange)


def _scheme(scheme: str, value: bytes) -> list[Signer]:
    found = [_signer(scheme, one) for one in _Slice(value).parts()]
    if not found:
        raise BadSignature("it has no signer")
    if scheme != "v2" and len(found) != 1:
        raise BadSignature("it has several signers, and this scheme allows one")
    return found


def _signer(scheme: str, data: bytes) -> Signer:
    whole = _Slice(data)
    signed_data = whole.part()
    levels = whole.take(8) if scheme != "v2" else b""
    signatures = [(one.u32(), one.part()) for one in map(_Slice, whole.parts())]
    key_der = whole.part()
    key = _load_key(key_der)
    usable = [(ALGORITHMS[id_], signature) for id_, signature in signatures if id_ in ALGORITHMS]
    if not usable:
        raise BadSignature("it has no signature that Android knows")
    for algorithm, signature in usable:
        if not algorithm.holds(key, signature, signed_data):
            raise BadSignature("the signature does not belong to the signed data and the key")
    inner = _Slice(signed_data)
    digests = {one.u32(): one.part() for one in map(_Slice, inner.parts())}
    certificates = tuple(inner.parts())
    if levels and inner.take(8) != levels:
        raise BadSignature("its API levels stand in it twice and differ")
    attributes = {one.u32(): one.rest() for one in map(_Slice, inner.parts())}
    if set(digests) != {id_ for id_, _ in signatures}:
        raise BadSignature("digests and signatures are not of the same algorithms")
    if not certificates or _spki(certificates[0]) != key_der:
        raise BadSignature("the certificate does not belong to the key")
    lineage = _lineage(attributes[PROOF_OF_ROTATION], certificates[0]) if PROOF_OF_ROTATION in attributes else ()
    named = {ALGORITHMS[id_].content_digest: digest for id_, digest in digests.items() if id_ in ALGORITHMS}
    also = int.from_bytes(attributes.get(STRIPPING_PROTECTION, b"")[:4], "little") if scheme == "v2" else 0
    return Signer(scheme, certificates, lineage, named, also)


def _lineage(data: bytes, newest: bytes) -> tuple[bytes, ...]:
    """The older certificates of a proof of rotation, oldest first (apksig, ``V3SigningCertificateLineage``)."""
    whole = _Slice(data)
    if whole.u32() != 1:
        raise BadSignature("its lineage has a version that Android does not know")
    certificates: list[bytes] = []
    algorithm: Algorithm | None = None
    for level in map(_Slice, _Slice(struct.pack("<I", len(whole.rest())) + whole.rest()).parts()):
        signed_data, _, following = level.part(), level.u32(), level.u32()
        signature = level.part()
        if certificates and (
            algorithm is None or not algorithm.holds(_load_key(_spki(certificates[-1])), signature, signed_data)
        ):
            raise BadSignature("a key of its lineage was not signed by the one before")
        certificates.append(_Slice(signed_data).part())
        algorithm = ALGORITHMS.get(following)
    if not certificates or certificates[-1] != newest:
        raise BadSignature("its lineage does not end with the signing certificate")
    return tuple(certificates[:-1])


def _content_problems(archive: Archive, block: SigningBlock, signers: list[Signer]) -> list[str]:
    wanted = sorted({name for one in signers for name in one.digests if name != "verity"})
    trees = [one for one in signers if set(one.digests) <= {"verity"}]
    problems = [f"{one.scheme}: its only digest is a Merkle tree, which is not read here" for one in trees]
    if not wanted:
        return problems
    digest = ContentDigest(*wanted)
    for at in range(0, block.offset, CHUNK):
        digest.update(archive.pread(at, min(CHUNK, block.offset - at)))
    digest.end_section()
    end = archive.end
    digest.section(archive.pread(end.directory_offset, end.directory_size))
    record = archive.pread(end.offset, archive.size - end.offset)
    digest.section(record[:16] + struct.pack("<I", block.offset) + record[20:])
    real = digest.result()
    for one in signers:
        for name, value in one.digests.items():
            if name in real and value != real[name]:
                problems.append(f"{one.scheme}: the file was changed after it was signed")
    return list(dict.fromkeys(problems))


def _load_key(der: bytes) -> Any:
    try:
        return serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature("its public key cannot be read") from error


def _spki(der: bytes) -> bytes:
    try:
        key = x509.load_der_x509_certificate(der).public_key()
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature("its certificate cannot be read") from error


def identities(archive: Archive) -> tuple[SignerIdentity, ...]:
    """Who says to have signed this file, newest scheme first; signatures are *not* checked here, nothing is raised."""
    found: dict[bytes, list[str]] = {}
    for scheme, reader in (("v3", _block_certificates), ("v2", _block_certificates), ("v1", _jar_certificates)):
        try:
            for der in reader(archive, scheme):
                found.setdefault(der, []).append(scheme)
        except (BadSignature, DamagedApp, ValueError, UnsupportedAlgorithm):
            continue
    return tuple(identity_of(der, schemes=tuple(reversed(schemes))) for der, schemes in found.items())


def older_signers(archive: Archive) -> int:
    """How many older keys a signer of v3 or v3.1 proves to follow; nothing is raised, and the content is not read."""
    try:
        block = read_block(archive)
        values = [(scheme, block.value(id_)) for scheme, id_ in (("v3", V3), ("v3.1", V31))] if block else []
        signers = [one for scheme, value in values if value is not None for one in _scheme(scheme, value)]
    except (BadSignature, DamagedApp):
        return 0
    return max((len(one.lineage) for one in signers), default=0)


def _block_certificates(archive: Archive, scheme: str) -> list[bytes]:
    block = read_block(archive)
    value = block.value({"v2": V2, "v3": V3}[scheme]) if block else None
    found = []
    for signer in map(_Slice, _Slice(value).parts() if value else ()):
        inner = _Slice(signer.part())
        inner.part()
        found += list(inner.parts())[:1]
    return found


def _jar_certificates(archive: Archive, _: str) -> list[bytes]:
    files = [n for n in archive.entries if n.upper().startswith("META-INF/") and n.upper().endswith(SIGNATURE_FILES)]
    found = []
    for name in files[:MOST]:
        for one in pkcs7.load_der_pkcs7_certificates(archive.read(name, LARGEST_SIGNATURE_FILE))[:1]:
            found.append(one.public_bytes(serialization.Encoding.DER))
    return found
