"""Our verifier and apksigner on apksig's own fixtures, and apksigner on what we sign."""

from __future__ import annotations

import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from examples.demo.run import APP
from pinfuse.android.fuse import Parts
from pinfuse.android.output import write_apk
from pinfuse.android.signing.debugkey import UNTIL
from pinfuse.android.signing.keys import ApkSigner
from pinfuse.android.signing.verify import identities, verify_apk
from pinfuse.container.reader import Archive
from pinfuse.errors import DamagedApp
from tests.corpus import corpus, corpus_dir
from tests.oracles import apksigner

DIFFERENCES = {
    "v2-only-with-rsa-pkcs1-sha256-1024-cert-not-der.apk": "a certificate in BER, which our library does not read",
    "v2-only-with-rsa-pss-sha256-16384.apk": "RSA-PSS, which apksigner on this Java does not know",
    "v2-only-with-rsa-pss-sha256-2048.apk": "as above",
    "v2-only-with-rsa-pss-sha256-4096.apk": "as above",
    "v2-only-with-rsa-pss-sha512-16384.apk": "as above",
    "v2-only-with-rsa-pss-sha512-3072.apk": "as above",
    "v2-only-with-rsa-pss-sha512-8192.apk": "as above",
    "v31-tgt-33-no-v3-block.apk": "apksigner before v3.1 sees no v3 there, and neither does our v3",
}
"""File → why the two may differ."""
REFUSED = {"v2-only-garbage-between-cd-and-eocd.apk", "v3-only-empty.apk"}
"""What our strict reader does not even open; apksigner refuses it too."""


def fixtures() -> list[str]:
    folder = corpus_dir()
    found = (folder / "apksig").glob("*.apk") if folder else iter(())
    return sorted(path.name for path in found if path.name.startswith(("v2", "v3", "v1v2", "golden", "stamp", "two")))


