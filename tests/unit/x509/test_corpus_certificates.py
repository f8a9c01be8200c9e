"""Every certificate of the corpus: the same facts as openssl, or a refusal that stands in the table below."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pinfuse.x509 import roots
from pinfuse.x509.certificates import Certificate
from pinfuse.x509.contents import read_file
from pinfuse.x509.path import build_path
from pinfuse.x509.signatures import signed
from tests.corpus import corpus, corpus_dir

REFUSED = {
    "DSAParametersInheritedCACert.crt": "DSA parameters that are inherited (RFC 3279, 2.3.2): no TLS stack has them",
    "ValidDSAParameterInheritanceTest5EE.crt": "as above",
    "certVersion4WithExtension.pem": "there is no version 4",
    "dsa_null_alg_params.pem": "DSA with NULL for parameters (RFC 3279, 2.2.2)",
    "extSANDuplicated.pem": "an extension twice (RFC 5280, 4.2)",
    "extUnknownDuplicated.pem": "an extension twice",
    "invalid_version.pem": "there is no version 8",
    "mismatch_inner_outer_sig_algorithm.der": "two signature algorithms that differ (RFC 5280, 4.1.1.2)",
    "rsa_pss_cert_no_sig_params.der": "two signature algorithms that differ",
    "rsaKeyWithParameters.pem": "RSA parameters that are not NULL (RFC 3279, 2.3.1)",
    "rsassapssInSPKI.pem": "parameters that RFC 4055 does not allow",
    "two_basic_constraints.pem": "an extension twice",
    "utcNoSeconds.pem": "UTCTime without seconds (RFC 5280, 4.1.2.5.1)",
}
"""File → why pinfuse does not read its certificate, where openssl does."""
PUBLIC_KEY_BITS = re.compile(r"Public-Key: \((\d+) bit")
SIGNATURE = re.compile(r"Signature Algorithm: (\S+)")
ALGORITHM = re.compile(r"Public Key Algorithm: (\S+)")
KEY_WORDS = {"rsaEncryption": "RSA", "rsassaPss": "RSA", "id-ecPublicKey": "EC", "dsaEncryption": "DSA",
             "ED25519": "Ed25519", "ED448": "Ed448"}  # fmt: skip


def files() -> list[Path]:
    folder = corpus_dir()
    found = (folder / "certs").rglob("*") if folder else iter(())
    return sorted(path for path in found if path.is_file() and path.suffix in (".pem", ".crt", ".der"))


def openssl(*arguments: str, data: bytes) -> bytes:
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def test_the_corpus_is_read_or_refused_for_a_reason_in_the_table() -> None:
    corpus("certs")
    refused, read = set(), 0
    for path in files():
        for der in read_file(path).certificates:
            try:
                Certificate.from_der(der)
                read += 1
            except ValueError:
                refused.add(path.name)
    assert refused == set(REFUSED)
    assert read > 600


RSA_WITHOUT_NULL = bytes.fromhex("300b06092a864886f70d010101") + b"\x03"
BEFORE_YEAR_1000 = -30_000_000_000
"""openssl writes such years with fewer than four digits, which is no ISO 8601."""
SAMPLE = 20
"""Every twentieth file is compared with openssl in each run; the slow test compares all."""


def compare(path: Path) -> int:
    """Compare each certificate of a file with openssl; how many."""
    compared = 0
    for der in read_file(path).certificates:
        if path.name in REFUSED:
            continue
        certificate = Certificate.from_der(der)
        text = openssl("x509", "-inform", "DER", "-noout", "-text", "-dates", "-dateopt", "iso_8601", data=der).decode(
            "utf-8", "replace"
        )
        if not text:
            continue
        compared += 1
        spki = openssl("x509", "-inform", "DER", "-noout", "-pubkey", data=der)
        if spki and certificate.key_type in ("RSA", "Ed25519", "Ed448") and "rsassaPss" not in text:
            # openssl writes the NULL parameters that rsaAlgIDNoNULLParams.pem lacks; ours are the bytes as they stand
            odd = RSA_WITHOUT_NULL in certificate.spki
            raw = b"" if odd else openssl("pkey", "-pubin", "-outform", "DER", data=spki)
            assert raw in (certificate.spki, b""), path.name
        bits, algorithm, signature = PUBLIC_KEY_BITS.search(text), ALGORITHM.search(text), SIGNATURE.search(text)
        if bits and certificate.key_bits:
            assert int(bits[1]) == certificate.key_bits, path.name
        if algorithm and certificate.key_type != "unknown":
            assert KEY_WORDS[algorithm[1]] == certificate.key_type, path.name
        if signature and certificate.digest not in ("none", "unknown") and signature[1] != "rsassaPss":
            assert certificate.digest in signature[1].lower().replace("-", ""), path.name
        assert ("CA:TRUE" in text) == certificate.is_ca, path.name
        if certificate.not_after > BEFORE_YEAR_1000:
            assert dates(text) == (certificate.not_before, certificate.not_after), path.name
        for name in certificate.dns_names:
            assert not (name.isascii() and name.isprintable()) or f"DNS:{name}" in text, path.name
    return compared


def dates(text: str) -> tuple[int, ...]:
    found = re.findall(r"^not(?:Before|After)=(\S+ \S+)Z", text, re.MULTILINE)
    return tuple(int(datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp()) for one in found)


def test_a_sample_has_the_same_facts_as_openssl() -> None:
    corpus("certs")
    assert sum(compare(path) for path in files()[::SAMPLE]) > 20


@pytest.mark.slow
def test_all_have_the_same_facts_as_openssl() -> None:
    corpus("certs")
    assert sum(compare(path) for path in files()) > 600


def test_old_digests_are_verified() -> None:
    """SHA-1 links of real chains hold, and a link with a byte changed does not."""
    corpus("certs")
    certificates = [
        Certificate.from_der(der)
        for path in files()
        if path.name not in REFUSED
        for der in read_file(path).certificates
    ]
    old = [certificate for certificate in certificates if certificate.digest in ("sha1", "md5")]
    links = [(child, parent) for child in old for parent in certificates if child.raw_issuer == parent.raw_subject]
    held = [child for child, parent in links if signed(child, parent)]
    assert len(held) > 20
    for child, parent in links:
        middle = len(child.der) - 30
        broken = child.der[:middle] + bytes([child.der[middle] ^ 1]) + child.der[middle + 1 :]
        assert not signed(Certificate.from_der(broken), parent)


def test_a_real_chain_is_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "bundle", lambda: None)
    chain = read_file(corpus("certs", "badssl", "wildcard-expired.pem")).certificates
    assert build_path(chain).chain == chain
    assert len(chain) == 3
