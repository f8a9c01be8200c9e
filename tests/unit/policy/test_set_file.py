"""The set file: its values, its defaults, and errors that point to line and key."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pinfuse.errors import PinError, UsageError
from pinfuse.policy import check_set, compile_set, lint, load_set, set_from_pins, set_id
from pinfuse.policy.model import Checks, Fallback, FusionSet, Match, Mode, Require, WebView
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.policy.schema import FILE, schema, text
from tests import pki

NOW = 1_800_000_000
LEAF = pki.server("api.example.com")
HASH = "sha256/" + base64.b64encode(bytes(range(32))).decode()
OTHER = "sha256/" + base64.b64encode(bytes(range(1, 33))).decode()
FULL = f"""
[set]
name = "bank-prod"
description = "Pins for the production API"
icon = "shield"
release = false

[pinning]
mode = "report"
unlisted-hosts = "block"
no-host = "system"

[[pin]]
host = "*.example.com"
trust = ["leaf.pem", "{HASH}"]
match = "certificate"
backup = ["{OTHER}"]
expires = 2027-06-30
after-expiry = "block"

[checks]
apply-to = "all"
certificate-roles = false
min-rsa-bits = 3072
min-ec-bits = 384
min-digest = "sha384"

[coverage]
require = "all"
webview = "strict"
"""


def load(folder: Path, text: str) -> FusionSet:
    (folder / "leaf.pem").write_bytes(LEAF.pem)
    (folder / "set.toml").write_text(text)
    return load_set(folder / "set.toml")


def minimal(more: str = "") -> str:
    return f'[set]\nname = "x"\n[[pin]]\nhost = "a.example.com"\ntrust = ["{HASH}", "{OTHER}"]\n{more}'


def test_every_value_arrives(tmp_path: Path) -> None:
    made = load(tmp_path, FULL.replace(f', "{HASH}"]', "]"))
    assert (made.name, made.icon, made.mode) == ("bank-prod", "shield", Mode.REPORT)
    assert (made.unlisted_hosts, made.no_host) == (Fallback.BLOCK, Fallback.SYSTEM)
    assert made.checks == Checks(True, False, 3072, 384, 384)
    assert (made.required_coverage, made.coverage.webview) == (Require.ALL, WebView.STRICT)
    (pin,) = made.pins
    assert (str(pin.host), pin.match, pin.after_expiry) == ("*.example.com", Match.CERTIFICATE, Fallback.BLOCK)
    assert pin.expires == 1_814_313_600  # 2027-06-30 00:00 UTC
    rules = compile_set(made, NOW).rules
    assert not rules.enforce
    assert rules.block_unlisted
    assert [one.kind for one in rules.hosts[0].pins] == [PinKind.CERTIFICATE, PinKind.ANY_KEY]


FIRST_USE = """
[set]
name = "first"
[pinning]
first-use-scope = "{scope}"
first-use-limit = {limit}
[[pin]]
host = "a.example.com"
trust = "first-use"
{more}
"""


def first_use(folder: Path, scope: str = "listed", limit: int = 9, more: str = "") -> Rules:
    return compile_set(load(folder, FIRST_USE.format(scope=scope, limit=limit, more=more)), NOW).rules


@pytest.mark.parametrize(
    ("match", "kind"),
    [(None, PinKind.LEAF_KEY), ("public-key", PinKind.LEAF_KEY), ("ca", PinKind.ANY_KEY),
     ("certificate", PinKind.CERTIFICATE)],
)  # fmt: skip
def test_first_use_becomes_a_rule_without_pins(tmp_path: Path, match: str | None, kind: PinKind) -> None:
    rules = first_use(tmp_path, more=f'match = "{match}"' if match else "")
    assert rules.hosts == (HostRule(HostMatch.EXACT, "a.example.com", (), first_use=kind),)
    assert (rules.remembers, rules.first_use_all, rules.first_use_limit) == (True, False, 9)


def test_first_use_of_every_host(tmp_path: Path) -> None:
    rules = first_use(tmp_path, scope="all")
    assert (rules.first_use_all, rules.first_use_limit) == (True, 9)
    alone = compile_set(load(tmp_path, '[set]\nname="x"\n[pinning]\nfirst-use-scope="all"\n'), NOW)
    assert (alone.rules.hosts, alone.rules.first_use_limit) == ((), 64)
    assert any("first use" in notice for notice in alone.notices)


def test_without_first_use_nothing_is_remembered(tmp_path: Path) -> None:
    rules = compile_set(load(tmp_path, minimal("[pinning]\nfirst-use-limit = 5\n")), NOW).rules
    assert (rules.remembers, rules.first_use_limit) == (False, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"limit": 0}, "choose 1 to 512"),
        ({"limit": 513}, "choose 1 to 512"),
        ({"limit": 512}, "more than the 512"),
        ({"scope": "some"}, "choose listed or all"),
        ({"more": f'backup = "{HASH}"'}, "choose one"),
        ({"more": f'[[pin]]\nhost = "a.example.com"\ntrust = "{HASH}"'}, "choose one"),
        ({"more": '[[pin]]\nhost = "a.example.com"\ntrust = "first-use"\nmatch = "ca"'}, "different match"),
        ({"more": f'[[pin]]\nhost = "b.example.com"\ntrust = "{HASH}"\nbackup = "first-use"'}, "no backup"),
        ({"more": f'[[pin]]\nhost = "b.example.com"\ntrust = ["first-use", "{HASH}"]'}, "cannot stand in a list"),
    ],
    ids=str,
)
def test_first_use_that_cannot_be_is_refused_in_words(tmp_path: Path, words: dict[str, Any], said: str) -> None:
    with pytest.raises((UsageError, PinError)) as met:
        first_use(tmp_path, **words)
    assert said in f"{met.value.what}; {met.value.todo}"


def test_first_use_of_hosts_that_are_blocked_is_refused(tmp_path: Path) -> None:
    text = '[set]\nname = "x"\n[pinning]\nfirst-use-scope = "all"\nunlisted-hosts = "block"\n'
    with pytest.raises(UsageError, match="refuses"):
        compile_set(load(tmp_path, text), NOW)


def test_the_defaults_are_the_products(tmp_path: Path) -> None:
    made = load(tmp_path, minimal())
    assert made.checks == Checks()
    assert (made.mode, made.unlisted_hosts, made.no_host) == (Mode.ENFORCE, Fallback.SYSTEM, Fallback.REFUSE)
    assert made.required_coverage is Require.REPORT
    release = load(tmp_path, minimal().replace('name = "x"', 'name = "x"\nrelease = true'))
    assert release.required_coverage is Require.ALL


WRONG = {
    "no TOML": ("[set\nname = 1", "set.toml", "not TOML"),
    "no set": ("[pinning]\nmode = 'report'", "set.toml", "no [set]"),
    "unknown table": (minimal("[pining]\nmode = 'report'"), "set.toml:6", "pinning"),
    "unknown key": (minimal('matsch = "ca"'), "set.toml:6", "did you mean match"),
    "wrong type": (minimal("expires = 'soon'"), "set.toml:6", "date"),
    "wrong choice": (minimal('match = "spki"'), "set.toml:6", "public-key"),
    "number too large": (minimal("[checks]\nmin-rsa-bits = 99999999"), "set.toml:7", "16384"),
    "a flag as text": ('[set]\nname = "x"\nrelease = "yes"', "set.toml:3", "true or false"),
    "no name": ('[set]\nicon = "x"', "set.toml:1", "name"),
    "a host that is none": (minimal().replace("a.example.com", "http://a"), "set.toml:4", "not a URL"),
    "a hash too short": (minimal().replace(HASH, "sha256/AAAA"), "set.toml:5", "32 bytes"),
    "a file that is not there": (minimal().replace(HASH, "gone.pem"), "set.toml:5", "gone.pem"),
    "trust is empty": ('[set]\nname="x"\n[[pin]]\nhost="a.example.com"\ntrust=[]', "set.toml:5", "empty"),
    "a table where many stand": ('[set]\nname="x"\n[pin]\nhost="a.example.com"', "set.toml:3", "[[pin]]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_points_to_line_and_key(name: str, tmp_path: Path) -> None:
    text, place, words = WRONG[name]
    with pytest.raises(UsageError) as caught:
        compile_set(load(tmp_path, text), NOW)
    assert place in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_set_and_pins_add_up(tmp_path: Path) -> None:
    base = load(tmp_path, minimal())
    made, _ = set_from_pins([f"b.example.com={HASH}"], base)
    assert [str(pin.host) for pin in made.pins] == ["a.example.com", "b.example.com"]
    assert made.name == "x"


LINT = {
    "single-pin": minimal().replace(f', "{OTHER}"', ""),
    "leaf-certificate": minimal().replace(f'["{HASH}", "{OTHER}"]', '["leaf.pem"]\nmatch = "certificate"').replace(
        "a.example", "api.example"),
    "pin-expired": minimal("expires = 2020-01-01"),
    "idle-expiry": minimal('after-expiry = "block"'),
    "placeholder": minimal().replace(HASH, "sha256/" + "A" * 43 + "="),
    "wrong-name": minimal().replace(f'"{HASH}"', '"leaf.pem"'),
    "shadowed": minimal(f'[[pin]]\nhost = "*.example.com"\ntrust = ["sha256/{"B" * 42}A="]'),
}  # fmt: skip


@pytest.mark.parametrize("code", LINT)
def test_lint_says_it_and_a_release_refuses_it(code: str, tmp_path: Path) -> None:
    text = LINT[code]
    assert code in {finding.code for finding in lint(load(tmp_path, text), NOW)}
    assert any(f"[{code}]" in said for said in check_set(load(tmp_path, text), NOW))
    release = load(tmp_path, text.replace('name = "x"', 'name = "x"\nrelease = true'))
    with pytest.raises(UsageError):
        check_set(release, NOW)


def test_a_good_set_has_no_findings(tmp_path: Path) -> None:
    assert lint(load(tmp_path, minimal()), NOW) == []


def test_the_id_follows_the_content_and_not_the_place(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    one, other = load(tmp_path, minimal()), load(tmp_path / "sub", "# a comment\n" + minimal())
    assert set_id(one) == set_id(other)
    assert set_id(one) != set_id(load(tmp_path, minimal().replace("a.example", "b.example")))


def test_the_schema_knows_every_key_of_the_full_set() -> None:
    properties = json.loads(json.dumps(schema()))["properties"]
    assert set(properties["pin"]["items"]["properties"]) >= {"host", "trust", "match", "backup", "expires"}
    assert set(properties) >= {"set", "pinning", "pin", "checks", "notification", "coverage"}


def test_the_shipped_schema_is_the_one_in_the_code_and_takes_a_full_set() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    tomllib = pytest.importorskip("tomllib")
    assert FILE.read_text(encoding="utf-8") == text()
    validator = jsonschema.Draft202012Validator(json.loads(text()))
    document = tomllib.loads(FULL)
    document["pin"][0]["expires"] = document["pin"][0]["expires"].isoformat()
    validator.validate(document)
    for name, (broken, _, _) in WRONG.items():
        if name in ("unknown table", "unknown key", "wrong choice", "no name", "trust is empty", "a flag as text"):
            assert list(validator.iter_errors(tomllib.loads(broken))), name
