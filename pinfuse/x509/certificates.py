"""A certificate as a value: its exact bytes and the facts that pins and paths need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pinfuse.errors import PinError
from pinfuse.x509.der import certificate_parts
from pinfuse.x509.names import covers, is_address

if TYPE_CHECKING:
    from cryptography import x509

LONGEST = 1 << 16
"""Bytes of one certificate; the stub reads chains of 64 KiB in all (docs/architecture.md)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate. Equal when the bytes are equal."""

    der: bytes
    spki: bytes = field(compare=False, repr=False)
    """SubjectPublicKeyInfo, exactly as encoded."""
    raw_subject: bytes = field(compare=False, repr=False)
    raw_issuer: bytes = field(compare=False, repr=False)
    subject: str = field(compare=False)
    """RFC 4514, such as ``CN=api.example.com,O=Example``; the text ``no subject`` for an empty one."""
    issuer: str = field(compare=False)
    dns_names: tuple[str, ...] = field(compare=False)
    """Names of the subjectAltName extension as written, wildcards included; the common name is never one."""
    ip_addresses: tuple[str, ...] = field(compare=False)
    is_ca: bool = field(compare=False)
    """True when basicConstraints says CA."""
    may_serve: bool = field(compare=False)
    """False when an extended key usage leaves out TLS servers."""
    not_before: int = field(compare=False)
    """Unix seconds."""
    not_after: int = field(compare=False)
    key_type: str = field(compare=False)
    """``RSA``, ``EC``, ``DSA``, ``Ed25519``, ``Ed448``, or ``unknown``."""
    key_bits: int = field(compare=False)
    """Size of modulus or curve; 0 when unknown."""
    digest: str = field(compare=False)
    """Of the signature, such as ``sha256``; ``none`` where the algorithm has none (EdDSA), ``unknown``."""

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the whole certificate (32 bytes)."""
        return hashlib.sha256(self.der).digest()

    @property
    def spki_sha256(self) -> bytes:
        """SHA-256 of the SubjectPublicKeyInfo (32 bytes): what a public-key pin is (RFC 7469, 2.4)."""
        return hashlib.sha256(self.spki).digest()

    @property
    def self_issued(self) -> bool:
        """True when subject and issuer are the same bytes."""
        return self.raw_subject == self.raw_issuer

    @property
    def names(self) -> tuple[str, ...]:
        """DNS names, then IP addresses."""
        return (*self.dns_names, *self.ip_addresses)

    def covers(self, host: str) -> bool:
        """True when a name of the certificate stands for ``host`` (`normal_host` spelling), as the stub compares."""
        return host in self.ip_addresses if is_address(host) else any(covers(name, host) for name in self.dns_names)

    @classmethod
    def from_der(cls, der: bytes) -> Certificate:
        """Read one certificate; raises `ValueError` saying what is wrong with it."""
        from pinfuse.x509 import facts

        if len(der) > LONGEST:
            raise ValueError(f"{len(der)} bytes are more than a certificate may have ({LONGEST})")
        parts, parsed = certificate_parts(der), load(der)
        if not parts.algorithms_agree:
            raise ValueError("its two signature algorithms differ (RFC 5280, 4.1.1.2)")
        key_type, key_bits = facts.key(parsed, parts.spki)
        dns_names, ip_addresses = facts.alternative_names(parts.extensions)
        return cls(
            der=der,
            spki=parts.spki,
            raw_subject=parts.subject,
            raw_issuer=parts.issuer,
            subject=facts.name(parsed, "subject"),
            issuer=facts.name(parsed, "issuer"),
            dns_names=dns_names,
            ip_addresses=ip_addresses,
            is_ca=facts.is_ca(parts.extensions),
            may_serve=facts.may_serve(parts.extensions),
            not_before=facts.seconds(parsed, "not_valid_before_utc"),
            not_after=facts.seconds(parsed, "not_valid_after_utc"),
            key_type=key_type,
            key_bits=key_bits,
            digest=facts.digest(parsed),
        )


def load(der: bytes) -> x509.Certificate:
    """The certificate as the library `cryptography` sees it; raises `ValueError`."""
    import warnings

    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return x509.load_der_x509_certificate(der)
        except x509.InvalidVersion as error:
            raise ValueError(str(error)) from error


def read_chain(path: Path) -> tuple[bytes, ...]:
    """The certificates of a PEM or DER file in their order, DER.

    They are not parsed: what the stub says of a malformed one is the question. Raises `PinError` when the file
    holds none, `OSError` as the system gives it.
    """
    from pinfuse.x509.contents import read_file

    contents = read_file(path)
    if not contents.certificates:
        raise PinError(
            "there is no certificate in it",
            where=path.name,
            todo="; ".join(other.todo for other in contents.others) or "give a PEM or DER file, the leaf first",
        )
    return contents.certificates
