"""Who signed a Mach-O file, and what is said where its certificate cannot be read."""

from __future__ import annotations

from pinfuse.ios.signing.code import Signing, What, sign_code
from pinfuse.ios.who import signers_of
from tests.fixtures import apple
from tests.unit.codesign.test_bundle import of


def signed() -> bytes:
    who = Signing(of(apple.identity()), apple.TEAM, apple.NOW)
    return sign_code(apple.image(), "App", What("com.example.app"), who)


def test_the_signer_is_the_one_of_the_certificate() -> None:
    (one,) = signers_of(signed(), apple.TEAM, "App")
    assert "CN=Apple Development: Jane Doe" in one.subject
    assert one.note == f"team {apple.TEAM}"


def test_nobody() -> None:
    ad_hoc = sign_code(apple.image(), "App", What("com.example.app"), Signing(None, "", apple.NOW))
    assert signers_of(ad_hoc, "", "App") == signers_of(apple.image(), "", "App") == ()


def test_a_name_that_no_text_is() -> None:
    """The library reads names late: the certificate itself is read without complaint."""
    name = b"Apple Development: Jane Doe"
    data, text = signed(), b"\x0c" + bytes([len(name) + 13]) + name
    assert text in data
    (one,) = signers_of(data.replace(text, b"\0" + text[1:]), apple.TEAM, "App")
    assert (one.subject, one.note) == ("(unreadable)", "its signature is damaged")
