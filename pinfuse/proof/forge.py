"""Certificates that an attacker could have, made for one proof: other authorities, wrong names, weak keys, bad DER.

Every forged key is P-521 with SHA-512, so that only what a case is about can be wrong with it. The signatures are by
another key, a fast one: nobody looks at them, because the stub leaves signatures to the platform.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(days=1)
RSA_1024, RSA_2047, RSA_2048 = (rsa.RSAPublicNumbers(65537, 1 << bits - 1 | 1) for bits in (1024, 2047, 2048))
"""Public keys of so many bits; nobody needs to own them, the stub never checks signatures."""
CONSTRUCTED = 0x20
ISSUER, SUBJECT = (0, 0, 3), (0, 0, 5)
"""Where the names stand in a certificate of version 3 (RFC 5280, 4.1)."""
BEYOND_2050 = timedelta(days=40 * 365)
"""From here on dates are written as GeneralizedTime (RFC 5280, 4.1.2.5)."""
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey


@functools.cache
def foreign_key() -> ec.EllipticCurvePrivateKey:
    """The attacker's key, one for each process."""
    return ec.generate_private_key(ec.SECP521R1())


@functools.cache
def _hand() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def other_key(owner: str) -> ec.EllipticCurvePrivateKey:
    """Another key than the attacker's, one for each owner."""
    return ec.generate_private_key(ec.SECP521R1())


@functools.cache
def curve_key(curve: type[ec.EllipticCurve]) -> ec.EllipticCurvePublicKey:
    """A key on this curve, which everybody can own."""
    return ec.derive_private_key(1, curve()).public_key()


def subject_of(der: bytes) -> x509.Name:
    """The subject of a certificate."""
    return x509.load_der_x509_certificate(der).subject


@dataclass(frozen=True)
class Forger:
    """Makes certificates of ``key`` (the attacker's, unless given) that are valid around ``moment`` (Unix seconds)."""

    moment: int
    key: ec.EllipticCurvePrivateKey = field(default_factory=foreign_key)

    def authority(
        self, name: str = "another authority", *, ca: bool = True, shift: timedelta = timedelta()
    ) -> bytes:
        """A self-signed certificate of the attacker's key; with ``ca`` false one that may not issue."""
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(own, own, self.key.public_key(), shift)
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, None), True)
        return self._sign(builder)

    def server(
        self,
        host: str | None,
        issuer: x509.Name,
        *,
        name: str = "server",
        key: PublicKey | None = None,
        ca: bool = False,
        shift: timedelta = timedelta(),
        longer: timedelta = timedelta(),
        path_length: int | None = None,
        extension: x509.ExtensionType | None = None,
    ) -> bytes:
        """A certificate for ``host`` that names ``issuer``, signed by the attacker whoever that is.

        ``host`` None: for nobody; several have blanks between.
        ``shift`` moves both dates, ``longer`` only the end; ``extension`` is added as critical.
        """
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, issuer, key or self.key.public_key(), shift, longer)
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([*map(_general_name, host.split())]), False)
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, path_length), True)
        if extension:
            builder = builder.add_extension(extension, True)
        return self._sign(builder)

    def _builder(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: PublicKey,
        shift: timedelta = timedelta(),
        longer: timedelta = timedelta(),
    ) -> x509.CertificateBuilder:
        now = datetime.fromtimestamp(self.moment, UTC) + shift
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(1)
            .not_valid_before(now - VALID_FOR)
            .not_valid_after(now + VALID_FOR + longer)
        )

    def _sign(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(_hand(), SHA512()).public_bytes(Encoding.DER)


def other_digest(der: bytes, bits: int) -> bytes:
    """The certificate with its signature called ecdsa-with-SHA224, 256 or 384 (RFC 5758, 3.2), in both places."""
    number = {224: 1, 256: 2, 384: 3}[bits]
    return der.replace(bytes.fromhex("2a8648ce3d040304"), bytes.fromhex("2a8648ce3d0403") + bytes([number]))


def damaged(der: bytes) -> dict[str, bytes]:
    """What is no certificate any more, by what was done to it."""
    return {
        "nothing": b"",
        "cut short by one byte": der[:-1],
        "cut in the middle": der[: len(der) // 2],
        "one byte more": der + b"\0",
        "an indefinite length": b"\x30\x80" + der[4:] + b"\0\0",
        "a length of four bytes": b"\x30\x84\0\0" + der[2:],
        "a length beyond the end": b"\x30\x82\xff\xff" + der[4:],
        "a SET instead of a SEQUENCE": b"\x31" + der[1:],
        "an unknown version": der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", 1),
        "PEM instead of DER": b"-----BEGIN CERTIFICATE-----",
    }


def wrong_structure(der: bytes) -> Iterator[tuple[str, bytes]]:
    """The certificate with one element altered, each once: another tag, and one byte longer than it is.

    Left out is what is inside names and the SubjectAltName's own names: it may hold anything.
    """
    for path, at, header in _elements(der):
        if path[:3] in (ISSUER, SUBJECT) and len(path) > len(ISSUER):
            continue
        where = ".".join(map(str, path))
        last = at + header - 1
        yield f"element {where} has another tag", der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]
        yield f"element {where} is one longer", der[:last] + bytes([der[last] + 1 & 0xFF]) + der[last + 1 :]


def _elements(
    der: bytes, at: int = 0, end: int | None = None, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Path, offset and size of the header of every element."""
    end, number = len(der) if end is None else end, 0
    while at < end:
        header = 2 + (der[at + 1] & 0x7F if der[at + 1] >= 0x80 else 0)
        size = der[at + 1] if header == 2 else int.from_bytes(der[at + 2 : at + header], "big")
        yield (*path, number), at, header
        if der[at] & CONSTRUCTED:
            yield from _elements(der, at + header, at + header + size, (*path, number))
        at, number = at + header + size, number + 1


def wrong_dates(der: bytes) -> dict[str, bytes]:
    """The certificate with a last date that is none, by what is wrong with it; other certificates give nothing."""
    end = re.search(rb"\x17\x0d(\d{12}Z)\x30", der)
    if end is None:
        return {}
    good = end[1]
    wrong = {
        "month 0": good[:2] + b"00" + good[4:],
        "month 13": good[:2] + b"13" + good[4:],
        "day 0": good[:4] + b"00" + good[6:],
        "30 February": good[:2] + b"0230" + good[6:],
        "31 April": good[:2] + b"0431" + good[6:],
        "29 February of a common year": b"490229" + good[6:],
        "hour 24": good[:6] + b"24" + good[8:],
        "minute 60": good[:8] + b"60" + good[10:],
        "second 60": good[:10] + b"60Z",
        "a letter": good[:5] + b"x" + good[6:],
        "another zone": good[:12] + b"A",
    }
    return {name: der[: end.start(1)] + text + der[end.end(1) :] for name, text in wrong.items()}


def right_dates(der: bytes) -> dict[str, bytes]:
    """The certificate with another last date that is right, by what it is."""
    end = re.search(rb"\x17\x0d\d{12}Z(?=\x30)", der)
    if end is None:
        return {}
    right = {
        "29 February of a leap year": b"\x17\x0d480229235959Z",
        "the last second of 2049": b"\x17\x0d491231235959Z",
        "the last day of a month of 30": b"\x17\x0d450930000000Z",
    }
    return {name: der[: end.start()] + text + der[end.end() :] for name, text in right.items()}


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
