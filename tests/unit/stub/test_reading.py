"""The stub's reading of every certificate of the corpus, beside that of `cryptography`: the same facts, or both refuse.

Where they differ stands in a table with the reason.
"""

from __future__ import annotations

import ctypes
import json
import ssl
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from pinfuse.x509.contents import read_file
from tests.corpus import corpus, corpus_dir
from tests.hoststub import library

KEY_OTHER, KEY_RSA, KEY_EC = range(3)


class Span(ctypes.Structure):
    _fields_ = (("p", ctypes.c_void_p), ("n", ctypes.c_uint32))

    def bytes(self) -> bytes:
        return ctypes.string_at(self.p, self.n) if self.p else b""


class Cert(ctypes.Structure):
    """``zq_cert`` of core/x509.h."""

    _fields_ = (
        *((name, Span) for name in ("der", "issuer", "subject", "spki", "san")),
        *((name, ctypes.c_int64) for name in ("not_before", "not_after")),
        ("key", ctypes.c_int), ("key_bits", ctypes.c_uint32), ("digest_bits", ctypes.c_uint32),
        ("path_length", ctypes.c_int32),
        *((name, ctypes.c_uint8) for name in (
            "has_basic", "is_ca", "has_usage", "may_sign", "has_extended", "may_serve", "odd_critical")),
    )  # fmt: skip


def by_stub(der: bytes) -> dict[str, Any] | None:
    core, cert, buffer = library(16384), Cert(), ctypes.create_string_buffer(der, len(der))
    if not core.zq_cert_read(Span(ctypes.addressof(buffer), len(der)), ctypes.byref(cert)):
        return None
    names, rest, name = [], Span(cert.san.p, cert.san.n), Span()
    core.zq_san_next.argtypes = (ctypes.POINTER(Span), ctypes.POINTER(Span))
    while cert.san.p and core.zq_san_next(ctypes.byref(rest), ctypes.byref(name)):
        names.append(name.bytes())
    return {
        "subject": cert.subject.bytes(), "issuer": cert.issuer.bytes(), "spki": cert.spki.bytes(), "names": names,
        "dates": (cert.not_before, cert.not_after), "key": (cert.key, cert.key_bits), "digest": cert.digest_bits,
        "basic": (cert.has_basic, cert.is_ca, cert.path_length), "usage": (cert.has_usage, cert.may_sign),
        "extended": (cert.has_extended, cert.may_serve),
    }  # fmt: skip


def by_library(der: bytes) -> dict[str, Any] | None:
    """The same facts; a fact that the library cannot give is left out."""
    try:
        one = x509.load_der_x509_certificate(der)
        extensions = {e.value.__class__: e.value for e in one.extensions}
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None
    told: dict[str, Any] = {
        "dates": tuple(int(moment.timestamp()) for moment in (one.not_valid_before_utc, one.not_valid_after_utc))
    }
    told["key"], told["spki"] = _key(one), _spki(one)
    told["subject"], told["issuer"] = _name(lambda: one.subject), _name(lambda: one.issuer)
    try:
        digest = one.signature_hash_algorithm
        told["digest"] = None if digest is None else digest.digest_size * 8
    except (UnsupportedAlgorithm, ValueError):
        told["digest"] = None
    basic, usage = extensions.get(x509.BasicConstraints), extensions.get(x509.KeyUsage)
    told["basic"] = (1, basic.ca, -1 if basic.path_length is None else basic.path_length) if basic else (0, 0, -1)
    told["usage"] = (1, usage.key_cert_sign) if usage else (0, 0)
    extended = extensions.get(x509.ExtendedKeyUsage)
    serving = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    told["extended"] = (1, not serving.isdisjoint(extended)) if extended else (0, 0)
    san = extensions.get(x509.SubjectAlternativeName)
    told["names"] = [name.encode("utf-8") for name in san.get_values_for_type(x509.DNSName)] if san else []
    return told


def _name(read: Callable[[], x509.Name]) -> bytes | None:
    """None for one that the library cannot read; to the stub names are bytes."""
    try:
        return read().public_bytes()
    except ValueError:
        return None


def _spki(one: x509.Certificate) -> bytes | None:
    try:
        return one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _key(one: x509.Certificate) -> tuple[int, int] | None:
    try:
        key = one.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    if isinstance(key, rsa.RSAPublicKey):
        return KEY_RSA, key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return KEY_EC, key.curve.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return KEY_EC, 256
    return (KEY_EC, 448) if isinstance(key, ed448.Ed448PublicKey) else None


