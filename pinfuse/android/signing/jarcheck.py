"""The JAR signature checked as systems before API 24 check it (libcore ``JarVerifier`` and ``PackageParser``; what was
read is their heir ``StrictJarVerifier`` of android-all 7).

A digest is taken of the strongest kind that stands there; the manifest counts whole, else section by section. Not
checked: dates and issuers of certificates.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pinfuse.android.signing.pkcs7 import signer_of
from pinfuse.container.reader import Archive
from pinfuse.errors import DamagedApp

MANIFEST = "META-INF/MANIFEST.MF"
SIGNED, BLOCKS = ".SF", (".RSA", ".DSA", ".EC")
LARGEST, LARGEST_BLOCK, MOST_SIGNATURES = 32 << 20, 1 << 20, 32
DIGESTS = {"sha-512": "sha512", "sha-384": "sha384", "sha-256": "sha256", "sha1": "sha1"}
"""In the order in which the system looks for them."""
SHOWN = 3
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|$)")


class _Broken(Exception):
    """What does not hold, in words."""


@dataclass(frozen=True, slots=True)
class _Section:
    """Attributes by their name in small letters, and the bytes that a digest is of."""

    attributes: Mapping[str, str]
    whole: bytes

    def digest(self, ending: str) -> tuple[str, bytes] | None:
        """The strongest digest with this ending of its name: algorithm and value."""
        for name, algorithm in DIGESTS.items():
            if (text := self.attributes.get(name + ending)) is not None:
                try:
                    return algorithm, base64.b64decode(text, validate=True)
                except binascii.Error:
                    raise _Broken("a digest in it is no base64") from None
        return None


def jar_problems(archive: Archive) -> tuple[tuple[str, ...], frozenset[bytes]]:
    """What does not hold of the JAR signature, and SHA-256 of the certificates that all entries are signed with."""
    try:
        whole, main, manifest = _file(archive, MANIFEST)
        names = [one for one in archive.entries if one.startswith("META-INF/") and one.endswith(SIGNED)]
        if not names or len(names) > MOST_SIGNATURES:
            raise _Broken(f"{len(names)} files .SF are in it")
        signers = frozenset(_signature(archive, one, whole, main, manifest) for one in names)
        wrong = list(_entries(archive, manifest))
    except _Broken as error:
        return (str(error),), frozenset()
    except DamagedApp as error:
        return (f"it cannot be read: {error.what}",), frozenset()
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return ((", ".join(wrong[:SHOWN]) + more,) if wrong else ()), signers


def _entries(archive: Archive, manifest: Mapping[str, _Section]) -> Iterator[str]:
    """Entries that are not as the manifest has them; folders and META-INF are signed by nobody."""
    for entry in archive.entries.values():
        if entry.name.endswith("/") or entry.name.startswith("META-INF/"):
            continue
        found = manifest[entry.name].digest("-digest") if entry.name in manifest else None
        if found is None:
            yield f"{entry.name} is not signed"
            continue
        digest = hashlib.new(found[0])
        for piece in archive.stream(entry):
            digest.update(piece)
        if digest.digest() != found[1]:
            yield f"{entry.name} was changed after it was signed"


def _signature(
    archive: Archive, name: str, whole: bytes, main: _Section, manifest: Mapping[str, _Section]
) -> bytes:
    """Check one signature file and its block; SHA-256 of the signer's certificate."""
    data, head, sections = _file(archive, name)
    blocks = [one for ending in BLOCKS if (one := name.removesuffix(SIGNED) + ending) in archive.entries]
    if not blocks:
        raise _Broken(f"{name} has no signature")
    try:
        certificate = signer_of(archive.read(blocks[0], LARGEST_BLOCK), data)
    except ValueError as error:
        raise _Broken(f"{blocks[0]}: {error}") from error
    first = head.digest("-digest-manifest-main-attributes")
    if first and not _same(first, main.whole):
        raise _Broken(f"{name} was made for another manifest")
    if not _same(head.digest("-digest-manifest"), whole):
        for key, section in sections.items():
            if key not in manifest or not _same(section.digest("-digest"), manifest[key].whole):
                raise _Broken(f"{name} was made for another manifest")
    missing = next((key for key in manifest if key not in sections), None)
    if missing is not None:
        raise _Broken(f"{name} does not sign {missing}")
    return hashlib.sha256(certificate).digest()


def _same(digest: tuple[str, bytes] | None, data: bytes) -> bool:
    return digest is not None and hashlib.new(digest[0], data).digest() == digest[1]


def _file(archive: Archive, name: str) -> tuple[bytes, _Section, dict[str, _Section]]:
    """All of it, the main section, and those of entries in their order."""
    if name not in archive.entries:
        raise _Broken(f"{name} is missing")
    data = archive.read(name, LARGEST)
    main, *others = _sections(data, name)
    found: dict[str, _Section] = {}
    for one in others:
        key = one.attributes.get("name")
        if key is None or key in found:
            raise _Broken(f"{name} has {'a section without a name' if key is None else f'{key} twice'}")
        found[key] = one
    return data, main, found


def _sections(data: bytes, name: str) -> Iterator[_Section]:
    lines: list[list[bytes]] = []
    start = 0
    for match in LINE.finditer(data):
        text = match[0].rstrip(b"\r\n")
        if text.startswith(b" ") and lines:
            lines[-1].append(text[1:])
        elif text:
            lines.append([text])
        elif lines or (not start and match.end() == len(data)):
            yield _Section(_attributes(lines, name), data[start : match.end()])
            lines, start = [], match.end()


def _attributes(lines: list[list[bytes]], name: str) -> dict[str, str]:
    pairs = [b"".join(line).decode("utf-8", "replace").partition(": ") for line in lines]
    if not all(middle for _, middle, _ in pairs):
        raise _Broken(f"{name} has a line that is no attribute")
    return {key.lower(): value for key, _, value in pairs}
