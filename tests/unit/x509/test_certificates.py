"""Certificates as values: facts, exact bytes, and words for what cannot be read."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa

from pinfuse.errors import PinError
from pinfuse.x509.certificates import LONGEST, Certificate, read_chain
from tests import pki

ROOT = pki.authority()


def test_the_facts_of_a_server_certificate() -> None:
    entity = pki.server("api.example.com", "*.example.com", "192.0.2.7", "2001:db8::1", issuer=ROOT)
    certificate = Certificate.from_der(entity.der)
    assert certificate.der == entity.der
    assert certificate.spki_sha256 == hashlib.sha256(entity.spki).digest()
    assert certificate.sha256 == hashlib.sha256(entity.der).digest()
    assert (certificate.subject, certificate.issuer) == ("CN=api.example.com", "CN=Test Root")
    assert certificate.dns_names == ("api.example.com", "*.example.com")
    assert certificate.ip_addresses == ("192.0.2.7", "2001:db8::1")
    assert not certificate.is_ca and not certificate.self_issued and certificate.may_serve
    assert (certificate.not_before, certificate.not_after) == (pki.NOW - 30 * pki.DAY, pki.NOW + 365 * pki.DAY)
    assert (certificate.key_type, certificate.key_bits, certificate.digest) == ("EC", 256, "sha256")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (pki.make_key(pki.RSA, bits=1024), ("RSA", 1024, "sha256")),
        (pki.make_key(pki.EC, bits=384), ("EC", 384, "sha256")),
        (pki.make_key(pki.ED), ("Ed25519", 256, "none")),
        (dsa.generate_private_key(1024), ("DSA", 1024, "sha256")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_keys_and_digests(key: object, expected: tuple[str, int, str]) -> None:
    certificate = Certificate.from_der(pki.issue("x", key=key).der)
    assert (certificate.key_type, certificate.key_bits, certificate.digest) == expected


def test_roles() -> None:
    root = Certificate.from_der(ROOT.der)
    assert root.is_ca and root.self_issued
    assert not Certificate.from_der(pki.issue("no basicConstraints").der).is_ca
    assert not Certificate.from_der(pki.server("a.example", usage=pki.CLIENT_AUTH).der).may_serve
    assert Certificate.from_der(pki.server("a.example", usage=pki.SERVER_AUTH).der).may_serve


def test_an_empty_subject_has_words() -> None:
    assert Certificate.from_der(pki.issue("", names=["a.example"]).der).subject == "no subject"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cut short"),
        (b"\x30\x03\x02\x01", "cut short"),
        (b"\x30\x80\x00\x00", "DER does not allow"),
        (ROOT.der + b"\0", "not one DER sequence"),
        (ROOT.spki, "not the parts of a certificate"),
        (bytes(LONGEST + 1), "more than a certificate may have"),
    ],
    ids=["nothing", "cut", "indefinite", "followed", "a key", "too long"],
)
def test_what_is_no_certificate_says_so(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Certificate.from_der(data)


def test_every_cut_is_a_value_error() -> None:
    for length in range(len(ROOT.der)):
        with pytest.raises(ValueError):
            Certificate.from_der(ROOT.der[:length])


def test_every_changed_byte_is_read_or_a_value_error() -> None:
    for at in range(len(ROOT.der)):
        changed = ROOT.der[:at] + bytes([ROOT.der[at] ^ 0xFF]) + ROOT.der[at + 1 :]
        try:
            assert Certificate.from_der(changed).der == changed
        except ValueError as error:
            assert str(error)


def test_a_chain_file_keeps_its_order(tmp_path: Path) -> None:
    leaf = pki.server("a.example", issuer=ROOT)
    path = tmp_path / "chain.pem"
    path.write_bytes(b"first the leaf\n" + leaf.pem + b"\nthen the root\n" + ROOT.pem)
    assert read_chain(path) == (leaf.der, ROOT.der)
    path.write_bytes(leaf.der)
    assert read_chain(path) == (leaf.der,)


def test_a_chain_file_without_certificate_is_a_pin_error(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(ROOT.key_bytes())
    with pytest.raises(PinError, match="no certificate in it") as caught:
        read_chain(path)
    assert "never read into the app" in caught.value.todo


@pytest.mark.parametrize("room", ["pinfuse.policy", "pinfuse.x509", "pinfuse.x509.fetch", "pinfuse.policy.load"])
def test_importing_the_rooms_loads_no_certificate_library(room: str) -> None:
    code = f"import {room}, sys; print(*[m for m in sys.modules if m in ('cryptography', 'OpenSSL')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
