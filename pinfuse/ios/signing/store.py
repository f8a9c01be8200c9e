"""PKCS#12 files (RFC 7292), old and modern: the one key in it and all certificates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs12

from pinfuse.errors import SigningError
from pinfuse.ios.signing.ber import to_der
from pinfuse.ios.signing.cms import ID_DATA
from pinfuse.signing.der import CONTEXT_0, OCTETS, SEQUENCE, oid
from pinfuse.signing.passwords import read_password
from pinfuse.x509.der import children, read

LARGEST = 1 << 20
KEY_BAG, SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.1", "1.2.840.113549.1.12.10.1.2"
OPTION, PASSWORD_OPTION = "--identity", "--identity-pass"
EXPORT = "export the certificate together with its private key, as in Keychain Access or openssl pkcs12 -export"


@dataclass(frozen=True, slots=True)
class Store:
    """What was in it."""

    key: Any
    certificates: tuple[x509.Certificate, ...]


def read_store(path: Path, password: str | None) -> Store:
    """Open a PKCS#12 file; ``password`` is a specification (``pass:…``, ``env:…``, ``file:…``, ``stdin``) or None.

    Raises `SigningError` for a file that is none, a wrong password, no key and several keys.
    """
    data, where = _read(path), path.name
    keys = _count_keys(data, where)
    secret = read_password(password, PASSWORD_OPTION)
    if keys > 1:
        todo = "give a file with one: in Keychain Access, choose one certificate and export it alone"
        raise SigningError(f"it holds {keys} private keys, and which one is meant is not known", where=where, todo=todo)
    try:
        with warnings.catch_warnings(action="ignore"):
            store = pkcs12.load_pkcs12(data, secret)
    except ValueError as error:
        what = "the password is wrong" if secret else "it asks for a password"
        todo = f"give the right {PASSWORD_OPTION} (pass:PASSWORD, env:NAME, file:PATH or stdin)"
        raise SigningError(f"it does not open: {what}, or the file is damaged", where=where, todo=todo) from error
    except (UnsupportedAlgorithm, TypeError) as error:
        raise SigningError("it is encrypted in a way that is not known", where=where, todo=EXPORT) from error
    if store.key is None:
        raise SigningError("it holds no private key", where=where, todo=EXPORT)
    held = [store.cert, *store.additional_certs]
    return Store(store.key, tuple(one.certificate for one in held if one is not None))


def _count_keys(data: bytes, where: str) -> int:
    """How many private keys stand in it, as far as that is said without the password."""
    try:
        return sum(_keys_in(part.whole) for part in children(_contents_of(to_der(data), 1)))
    except (ValueError, IndexError) as error:
        raise SigningError(f"it is no PKCS#12 file: {error}", where=where, todo="give a .p12 or .pfx file") from error


def _contents_of(whole: bytes, at: int) -> bytes:
    """What a sequence is around whose element ``at`` is a ContentInfo of octets: the contents of a sequence inside."""
    info = children(read(whole)[0].contents)[at]
    kind, held = children(info.contents)[:2]
    if kind.whole != oid(ID_DATA) or held.tag != CONTEXT_0:
        raise ValueError("its contents are not what they must be")
    inside = read(to_der(read(held.contents)[0].contents))[0]
    if inside.tag != SEQUENCE:
        raise ValueError("its contents are no sequence")
    return inside.contents


def _keys_in(info: bytes) -> int:
    """Of one ContentInfo; encrypted ones hold certificates, and sometimes keys that only the library finds."""
    kind, held = children(read(info)[0].contents)[:2]
    if kind.whole != oid(ID_DATA):
        return 0
    octets = read(held.contents)[0]
    if octets.tag != OCTETS:
        raise ValueError("its contents are not what they must be")
    bags = children(read(to_der(octets.contents))[0].contents)
    kinds = [children(bag.contents)[0].whole for bag in bags]
    return sum(kinds.count(oid(name)) for name in (KEY_BAG, SHROUDED_KEY_BAG))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise SigningError(f"{path} cannot be read: {error.strerror}", where=OPTION) from error
    if len(data) > LARGEST:
        raise SigningError(f"{path} is too large for a PKCS#12 file", where=OPTION)
    return data
