"""``--pin``: what each form becomes, and what is pointed out or refused, in words that tell how."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pinfuse.errors import PinError, UsageError
from pinfuse.policy import compile_set, set_from_pins
from pinfuse.policy.hosts import HostPattern, parse_host
from pinfuse.policy.rules import HostMatch, PinKind, Rules
from tests import pki

NOW = 1_800_000_000
ROOT = pki.authority("A root")
LEAF = pki.server("api.example.com", "*.shop.example.com", issuer=ROOT)
BACKUP = pki.make_key(number=7)
HASH = "sha256/" + base64.b64encode(hashlib.sha256(LEAF.spki).digest()).decode()


def spki(entity: pki.Entity) -> bytes:
    return hashlib.sha256(entity.spki).digest()


def rules(*arguments: object) -> Rules:
    made, _ = set_from_pins([str(one) for one in arguments])
    return compile_set(made, NOW).rules


def told(found: Rules) -> dict[str, list[tuple[PinKind, bytes]]]:
    prefix = {HostMatch.EXACT: "", HostMatch.ONE_LABEL: "*.", HostMatch.ANY_DEPTH: "**."}
    return {prefix[one.match] + one.name: [(pin.kind, pin.sha256) for pin in one.pins] for one in found.hosts}


@pytest.fixture
def leaf(tmp_path: Path) -> Path:
    (tmp_path / "leaf.pem").write_bytes(LEAF.pem)
    return tmp_path / "leaf.pem"


def test_a_servers_certificate_pins_its_key_for_its_names(leaf: Path) -> None:
    pin = [(PinKind.LEAF_KEY, spki(LEAF))]
    assert told(rules(leaf)) == {"api.example.com": pin, "*.shop.example.com": pin}


def test_der_and_a_folder_and_a_host_of_ones_own(leaf: Path, tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "a.der").write_bytes(LEAF.der)
    pin = [(PinKind.LEAF_KEY, spki(LEAF))]
    assert told(rules(tmp_path / "certs"))["api.example.com"] == pin
    assert told(rules(f"other.example.com={leaf}")) == {"other.example.com": pin}


def test_a_hash_is_a_key_anywhere_on_the_path() -> None:
    assert told(rules(f"api.example.com={HASH}")) == {"api.example.com": [(PinKind.ANY_KEY, spki(LEAF))]}


def test_several_pins_of_one_host_add_up_each_once(leaf: Path) -> None:
    other = "sha256/" + base64.b64encode(bytes(range(32))).decode()
    found = told(rules(f"api.example.com={leaf}", f"api.example.com={leaf}", f"api.example.com={other}"))
    assert found == {"api.example.com": [(PinKind.LEAF_KEY, spki(LEAF)), (PinKind.ANY_KEY, bytes(range(32)))]}


@pytest.mark.parametrize("way", ["option", "stem", "pins.json"])
def test_a_ca_with_its_host(way: str, tmp_path: Path) -> None:
    name = "api.example.com.pem" if way == "stem" else "ca.pem"
    (tmp_path / name).write_bytes(ROOT.pem)
    if way == "pins.json":
        (tmp_path / "pins.json").write_text(json.dumps({"api.example.com": "ca.pem"}))
    argument = f"api.example.com={tmp_path / name}" if way == "option" else tmp_path
    assert told(rules(argument)) == {"api.example.com": [(PinKind.ANY_KEY, spki(ROOT))]}


def test_a_ca_without_a_host_tells_how(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    with pytest.raises(PinError, match=r"--pin api\.example\.com=.*pins\.json"):
        rules(tmp_path)


def test_private_keys_and_junk_are_pointed_out_and_never_taken(leaf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "server.pem").write_bytes(LEAF.key_bytes() + LEAF.pem)
    (folder / "alone.key").write_bytes(pki.ROOT.key_bytes() if hasattr(pki, "ROOT") else LEAF.key_bytes())
    (folder / "notes.txt").write_text("rotate in May")
    (folder / ".hidden").write_text("x")
    (folder / "sub").mkdir()
    made, notices = set_from_pins([str(folder)])
    text = "\n".join(notices)
    assert text.count("private key") == 2
    assert "notes.txt" in text
    assert "sub is no file" in text
    assert ".hidden" not in text
    assert told(compile_set(made, NOW).rules)["api.example.com"] == [(PinKind.LEAF_KEY, spki(LEAF))]


def _file(name: str, data: bytes) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / name).write_bytes(data)
        return str(folder / name)

    return make


REFUSED: dict[str, tuple[Callable[[Path], str], str]] = {
    "nothing there": (lambda f: str(f / "none"), "no such file"),
    "empty folder": (lambda f: str(f), "nothing to pin"),
    "only a key": (_file("k.pem", LEAF.key_bytes()), "private key"),
    "noise": (_file("x.pem", b"\x00\x01noise"), "no certificate"),
    "empty file": (_file("x.pem", b""), "no certificate"),
    "a damaged certificate": (_file("x.pem", LEAF.pem.replace(b"M", b"N", 9)), "x.pem"),
    "a hash without host": (lambda _: HASH, "needs a host"),
    "a short hash": (lambda _: "a.example.com=sha256/AAAA", "32 bytes"),
    "a URL": (lambda f: f"https://a.example.com={HASH}", "a"),
    "a port": (lambda _: f"a.example.com:443={HASH}", "every port"),
    "a star inside": (lambda _: f"a.*.example.com={HASH}", "star"),
    "a top-level domain": (lambda _: f"*.com={HASH}", "top-level"),
    "a blank": (lambda _: f"a b.example.com={HASH}", "blank"),
    "no names": (_file("x.pem", pki.server(subject="nobody", issuer=ROOT).pem), "names no host"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_in_words(name: str, tmp_path: Path) -> None:
    make, words = REFUSED[name]
    with pytest.raises(UsageError) as caught:
        rules(make(tmp_path))
    assert words in str(caught.value)
    assert caught.value.exit_code == 2
    assert caught.value.todo


@pytest.mark.parametrize(
    ("text", "match", "name"),
    [
        ("API.Example.COM.", HostMatch.EXACT, "api.example.com"),
        ("*.example.com", HostMatch.ONE_LABEL, "example.com"),
        ("**.example.com", HostMatch.ANY_DEPTH, "example.com"),
        ("bücher.example", HostMatch.EXACT, "xn--bcher-kva.example"),
        ("192.0.2.7", HostMatch.EXACT, "192.0.2.7"),
        ("[2001:DB8::7]", HostMatch.EXACT, "2001:db8::7"),
    ],
)
def test_hosts_become_normal(text: str, match: HostMatch, name: str) -> None:
    assert parse_host(text) == HostPattern(match, name)
