"""Keys to sign with: PKCS#12, or PEM and DER files, in apksigner's words."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from pinfuse.android.signing.algorithms import Algorithm, algorithm_for
from pinfuse.errors import SigningError
from pinfuse.formats import SignerIdentity, SigningRequest
from pinfuse.signing.passwords import read_password

JKS, JCEKS = bytes.fromhex("feedfeed"), bytes.fromhex("cececece")
LARGEST = 1 << 20
WEAKEST_RSA = 2048
PEM = b"-----BEGIN "
KINDS = "give an RSA key, or an EC key of P-256, P-384 or P-521"


@dataclass(frozen=True)
class ApkSigner:
    """A private key with its certificates (the signing one first)."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]
    is_debug: bool = False

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """DER of each certificate."""
        return tuple(one.public_bytes(serialization.Encoding.DER) for one in self.chain)

    @property
    def public_key_der(self) -> bytes:
        """SubjectPublicKeyInfo of the signing certificate."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.DER, form)

    @property
    def algorithm(self) -> Algorithm:
        """What it signs v2 and v3 with."""
        return algorithm_for(self.key.public_key())

    @property
    def certificate_sha256(self) -> bytes:
        """SHA-256 of the signing certificate (32 bytes)."""
        return hashlib.sha256(self.certificates[0]).digest()

    @property
    def digests(self) -> tuple[bytes, ...]:
        """What opens the vault of an app that it signed: the SHA-256 of its certificate."""
        return (self.certificate_sha256,)

    @property
    def identity(self) -> SignerIdentity:
        """Subject and fingerprints, as consoles ask for them."""
        return identity_of(self.certificates[0], note="local debug key" if self.is_debug else "")

    @property
    def remedy(self) -> tuple[str, str]:
        """The option that gives a real key, and words for it."""
        return "--ks", "give the release key with --ks or --key and --cert"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is weak or over about the key."""
        said = []
        if self.is_debug:
            said.append("SIGNED WITH A LOCAL DEBUG KEY: fit for trying out, never for a release; give --ks")
        if isinstance(self.key, rsa.RSAPrivateKey) and self.key.key_size < WEAKEST_RSA:
            said.append(f"the signing key is RSA of {self.key.key_size} bits; stores ask for {WEAKEST_RSA}")
        if self.chain[0].not_valid_after_utc < datetime.now(UTC):
            said.append("the signing certificate has expired; Android does not mind, stores may")
        return tuple(said)

    def sign(self, data: bytes, *, digest: Any = None) -> bytes:
        """The signature over ``data``: PKCS#1 v1.5, or ECDSA with the nonce of RFC 6979, so that it repeats."""
        digest = digest or self.algorithm.hash
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), digest)
        return self.key.sign(data, ec.ECDSA(digest, deterministic_signing=True))


def identity_of(der: bytes, *, schemes: tuple[str, ...] = (), note: str = "") -> SignerIdentity:
    """A certificate as stores and consoles ask for it; one that cannot be parsed keeps its fingerprints."""
    try:
        with warnings.catch_warnings(action="ignore"):  # countries of more than two letters are common in debug keys
            subject = x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except ValueError:
        subject = "(unreadable)"
    sha1 = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    return SignerIdentity(subject, sha1, hashlib.sha256(der).hexdigest().upper(), schemes, note)


def load_signer(request: SigningRequest) -> ApkSigner | None:
    """The key that was asked for; None for ``--no-sign`` and where none was given. Raises `SigningError`."""
    if request.no_sign:
        return None
    if request.ks and (request.key or request.cert):
        raise SigningError("a key store and a key file are both given", where="--ks", todo="give one of them")
    if bool(request.key) != bool(request.cert):
        given, missing = ("--key", "--cert") if request.key else ("--cert", "--key")
        raise SigningError(f"{given} is given without {missing}", where=given, todo=f"give {missing} too")
    if request.ks:
        return _from_store(request, request.ks)
    if request.key and request.cert:
        return _from_files(request, request.key, request.cert)
    return None


def _from_store(request: SigningRequest, path: Path) -> ApkSigner:
    data, where = _read(path, "--ks"), path.name
    if data[:4] in (JKS, JCEKS):
        kind = "JKS" if data[:4] == JKS else "JCEKS"
        line = f"keytool -importkeystore -srckeystore {where} -destkeystore {path.stem}.p12 -deststoretype pkcs12"
        raise SigningError(f"this is a {kind} key store, and pinfuse reads PKCS#12", where=where, todo=f"run: {line}")
    password = read_password(request.ks_pass, "--ks-pass")
    try:
        store = pkcs12.load_pkcs12(data, password)
    except UnsupportedAlgorithm as error:
        raise SigningError(f"what is in it is not supported: {error}", where=where, todo=KINDS) from error
    except ValueError as error:
        todo = "give the right --ks-pass" if data[:1] == b"\x30" else "give a PKCS#12 file"
        what = "the key store does not open: wrong password, or no PKCS#12 at all"
        raise SigningError(what, where=where, todo=todo) from error
    if store.key is None or store.cert is None:
        raise SigningError("the key store holds no private key with its certificate", where=where)
    alias = (store.cert.friendly_name or b"").decode("utf-8", "replace")
    wanted = request.ks_key_alias
    if wanted is not None and wanted.lower() != alias.lower():
        what = f"there is no key {wanted!r}; the key store's is {alias!r}"
        raise SigningError(what, where=where, todo="mend --ks-key-alias")
    return _checked(store.key, [store.cert.certificate, *(one.certificate for one in store.additional_certs)], where)


def _from_files(request: SigningRequest, key_path: Path, cert_path: Path) -> ApkSigner:
    data, password = _read(key_path, "--key"), read_password(request.key_pass, "--key-pass")
    load = serialization.load_pem_private_key if PEM in data else serialization.load_der_private_key
    try:
        key = load(data, password)
    except TypeError as error:  # how the library says that a password is missing, or not needed
        what = "the key is not encrypted" if password else "the key is encrypted"
        raise SigningError(what, where=key_path.name, todo="give --key-pass only for an encrypted key") from error
    except UnsupportedAlgorithm as error:
        raise SigningError(f"this kind of key is not supported: {error}", where=key_path.name, todo=KINDS) from error
    except ValueError as error:
        raise SigningError("the key cannot be read, or --key-pass is wrong", where=key_path.name) from error
    text = _read(cert_path, "--cert")
    try:
        chain = x509.load_pem_x509_certificates(text) if PEM in text else [x509.load_der_x509_certificate(text)]
    except ValueError as error:
        raise SigningError("there is no certificate in it that can be read", where=cert_path.name) from error
    return _checked(key, chain, cert_path.name)


def _checked(key: Any, chain: list[x509.Certificate], where: str) -> ApkSigner:
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningError("Android apps are signed with RSA or EC keys, and this is neither", where=where)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    own = key.public_key().public_bytes(*form)
    try:
        mine = [one for one in chain if one.public_key().public_bytes(*form) == own]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError(f"a certificate has a key that cannot be read: {error}", where=where) from error
    if not mine:
        todo = "give the two that belong together"
        raise SigningError("the certificate belongs to another key", where=where, todo=todo)
    return ApkSigner(key, (mine[0], *(one for one in chain if one is not mine[0])))


def _read(path: Path, option: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise SigningError(f"{path} cannot be read: {error.strerror}", where=option) from error
    if len(data) > LARGEST:
        raise SigningError(f"{path} is too large for a key", where=option)
    return data
