"""What a file holds: each kind of thing is named by its bytes, and only certificates are taken."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from pinfuse.errors import PinError
from pinfuse.x509 import contents
from pinfuse.x509.contents import sort_contents
from tests import pki

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8, OLD = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
LOCKED = serialization.BestAvailableEncryption(b"secret")
LEAF = pki.server("a.example")
RSA_LEAF = pki.server("b.example", key=pki.make_key(pki.RSA))
REQUEST = x509.CertificateSigningRequestBuilder(LEAF.certificate.subject).sign(LEAF.key, hashes.SHA256())
BUNDLE = [LEAF.certificate]

KEY, STORE, P7 = contents.PRIVATE_KEY, contents.KEY_STORE, contents.PKCS7
UNKNOWN = "nothing that pinfuse knows"
KINDS = {
    "PKCS#8 PEM": (LEAF.key_bytes(), KEY),
    "PKCS#8 DER": (LEAF.key_bytes(DER), KEY),
    "PKCS#8 DER, RSA": (RSA_LEAF.key_bytes(DER), KEY),
    "PKCS#8 PEM, locked": (LEAF.key_bytes(PEM, PKCS8, LOCKED), KEY),
    "PKCS#8 DER, locked": (LEAF.key_bytes(DER, PKCS8, LOCKED), KEY),
    "SEC 1 PEM": (LEAF.key_bytes(PEM, OLD), KEY),
    "SEC 1 DER": (LEAF.key_bytes(DER, OLD), KEY),
    "PKCS#1 PEM": (RSA_LEAF.key_bytes(PEM, OLD), KEY),
    "PKCS#1 DER": (RSA_LEAF.key_bytes(DER, OLD), KEY),
    "a key without its end": (LEAF.key_bytes()[:90], KEY),
    "PKCS#12": (pkcs12.serialize_key_and_certificates(b"x", LEAF.key, LEAF.certificate, None, LOCKED), STORE),
    "PKCS#7 PEM": (pkcs7.serialize_certificates(BUNDLE, PEM), P7),
    "PKCS#7 DER": (pkcs7.serialize_certificates(BUNDLE, DER), P7),
    "request": (REQUEST.public_bytes(PEM), "a certificate request"),
    "public key": (LEAF.certificate.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
                   "a public key"),
    "JKS": (b"\xfe\xed\xfe\xed\0\0\0\2", "a Java key store"),
    "trusted": (LEAF.pem.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"), "an OpenSSL trusted certificate"),
    "broken base64": (b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----", "a PEM block that is broken"),
    "no end": (LEAF.pem[:200], "a PEM block that is broken"),
    "empty": (b"", UNKNOWN),
    "text": (b"these are our pins", UNKNOWN),
    "an image": (b"\x89PNG\r\n\x1a\n", UNKNOWN),
    "a sequence of nothing": (b"\x30\x00", UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("data", "kind"), KINDS.values(), ids=KINDS)
def test_each_kind_is_named_and_not_taken(data: bytes, kind: str) -> None:
    found = sort_contents(data)
    assert found.certificates == ()
    assert [other.kind for other in found.others] == [kind]
    assert found.others[0].todo
    assert found.others[0].is_private == (kind == KEY)


def test_certificates_are_taken_in_their_order_and_once() -> None:
    data = b"# text\r\n" + LEAF.pem.replace(b"\n", b"\r\n") + RSA_LEAF.pem + LEAF.pem
    assert sort_contents(data) == contents.Contents((LEAF.der, RSA_LEAF.der))
    assert sort_contents(LEAF.der).certificates == (LEAF.der,)
    assert sort_contents(LEAF.pem.replace(b" CERT", b" X509 CERT")).certificates == (LEAF.der,)


def test_a_key_beside_its_certificate_is_pointed_out_and_not_kept() -> None:
    found = sort_contents(LEAF.key_bytes() + LEAF.pem)
    assert found.certificates == (LEAF.der,)
    assert [other.is_private for other in found.others] == [True]
    secret = LEAF.key.private_numbers().private_value.to_bytes(32, "big")
    assert secret in LEAF.key_bytes(DER)
    words = "".join(other.kind + other.todo for other in found.others)
    assert secret not in b"".join(found.certificates) + words.encode()


def test_a_public_key_says_its_pin() -> None:
    data, _ = KINDS["public key"]
    digest = subprocess.run(
        "openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | openssl base64",
        shell=True,
        input=data,
        capture_output=True,
        check=True,
    ).stdout.decode().strip()  # fmt: skip
    assert sort_contents(data).others[0].todo == f"pin it as HOST=sha256/{digest}"


def test_a_file_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "LARGEST_FILE", 10)
    (tmp_path / "big.pem").write_bytes(b"x" * 11)
    with pytest.raises(PinError, match="too large"):
        contents.read_file(tmp_path / "big.pem")


PIECES = [b"-----BEGIN ", b"-----END ", b"CERTIFICATE", b"-----", b"\n", b"QUJD", b"PRIVATE KEY", b"\x30\x82"]


@given(st.binary(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
def test_any_bytes_are_sorted(data: bytes) -> None:
    found = sort_contents(data)
    assert found.certificates or found.others


def test_many_openings_without_an_end_cost_little() -> None:
    found = sort_contents(b"-----BEGIN CERTIFICATE-----" * 100_000)
    assert [other.kind for other in found.others] == ["a PEM block that is broken"]