def certificates() -> Iterator[tuple[str, bytes]]:
    folder = corpus_dir()
    for path in sorted((folder / "certs").rglob("*")) if folder else ():
        if path.is_file() and path.suffix in (".pem", ".crt", ".der"):
            for number, der in enumerate(read_file(path).certificates):
                yield f"{path.name}#{number}" if number else path.name, der
        if path.suffix == ".json":
            told = json.loads(path.read_bytes())
            pems = (told["peer_certificate"], *told["untrusted_intermediates"], *told["trusted_certs"])
            for number, pem in enumerate(pems):
                yield f"{path.name}#{number}", ssl.PEM_cert_to_DER_cert(pem)


STRICTER = {
    "its two signature algorithms differ (RFC 5280, 4.1.1.2)": (
        "mismatch_inner_outer_sig_algorithm.der", "rsa_pss_cert_no_sig_params.der",
    ),
    "a signature with unused bits, which no signature has": ("BadSignedCACert.crt", "InvalidDSASignatureTest6EE.crt"),
    "a subjectAltName without a name (RFC 5280, 4.2.1.6)": ("SANNoEntries.pem",),
    "a list of extensions without one (RFC 5280, 4.1)": (
        "certVersion3NoExtensions.pem", "CNWithoutSANSeptember2021.pem", "serialNumberZero.pem",
    ),
}  # fmt: skip
"""What the stub refuses and the library reads."""
NOT_LOOKED_AT = {
    "signed timestamps": ("badssl-sct-anonymous-sig.der", "invalid-sct-length.der"),
    "certificate policies, which are the platform's": (
        "cp_invalid2.der", "explicitText200Char.pem", "explicitTextBMPNotNFC.pem", "explicitTextNotNFC.pem",
        "userNoticeExpTextUtf8.pem", "policyConstGoodOnlyExplicit.pem",
    ),
    "name constraints, which are the platform's": (
        "nc_invalid_ip4_netmask.der", "nc_ip_invalid_length.pem", "sha1ExpirePrior2017.pem",
    ),
    "other names of issuer and authority, and where revocation is told": (
        "malformed-ian.pem", "SANDirectoryNameBeginning.pem", "subCAWNoURL.pem", "subCAcrlDistNoURL.pem",
        "subCaCrlPresent.pem", "uniqueIdVersion3.pem",
    ),
    "general names besides DNS names and addresses": (
        "san_x400address.der", "SANEDIParty.pem", "SANWithInvalidEmail.pem", "SANWithValidEmail.pem",
    ),
    "a DNS name that is no IA5String: it matches no host": ("SANDNSNotIA5String.pem", "caMaxPathLenPositive.pem"),
    "an empty relative distinguished name: names are compared as bytes": (
        "SANBareWildcard.pem", "SANDNSPeriod.pem", "SANGoodSuffix.pem", "SANWildcardFirst.pem",
        "SubjectDNSerialNumberTooLong.pem", "validityNegative.pem",
    ),
    "a path length where there is no CA": ("wosign-bc-invalid.pem", "subCertPathLenPositive.pem"),
    "parameters of keys and signatures that no check depends on": (
        "dsa_null_alg_params.pem", "rsaKeyWithParameters.pem", "rsassapssInSPKI.pem",
        "DSAParametersInheritedCACert.crt", "ValidDSAParameterInheritanceTest5EE.crt",
    ),
    "curve parameters instead of a named curve: a key of unknown size, which every limit refuses": (
        "ec_no_named_curve.pem",
    ),
}  # fmt: skip
"""What the library refuses or reads because of a part that the stub does not look at."""
WRITTEN_ANEW = {
    "a key whose algorithm has no parameters: the library writes it anew with NULL; a pin is of what stands there": (
        "rsaAlgIDNoNULLParams.pem", "rsa_pss_cert.pem",
    ),
}  # fmt: skip
"""Where the stub gives the bytes as they are."""
TABLES = (STRICTER, NOT_LOOKED_AT, WRITTEN_ANEW)
DIFFERENT = {name: why for table in TABLES for why, names in table.items() for name in names}
"""Certificate → why the two readings differ."""


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(action="ignore"):
        yield


def differences(der: bytes) -> dict[str, tuple[Any, Any]]:
    mine, theirs = by_stub(der), by_library(der)
    if mine is None or theirs is None:
        return {} if mine is theirs else {"read at all": (mine is not None, theirs is not None)}
    return {key: (mine[key], value) for key, value in theirs.items() if value is not None and mine[key] != value}


def test_the_same_facts_or_a_reason() -> None:
    corpus("certs")
    found = {name: told for name, der in certificates() if (told := differences(der))}
    unexplained = {name: told for name, told in found.items() if name not in DIFFERENT}
    assert not unexplained
    assert set(found) == set(DIFFERENT)


def test_there_are_enough_of_them() -> None:
    corpus("certs")
    read = [der for _, der in certificates() if by_stub(der) is not None]
    assert len(read) > 600
