"""Identities out of PKCS#12 files, old and modern, and each file that is none."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from pinfuse.errors import SigningError
from pinfuse.ios.signing.identity import Identity, authorities, load_identity
from pinfuse.signing.der import CONTEXT_0, OCTETS, SEQUENCE, der, oid
from pinfuse.x509.der import children, read
from tests.fixtures import apple
from tests.pki import EC, RSA

GIVEN = f"pass:{apple.PASSWORD}"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Identity]:
    def loaded(data: bytes, password: str | None = GIVEN) -> Identity:
        path = tmp_path / "id.p12"
        path.write_bytes(data)
        return load_identity(path, password, apple.NOW)

    return loaded


Load = Callable[..., Identity]


@pytest.mark.parametrize("kind", [RSA, EC])
@pytest.mark.parametrize("form", ["modern", "old"])
def test_key_certificate_and_chain_are_found(load: Load, kind: str, form: str) -> None:
    given = apple.identity(kind=kind)
    identity = load(given.old_p12() if form == "old" else given.p12())
    assert identity.certificate == given.entity.certificate
    assert identity.chain == given.chain
    assert (identity.team, identity.common_name) == (apple.TEAM, "Apple Development: Jane Doe (ABCDE12345)")
    assert identity.warnings == ()
    assert identity.identity.sha256 == identity.certificate_sha256.hex().upper()
    assert identity.sign(b"x") == identity.sign(b"x")


def test_the_password_may_come_from_elsewhere(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = apple.identity().p12()
    monkeypatch.setenv("APPLE_PASS", apple.PASSWORD)
    (tmp_path / "pass").write_text(f"{apple.PASSWORD}\n")
    for given in ("env:APPLE_PASS", f"file:{tmp_path / 'pass'}"):
        assert load(data, given).team == apple.TEAM
    assert load(apple.identity().p12(None), None).team == apple.TEAM


def test_without_authorities_the_own_ones_are_tried_and_said(load: Load) -> None:
    identity = load(apple.identity().p12(chain=False))
    assert identity.chain == ()
    assert any("authority of Apple" in one for one in identity.warnings)
    assert [one.subject.rfc4514_string().count("Apple") > 0 for one in authorities()] == [True, True]


@pytest.mark.parametrize("form", ["modern", "old"])
def test_a_file_in_ber_opens_too(load: Load, form: str) -> None:
    """As older systems of Apple export it: indefinite lengths, and strings in pieces."""
    data = apple.identity().old_p12() if form == "old" else apple.identity().p12()
    version, info, *mac = [one.whole for one in children(read(data)[0].contents)]
    safe = read(children(read(info)[0].contents)[1].contents)[0].contents
    pieces = b"".join(der(OCTETS, safe[at : at + 500]) for at in range(0, len(safe), 500))
    inside = open_ended(0x24, pieces)
    content = open_ended(SEQUENCE, oid("1.2.840.113549.1.7.1") + open_ended(CONTEXT_0, inside))
    assert load(open_ended(SEQUENCE, version + content + b"".join(mac))).team == apple.TEAM


def open_ended(tag: int, contents: bytes) -> bytes:
    return bytes([tag, 0x80]) + contents + b"\0\0"


def test_of_a_renewed_certificate_the_new_one_signs(load: Load) -> None:
    old, new = apple.identity(start=apple.NOW - timedelta(days=400)), apple.identity()
    data = pkcs12.serialize_key_and_certificates(
        b"x", new.entity.key, old.entity.certificate, [new.entity.certificate],
        serialization.BestAvailableEncryption(apple.PASSWORD.encode()),
    )  # fmt: skip
    assert load(data).certificate == new.entity.certificate


def test_what_is_doubtful_is_said(load: Load) -> None:
    soon = load(apple.identity(start=apple.NOW - timedelta(days=360)).p12())
    assert any("expires on 2026-06-06, in 5 days" in one for one in soon.warnings)
    foreign = load(apple.identity(marks=()).p12())
    assert any("not a certificate of Apple's" in one for one in foreign.warnings)


def two_keys() -> bytes:
    """A file with its bag of keys twice: how Keychain Access writes several identities."""
    data = apple.identity().p12()
    version, info, *mac = [one.whole for one in children(read(data)[0].contents)]
    safe = read(children(read(info)[0].contents)[1].contents)[0].contents
    infos = [one.whole for one in children(read(safe)[0].contents)]
    doubled = [one for one in infos if b"\x01\x0c\x0a\x01\x02" in one]
    inside = der(OCTETS, der(SEQUENCE, *infos, *doubled))
    return der(SEQUENCE, version, der(SEQUENCE, oid("1.2.840.113549.1.7.1"), der(CONTEXT_0, inside)), *mac)


def of_another_key() -> bytes:
    other = apple.identity(number=94)
    return pkcs12.serialize_key_and_certificates(
        b"x", apple.identity().entity.key, None, [other.entity.certificate],
        serialization.BestAvailableEncryption(apple.PASSWORD.encode()),
    )  # fmt: skip


def of_another_kind() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return pkcs12.serialize_key_and_certificates(
        b"x", key, None, None, serialization.BestAvailableEncryption(apple.PASSWORD.encode())
    )


REFUSED: dict[str, tuple[str, str | None, Callable[[], bytes]]] = {
    "a wrong password": ("the password is wrong, or the file is damaged", "pass:no", lambda: apple.identity().p12()),
    "a wrong password of an old file": ("the password is wrong", "pass:no", lambda: apple.identity().old_p12()),
    "no password": ("it asks for a password", None, lambda: apple.identity().p12()),
    "no key": ("it holds no private key", GIVEN, lambda: apple.identity().p12(key=False)),
    "two keys": ("it holds 2 private keys", GIVEN, two_keys),
    "another key": ("no certificate of its private key", GIVEN, of_another_key),
    "a key of another kind": ("RSA or EC keys", GIVEN, of_another_kind),
    "an expired one": (
        "has expired on 2026-05-31", GIVEN, lambda: apple.identity(start=apple.NOW - timedelta(days=366)).p12()
    ),
    "one that is not valid yet": (
        "is valid from 2026-06-02 on", GIVEN, lambda: apple.identity(start=apple.NOW + timedelta(days=1)).p12()
    ),
    "one for servers": (
        "is not a certificate for signing code", GIVEN,
        lambda: apple.identity(usage=ExtendedKeyUsageOID.SERVER_AUTH).p12(),
    ),
    "one without usage": ("is not a certificate for signing code", GIVEN, lambda: apple.identity(usage=None).p12()),
    "no PKCS#12": ("it is no PKCS#12 file", GIVEN, lambda: apple.identity().entity.pem),
    "a certificate": ("it is no PKCS#12 file", GIVEN, lambda: apple.identity().der),
    "nothing": ("it is no PKCS#12 file", GIVEN, lambda: b""),
    "much": ("is too large", GIVEN, lambda: bytes(2 << 20)),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_sign_is_refused_with_the_reason(load: Load, what: str) -> None:
    said, password, make = REFUSED[what]
    with pytest.raises(SigningError, match=said) as met:
        load(make(), password)
    assert met.value.where in ("id.p12", "--identity")
    assert apple.PASSWORD not in str(met.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="cannot be read: No such file"):
        load_identity(tmp_path / "none.p12", None, apple.NOW)


def test_damage_is_an_error_in_words(load: Load) -> None:
    good, chance, refused = apple.identity().p12(), random.Random(2), 0
    for _ in range(60):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            load(bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]))
        except SigningError as error:
            refused += 1
            assert error.what
    assert refused > 50
