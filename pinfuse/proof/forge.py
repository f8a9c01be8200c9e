"""Certificates that an attacker could have, made for one proof: other authorities, wrong names, weak keys, bad DER.

Every forged key is P-521 with SHA-512, so that only what a case is about can be wrong with it.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(days=1)
RSA_1024, RSA_2047, RSA_2048 = (rsa.RSAPublicNumbers(65537, 1 << bits - 1 | 1) for bits in (1024, 2047, 2048))
"""Public keys of so many bits; nobody needs to own them, the stub never checks signatures."""
BEYOND_2050 = timedelta(days=40 * 365)
"""From here on dates are written as GeneralizedTime (RFC 5280, 4.1.2.5)."""
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@functools.cache
def foreign_key() -> ec.EllipticCurvePrivateKey:
    """The attacker's key, one for each process."""
    return ec.generate_private_key(ec.SECP521R1())


@functools.cache
def other_key(owner: str) -> ec.EllipticCurvePrivateKey:
    """Another key than the attacker's, one for each owner."""
    return ec.generate_private_key(ec.SECP521R1())


@functools.cache
def short_curve_key() -> ec.EllipticCurvePublicKey:
    """A P-224 key."""
    return ec.generate_private_key(ec.SECP224R1()).public_key()


def subject_of(der: bytes) -> x509.Name:
    """The subject of a certificate."""
    return x509.load_der_x509_certificate(der).subject


@dataclass(frozen=True)
class Forger:
    """Makes certificates of ``key`` (the attacker's, unless given) that are valid around ``moment`` (Unix seconds)."""

    moment: int
    key: ec.EllipticCurvePrivateKey = field(default_factory=foreign_key)

    def authority(self, name: str = "another authority", *, ca: bool = True) -> bytes:
        """A self-signed certificate of the attacker's key; with ``ca`` false one that may not issue."""
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(own, own, self.key.public_key())
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, None), True)
        return self._sign(builder)

    def server(
        self,
        host: str,
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

        ``shift`` moves both dates, ``longer`` only the end; ``extension`` is added as critical.
        """
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, issuer, key or self.key.public_key(), shift, longer)
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(host)]), False)
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
        return builder.sign(self.key, SHA512()).public_bytes(Encoding.DER)


def weaker_digest(der: bytes) -> bytes:
    """The certificate with its signature called ecdsa-with-SHA224 (RFC 5758, 3.2), in both places."""
    return der.replace(bytes.fromhex("2a8648ce3d040304"), bytes.fromhex("2a8648ce3d040301"))


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


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
