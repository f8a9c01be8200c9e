"""Pins in the system's own form: only what that form says the same is written, and clashes are errors."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from pinfuse.errors import UnsupportedApp
from pinfuse.ios.ats import AUTHORITIES, DOMAINS, KEY, LEAVES, SECURITY, SUBDOMAINS, system_pins, with_pins
from pinfuse.policy import load_set
from pinfuse.policy.model import FusionSet
from pinfuse.x509.certificates import Certificate
from tests.pki import Entity, authority, server

HASH = "sha256/" + "A" * 42 + "E="
ROOT = authority()
LEAF = server("api.example.com", issuer=ROOT)


def fusion_set(folder: Path, pins: str, head: str = "") -> FusionSet:
    (folder / "ca.pem").write_bytes(ROOT.pem)
    (folder / "leaf.pem").write_bytes(LEAF.pem)
    text = f'[set]\nname = "x"\n{head}\n[ios]\nats-pins = true\n{pins}'
    (folder / "set.toml").write_text(text)
    return load_set(folder / "set.toml")


def pin(host: str = "api.example.com", trust: str = '["leaf.pem"]', more: str = "") -> str:
    return f'[[pin]]\nhost = "{host}"\ntrust = {trust}\n{more}\n'


def key(entity: Entity) -> str:
    return base64.b64encode(Certificate.from_der(entity.der).spki_sha256).decode()


def test_pins_of_servers_and_of_authorities(tmp_path: Path) -> None:
    made = system_pins(fusion_set(tmp_path, pin() + pin("**.example.org", '["ca.pem"]')))
    assert made.left_out == ()
    assert made.domains == {
        "api.example.com": {SUBDOMAINS: False, LEAVES: [{KEY: key(LEAF)}]},
        "example.org": {SUBDOMAINS: True, AUTHORITIES: [{KEY: key(ROOT)}]},
    }


def test_a_hash_beside_its_kind(tmp_path: Path) -> None:
    made = system_pins(fusion_set(tmp_path, pin(trust=f'["{HASH}"]', more='match = "public-key"')))
    assert made.domains["api.example.com"][LEAVES] == [{KEY: HASH.removeprefix("sha256/")}]
    made = system_pins(fusion_set(tmp_path, pin(trust=f'["{HASH}"]', more='match = "ca"')))
    assert list(made.domains["api.example.com"]) == [SUBDOMAINS, AUTHORITIES]


@pytest.mark.parametrize(
    ("pins", "head", "reason"),
    [
        (pin(trust=f'["{HASH}"]'), "", "is not known"),
        (pin(trust='["leaf.pem", "ca.pem"]'), "", "both at once"),
        (pin(more="expires = 2099-01-01"), "", "never do"),
        (pin("*.example.com"), "", "without the asterisk"),
        (pin("192.0.2.1"), "", "pins names"),
        (pin(trust='"first-use"'), "", "first use"),
        (pin(), '[pinning]\nmode = "report"', "only reports"),
    ],
)
def test_what_the_form_cannot_say_is_left_out_and_told(tmp_path: Path, pins: str, head: str, reason: str) -> None:
    made = system_pins(fusion_set(tmp_path, pins, head))
    assert made.domains == {}
    assert reason in made.left_out[0]


def test_a_date_that_blocks_may_stand(tmp_path: Path) -> None:
    made = system_pins(fusion_set(tmp_path, pin(more='expires = 2099-01-01\nafter-expiry = "block"')))
    assert list(made.domains) == ["api.example.com"]


def test_one_name_in_two_forms(tmp_path: Path) -> None:
    made = system_pins(fusion_set(tmp_path, pin() + pin("**.api.example.com", '["ca.pem"]')))
    assert list(made.domains) == ["api.example.com"]
    assert "two forms" in made.left_out[0]


def test_old_pins_stay_and_clashes_are_errors(tmp_path: Path) -> None:
    made = system_pins(fusion_set(tmp_path, pin()))
    other = {"other.example.com": {SUBDOMAINS: True, LEAVES: [{KEY: "x"}]}}
    info = {"a": 1, SECURITY: {"NSAllowsArbitraryLoads": True, DOMAINS: other}}
    told = with_pins(info, made, "x")
    assert told["a"] == 1
    assert told[SECURITY]["NSAllowsArbitraryLoads"] is True
    assert told[SECURITY][DOMAINS] == other | made.domains
    assert with_pins(told, made, "x") == told
    clash = {SECURITY: {DOMAINS: {"api.example.com": {LEAVES: []}}}}
    with pytest.raises(UnsupportedApp, match="already, and otherwise"):
        with_pins(clash, made, "x")
    for odd in ({SECURITY: 7}, {SECURITY: {DOMAINS: []}}):
        with pytest.raises(UnsupportedApp, match="not as the system wants it"):
            with_pins(odd, made, "x")


def test_without_the_key_nothing_is_wanted(tmp_path: Path) -> None:
    made = fusion_set(tmp_path, pin())
    assert made.ios.ats_pins
    assert not replace(made, ios=FusionSet().ios).ios.ats_pins
