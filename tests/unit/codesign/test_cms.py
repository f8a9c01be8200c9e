"""CMS: Apple's signatures read and rebuilt, ours beside openssl, and everything that must not hold."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pinfuse.ios.signing import cms, directory, seal
from pinfuse.ios.signing.ber import to_der
from pinfuse.ios.signing.blobs import HEADER, Magic, Slot, blob
from pinfuse.ios.signing.identity import Identity, authorities, issuers
from pinfuse.signing.der import CONTEXT_0, OCTETS, SEQUENCE, SET, der, integer, oid
from pinfuse.x509.der import children, read
from tests.fixtures import apple
from tests.pki import EC, RSA
from tests.unit.codesign.test_bundle import of
from tests.unit.codesign.test_directory import signed

DIRECTORY = blob(Magic.CODE_DIRECTORY, b"any directory")
SHA256 = ("sha256",)
ONE = [("sha256", DIRECTORY)]
LATE = datetime(2051, 2, 3, 4, 5, 6, tzinfo=UTC)


def of_apple() -> list[tuple[str, bytes, bytes]]:
    """Every CMS of the corpus: name, CMS, and the CodeDirectory that it signs."""
    return [(where, signature, blobs[Slot.CODE_DIRECTORY]) for where, signature, blobs in with_blobs()]


def with_blobs() -> Iterator[tuple[str, bytes, dict[int, bytes]]]:
    for where, _, blobs in signed():
        if len(blobs.get(Slot.CMS, b"")) > HEADER.size:
            yield where, blobs[Slot.CMS][HEADER.size :], blobs


def openssl_accepts(signature: bytes, content: bytes, folder: Path) -> bool:
    """Whether openssl finds the signature over the content good, whoever signed."""
    (folder / "cms").write_bytes(signature)
    (folder / "content").write_bytes(content)
    words = ("-noverify", "-binary", "-inform", "DER", "-in", "cms", "-content", "content", "-out", "out")
    return subprocess.run(("openssl", "cms", "-verify", *words), cwd=folder, capture_output=True).returncode == 0


def test_apples_signatures_hold_for_us_and_for_openssl(tmp_path: Path) -> None:
    found = of_apple()
    assert len(found) > 70
    for where, signature, content in found:
        parsed = cms.parse(signature)
        signer, certificate = cms.verify(parsed, content)
        assert certificate in parsed.certificates, where
        assert signer.value(cms.SIGNING_TIME) or not signer.attributes, where  # Apple's own old ones have none
        with pytest.raises(ValueError, match="signs something else" if signer.attributes else "does not hold"):
            cms.verify(parsed, content + b"x")
        assert openssl_accepts(signature, content, tmp_path), where
        assert not openssl_accepts(signature, content + b"x", tmp_path), where


def test_a_modern_signature_of_apple_is_rebuilt_byte_for_byte() -> None:
    """All of it but the signature itself, whose key is Apple's customer's."""
    rebuilt = {1: 0, 2: 0}
    for where, signature, blobs in with_blobs():
        parsed = cms.parse(signature)
        signer, certificate = cms.verify(parsed, blobs[Slot.CODE_DIRECTORY])
        if oid(cms.HASHES) not in signer.attributes or oid(seal.RSA_SHA256) not in to_der(signature)[-400:]:
            continue
        told = signer.value(cms.SIGNING_TIME)
        assert told
        when = datetime.strptime(told.decode(), "%y%m%d%H%M%SZ").replace(tzinfo=UTC)
        others = tuple(one for one in parsed.certificates if one != certificate)
        identity = Identity(apple.identity().entity.key, certificate, others)
        slots = [slot for slot in (Slot.CODE_DIRECTORY, Slot.ALTERNATE) if slot in blobs]
        directories = [(directory.DIGESTS[directory.version_of(blobs[slot])[1]], blobs[slot]) for slot in slots]
        made = seal.signed_data(identity, seal.attributes(directories, when), signer.signature)
        assert made == to_der(signature), where
        rebuilt[len(slots)] += 1
    print(f"{rebuilt} rebuilt")
    assert rebuilt[1] >= 10
    assert rebuilt[2] >= 1


def test_the_authorities_we_carry_are_those_in_real_signatures() -> None:
    chains = 0
    for _, signature, content in of_apple():
        _, certificate = cms.verify(cms.parse(signature), content)
        chain = issuers(certificate, authorities())
        if len(chain) == 2:
            assert chain == authorities()
            assert {*chain} < {*cms.parse(signature).certificates}
            chains += 1
    assert chains > 10


@pytest.mark.parametrize("kind", [RSA, EC])
@pytest.mark.parametrize("when", [apple.NOW, LATE], ids=["2026", "2051"])
def test_ours_holds_for_openssl_and_repeats(kind: str, when: datetime, tmp_path: Path) -> None:
    identity = of(apple.identity(kind=kind))
    made = seal.seal(identity, ONE, when)
    assert made == seal.seal(identity, ONE, when)
    assert made != seal.seal(identity, ONE, when.replace(second=59))
    assert seal.size(identity, SHA256, when) - 8 <= len(made) <= seal.size(identity, SHA256, when)
    signature = made[HEADER.size :]
    assert openssl_accepts(signature, DIRECTORY, tmp_path)
    assert not openssl_accepts(signature, DIRECTORY + b"x", tmp_path)
    parsed = cms.parse(signature)
    signer, certificate = cms.verify(parsed, DIRECTORY)
    assert certificate == apple.identity(kind=kind).entity.certificate
    assert {*parsed.certificates} == {certificate, *apple.identity(kind=kind).chain}
    assert signer.value(cms.SIGNING_TIME) == (b"260601120000Z" if when is apple.NOW else b"20510203040506Z")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda one: one.name)
def test_no_signature_is_longer_than_it_says(curve: ec.EllipticCurve) -> None:
    identity = Identity(ec.generate_private_key(curve), apple.identity().entity.certificate, ())
    sizes = [len(identity.sign(bytes([number]))) for number in range(60)]
    assert identity.longest_signature - 4 <= max(sizes) <= identity.longest_signature


def parts(signature: bytes) -> list[bytes]:
    """Elements of the SignedData."""
    return [one.whole for one in children(read(children(read(signature)[0].contents)[1].contents)[0].contents)]


def whole(elements: list[bytes]) -> bytes:
    return der(SEQUENCE, oid(cms.ID_SIGNED_DATA), der(CONTEXT_0, der(SEQUENCE, *elements)))


def forged(what: str) -> bytes:
    """Our signature with one thing wrong."""
    identity, other = of(apple.identity()), of(apple.identity(number=94))
    attributes = seal.attributes(ONE, apple.NOW)
    good = seal.signed_data(identity, attributes, identity.sign(der(SET, *attributes)))
    elements = parts(good)
    if what == "another key":
        return seal.signed_data(identity, attributes, other.sign(der(SET, *attributes)))
    if what == "no certificate":
        return whole([*elements[:3], elements[4]])
    if what == "two signers":
        return whole([*elements[:4], der(SET, read(elements[4])[0].contents * 2)])
    if what == "no signer":
        return whole([*elements[:4], der(SET)])
    if what == "no content type":
        short = [one for one in attributes if oid(cms.CONTENT_TYPE) not in one]
        return seal.signed_data(identity, short, identity.sign(der(SET, *short)))
    if what == "no digest":
        short = [one for one in attributes if oid(cms.MESSAGE_DIGEST) not in one]
        return seal.signed_data(identity, short, identity.sign(der(SET, *short)))
    if what == "an attribute twice":
        long = sorted([*attributes, attributes[0]])
        return seal.signed_data(identity, long, identity.sign(der(SET, *long)))
    if what == "an unknown digest":
        return good.replace(oid(cms.SHA256), oid("2.16.840.1.101.3.4.2.9"))
    if what == "other content":
        return der(SEQUENCE, oid(cms.ID_DATA), der(CONTEXT_0, der(OCTETS, b"x")))
    assert what == "no parts"
    return whole([integer(1)])


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("another key", "the signature does not hold"),
        ("no certificate", "the signer's certificate is not in it"),
        ("two signers", "2 signers and not one"),
        ("no signer", "0 signers and not one"),
        ("no content type", "do not say what is signed"),
        ("no digest", "signs something else"),
        ("an attribute twice", "stands there twice"),
        ("an unknown digest", "none of SHA-1 and SHA-2"),
        ("other content", "it is no CMS signature"),
        ("no parts", "not the parts of a CMS signature"),
    ],
)
def test_a_signature_with_one_thing_wrong_does_not_hold(what: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cms.verify(cms.parse(forged(what)), DIRECTORY)


def test_no_damaged_signature_holds() -> None:
    """Only bits that nobody signs may change: those of certificates above, and of numbers that nothing depends on."""
    identity = of(apple.identity())
    good = seal.seal(identity, ONE, apple.NOW)[HEADER.size :]
    chance, held = random.Random(3), 0
    before = cms.verify(cms.parse(good), DIRECTORY)[1]
    for _ in range(400):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            signer, certificate = cms.verify(cms.parse(bytes(data)), DIRECTORY)
        except ValueError:
            continue
        held += 1
        assert signer.signed == cms.parse(good).signers[0].signed
        assert certificate.public_key() == before.public_key()
    assert held < 380
    for size in range(0, len(good), 7):
        with pytest.raises(ValueError):
            cms.parse(good[:size])


@pytest.mark.parametrize(
    ("ber", "expected"),
    [
        ("3003020105", "3003020105"),
        ("30800201050000", "3003020105"),
        ("2480 040161 040162 0000", "04026162"),
        ("2406 040161 040162", "04026162"),
        ("3080 2480 040161 0000 0000", "3003040161"),
        ("30820003020105", "30820003020105"),
        ("a080 3080 0000 0000", "a0023000"),
    ],
)
def test_ber_becomes_der(ber: str, expected: str) -> None:
    assert to_der(bytes.fromhex(ber) + b"behind").hex() == expected


@pytest.mark.parametrize(
    ("ber", "said"),
    [
        ("", "cut short"),
        ("30", "cut short"),
        ("3005020105", "cut short"),
        ("30850000000001", "a length that cannot be"),
        ("0480", "an indefinite length without parts"),
        ("3080020105", "no end of the contents"),
        ("2403020105", "an octet string of something else"),
        ("1f0100", "a tag that is not used"),
        ("3080" * 60, "inside of each other"),
        ("a004300302", "cut short"),
    ],
)
def test_what_is_no_ber_is_refused(ber: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        to_der(bytes.fromhex(ber))
