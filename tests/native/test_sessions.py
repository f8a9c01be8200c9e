"""Native TLS clients with the stub's functions ahead of OpenSSL's: who is served, who is refused, what went out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pinfuse.policy.rules import PinKind
from tests.native.phone import Phone, Said
from tests.native.world import HOST, World, rules

WAYS = ("connect", "any", "state", "ex", "handshake", "read", "nonblocking", "tls12", "param")


def served(said: Said, got: int) -> bool:
    """Whether the request went out and an answer came; a client that was refused sent nothing and knows why."""
    assert said.code in (0, 1), said.text
    good = said.code == 0
    assert (got > 0) == good, (said.text, got)
    if not good:
        assert said["answer"][-1] <= 0 and said["write"][-1] <= 0, said.text
    return good


@pytest.mark.parametrize("way", WAYS)
def test_the_pinned_server_is_served_and_another_authoritys_is_not(way: str, around: World, leaf_phone: Phone) -> None:
    for name, expected in (("good", True), ("other", False), ("appended", False)):
        said = leaf_phone.client(way, around.port(name), HOST, around.trust)
        assert served(said, around.settle(name)) is expected, (name, said.text)


@pytest.mark.parametrize("way", ("connect", "state"))
def test_a_pinned_authority_counts_on_a_verified_chain(way: str, around: World, root_phone: Phone) -> None:
    """The root is not sent: the TLS library's own verified chain has it."""
    for name, expected in (("good", True), ("other", False), ("appended", False)):
        said = root_phone.client(way, around.port(name), HOST, around.trust)
        assert served(said, around.settle(name)) is expected, (name, said.text)


def test_without_verification_no_authority_counts_but_the_leaf_does(
    around: World, leaf_phone: Phone, root_phone: Phone, middle_phone: Phone
) -> None:
    for phone, expected in ((leaf_phone, True), (root_phone, False), (middle_phone, False)):
        said = phone.client("connect", around.port("good"), HOST, "-")
        assert served(said, around.settle("good")) is expected


def test_a_callback_that_lies_makes_no_signature_hold(around: World, root_phone: Phone, middle_phone: Phone) -> None:
    """The forged certificate names the pinned authority, which is sent along; the app says that all is well."""
    for phone in (root_phone, middle_phone):
        assert served(phone.client("lie", around.port("good"), HOST, around.trust), around.settle("good"))
        for name in ("forged", "appended"):
            assert not served(phone.client("lie", around.port(name), HOST, around.trust), around.settle(name))


def test_a_callback_that_bears_an_error_leaves_the_leaf_alone(
    around: World, leaf_phone: Phone, root_phone: Phone, middle_phone: Phone
) -> None:
    """The library could not verify: its result says so, though the handshake went on."""
    for phone, expected in ((leaf_phone, True), (root_phone, False), (middle_phone, False)):
        said = phone.client("bear", around.port("good"), HOST, around.other_trust)
        assert served(said, around.settle("good")) is expected


def test_a_refused_session_is_shut_for_the_librarys_own_functions_too(around: World, leaf_phone: Phone) -> None:
    said = leaf_phone.client("past", around.port("other"), HOST, around.trust)
    assert said["past"] == [-1] and not served(said, around.settle("other"))
    said = leaf_phone.client("past", around.port("good"), HOST, around.trust)
    assert said["past"][0] not in (-1, 77) and served(said, around.settle("good")), "it was another one than ours"


@pytest.mark.parametrize("way", ("connect", "any", "handshake"))
def test_the_app_is_told_as_of_a_failed_verification(way: str, around: World, leaf_phone: Phone) -> None:
    said = leaf_phone.client(way, around.port("other"), HOST, around.trust)
    assert said.text.startswith("shake -1 error 1 queue 1\n")


@pytest.mark.parametrize("way", ("connect", "state"))
def test_a_closed_vault_refuses_everything(way: str, around: World, leaf_phone: Phone) -> None:
    for settings in ({"VAULT_CLOSED": "1"}, {"LIBRARY_ALONE": "1"}):
        said = leaf_phone.client(way, around.port("good"), HOST, around.trust, **settings)
        assert not served(said, around.settle("good"))
    said = leaf_phone.run(("client",), way, around.port("good"), HOST, around.trust)
    assert not served(said, around.settle("good")), "nobody has opened the vault"


def test_a_host_that_no_pin_speaks_of_is_left_alone(around: World, leaf_phone: Phone) -> None:
    said = leaf_phone.client("connect", around.port("other"), "elsewhere.example", around.trust)
    assert served(said, around.settle("other"))


def test_without_a_host_the_names_in_the_certificate_select_the_pins(around: World, leaf_phone: Phone) -> None:
    for name, expected in (("good", True), ("other", False)):
        said = leaf_phone.client("connect", around.port(name), "-", around.trust)
        assert served(said, around.settle(name)) is expected


def test_without_a_host_and_without_a_name_that_is_pinned_the_set_decides(
    around: World, leaf_phone: Phone, tmp_path: Path
) -> None:
    said = leaf_phone.client("connect", around.port("stranger"), "-", around.trust)
    assert not served(said, around.settle("stranger"))
    lenient = replace(rules(PinKind.LEAF_KEY, around.leaf), refuse_no_host=False)
    said = Phone(tmp_path / "lib", lenient).client("connect", around.port("stranger"), "-", around.trust)
    assert served(said, around.settle("stranger"))


@pytest.mark.parametrize("way", ("resume", "resume12"))
def test_a_resumed_session_is_judged_too(
    way: str, around: World, leaf_phone: Phone, root_phone: Phone, middle_phone: Phone
) -> None:
    for phone in (leaf_phone, root_phone, middle_phone):
        said = phone.client(way, around.port("good"), HOST, around.trust)
        assert served(said, around.settle("good")), said.text
        assert said["reused"] == [1]
        said = phone.client(way, around.port("other"), HOST, around.trust)
        assert not served(said, around.settle("other"))


def test_the_same_object_for_another_server_is_judged_anew(around: World, leaf_phone: Phone) -> None:
    other = around.port("other")
    said = leaf_phone.client("again", around.port("good"), HOST, around.trust, other)
    assert around.settle("other") == 0
    assert said["answer"][0] > 0 >= said["answer"][1]
    good = around.port("good")
    said = leaf_phone.client("again", around.port("other"), HOST, around.trust, good)
    assert around.settle("other") == 0
    assert said["answer"][0] <= 0, "and a refused object serves nobody until it is made new"