def holds(apk: Path, first: int, last: int) -> bool:
    words = ("--min-sdk-version", str(first), "--max-sdk-version", str(last))
    return subprocess.run(["apksigner", "verify", *words, str(apk)], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", fixtures())
def test_the_same_answer_as_apksigner(name: str) -> None:
    apk = corpus("apksig", name)
    if not apksigner.available():
        pytest.skip("apksigner is not here")
    try:
        with Archive(apk) as archive:
            report = verify_apk(archive)
    except DamagedApp:
        assert name in REFUSED
        return
    mine = {"v2": "v2" in report.schemes, "v3": bool(report.schemes) and not report.problems}
    with zipfile.ZipFile(apk) as archive_:
        has_v1 = any(one.upper().endswith((".RSA", ".DSA", ".EC")) for one in archive_.namelist())
    theirs = {"v2": holds(apk, 24, 27), "v3": holds(apk, 28, 32)}
    if has_v1 and not mine["v2"] and not mine["v3"]:
        return  # apksigner goes on to v1, which identifies a signer here and is not verified
    assert mine == theirs or name in DIFFERENCES, (mine, theirs, report.problems)


def test_a_stripped_v3_is_noticed() -> None:
    with Archive(corpus("apksig", "v2v3-signed-v3-block-stripped.apk")) as archive:
        assert "taken away" in verify_apk(archive).problems[0]


@pytest.mark.parametrize(
    ("name", "older"), [("golden-aligned-v2v3-lineage-out.apk", 1), ("golden-aligned-v1v2v3-out.apk", 0)]
)
def test_the_lineage_counts_as_signers(name: str, older: int) -> None:
    with Archive(corpus("apksig", name)) as archive:
        report = verify_apk(archive)
    assert len(report.signers[-1].lineage) == older
    assert len(report.certificates_sha256) == 1 + older


def test_who_signed_with_v1_alone() -> None:
    with Archive(corpus("apksig", "v1-only-two-signers.apk")) as archive:
        found = identities(archive)
    assert len(found) == 2
    assert all(one.schemes == ("v1",) for one in found)


@dataclass(frozen=True)
class Case:
    name: str
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


CASES = (
    Case("RSA 2048", rsa.generate_private_key(65537, 2048)),
    Case("RSA 3072", rsa.generate_private_key(65537, 3072)),
    Case("RSA 4096", rsa.generate_private_key(65537, 4096)),
    Case("P-256", ec.generate_private_key(ec.SECP256R1())),
    Case("P-384", ec.generate_private_key(ec.SECP384R1())),
    Case("P-521", ec.generate_private_key(ec.SECP521R1())),
)


def signer_with(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> ApkSigner:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A signer")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(UNTIL.replace(year=2020)).not_valid_after(UNTIL).sign(key, hashes.SHA256())
    return ApkSigner(key, (certificate,))


def sign(signer: ApkSigner, out: Path, *, v1: bool) -> Path:
    with Archive(APP) as archive, out.open("w+b") as file:
        written = write_apk(archive, Parts({}, {}, frozenset(), False, (), v1), signer, file)
    assert written.schemes == (("v1", "v2", "v3") if v1 else ("v2", "v3"))
    assert out.stat().st_size == written.size
    return out


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("v1", [True, False], ids=["v1 v2 v3", "v2 v3"])
def test_apksigner_reads_what_we_sign(case: Case, v1: bool, tmp_path: Path) -> None:
    signer = signer_with(case.key)
    apk = sign(signer, tmp_path / "signed.apk", v1=v1)
    with Archive(apk) as archive:
        report = verify_apk(archive)
        assert report.schemes == ("v2", "v3")
        assert report.problems == ()
        assert report.certificates_sha256 == (signer.certificate_sha256,)
        assert identities(archive)[0].schemes == (("v1", "v2", "v3") if v1 else ("v2", "v3"))
    if apksigner.available():
        assert holds(apk, 24, 27)
        assert holds(apk, 28, 33)
        assert not v1 or holds(apk, 21, 23)


@pytest.mark.parametrize("case", [CASES[0], CASES[3]], ids=lambda case: case.name)
def test_the_same_key_signs_the_same_bytes(case: Case, tmp_path: Path) -> None:
    signer = signer_with(case.key)
    once, again = (sign(signer, tmp_path / f"{n}.apk", v1=True).read_bytes() for n in range(2))
    assert once == again


@pytest.mark.parametrize("place", ["entries", "directory", "comment"])
def test_every_part_of_the_file_is_covered(place: str, tmp_path: Path) -> None:
    apk = sign(signer_with(CASES[3].key), tmp_path / "signed.apk", v1=False)
    data = bytearray(apk.read_bytes())
    with Archive(apk) as archive:
        entry = next(iter(archive.entries.values()))
        offsets = {"entries": entry.local_offset + 10, "directory": archive.end.directory_offset + 12}
    if place == "comment":
        data[-2:] = (1).to_bytes(2, "little")
        data += b"x"
    else:
        data[offsets[place]] ^= 1
    apk.write_bytes(bytes(data))
    with Archive(apk) as archive:
        assert "changed after it was signed" in verify_apk(archive).problems[0]


def test_a_key_usage_without_signatures_is_refused_for_v1(tmp_path: Path) -> None:
    from pinfuse.errors import SigningError

    key = CASES[3].key
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A CA")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7).add_extension(usage, True)
    certificate = builder.not_valid_before(UNTIL.replace(year=2020)).not_valid_after(UNTIL).sign(key, hashes.SHA256())
    with pytest.raises(SigningError, match="key usage"):
        sign(ApkSigner(key, (certificate,)), tmp_path / "x.apk", v1=True)


def test_the_public_key_stands_as_the_certificate_has_it() -> None:
    signer = signer_with(CASES[0].key)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert signer.public_key_der == signer.chain[0].public_key().public_bytes(*form)
