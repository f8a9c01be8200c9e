"""Pins in an app's network security config: beside a reference of Android's own reading, for every host."""

from __future__ import annotations

import base64
import random
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pinfuse.android.nsc.merge import Merged, _Merge, held, merge
from pinfuse.android.nsc.pins import DomainPins, Wishes, sealed_wishes, wishes
from pinfuse.android.resources.axml import Document
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.tree import Branch, Tree
from pinfuse.errors import UnsupportedApp
from pinfuse.policy.compile import compile_set
from pinfuse.policy.model import FusionSet
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules, SealedPin
from tests.unit.nsc.reference import Broken, Phone, parse, to_binary, to_xml
from tests.unit.policy.test_set_file import HASH, NOW, OTHER, load

KEYS = [bytes([number]) * 32 for number in range(4)]


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def pins(name: str, *keys: int, below: bool = False, until: date | None = None) -> DomainPins:
    return DomainPins(name, below, tuple(KEYS[one] for one in keys or (0,)), until)


def merged(xml: str, *domains: DomainPins) -> tuple[Merged, Phone, ElementTree.Element]:
    root = ElementTree.fromstring(f"<network-security-config>{xml}</network-security-config>")
    made = merge(Document(to_binary(root), Place("config.xml")), Wishes(domains))
    tree = to_xml(made.data)
    return made, parse(tree), tree


def domain(name: str, below: bool = False, more: str = "", extra: str = "") -> str:
    tag = f'<domain includeSubdomains="{str(below).lower()}">{name}</domain>'
    return f'<domain-config cleartextTrafficPermitted="true">{tag}{extra}{more}</domain-config>'


def own(*keys: int) -> str:
    return "<pin-set>" + "".join(f'<pin digest="SHA-256">{text(KEYS[one])}</pin>' for one in keys) + "</pin-set>"


def test_a_new_domain_stands_beside_the_others() -> None:
    made, phone, _ = merged(domain("other.org"), pins("api.example.com", 0, 1, until=date(2027, 6, 29)))
    assert made.pinned == 1
    assert (made.conflicts, made.said) == ((), ())
    found = phone.of("api.example.com")
    assert found.pins == {text(KEYS[0]), text(KEYS[1])}
    assert found.until == "2027-06-29"
    for host in ("other.org", "x.api.example.com", "example.com"):
        assert not phone.of(host).pins


def test_a_new_domain_inherits_from_the_config_that_covered_it() -> None:
    anchors = '<trust-anchors><certificates src="user"/></trust-anchors>'
    made, phone, _ = merged(domain("example.com", True, anchors), pins("api.example.com"))
    found = phone.of("api.example.com")
    assert (found.cleartext, found.anchors, found.pins) == (True, ("user",), {text(KEYS[0])})
    assert not phone.of("www.example.com").pins
    assert made.said == ("the app's network security config trusts user CAs for example.com",)


def test_a_domain_that_is_there_is_not_written_twice() -> None:
    there = domain("api.example.com", extra="<domain>b.example.com</domain>")
    made, phone, tree = merged(there, pins("api.example.com"))
    assert made.pinned == 1
    assert [one.text for one in tree.iter("domain")].count("api.example.com") == 1
    assert phone.of("api.example.com").pins
    assert phone.of("api.example.com").cleartext is True
    assert not phone.of("b.example.com").pins


def test_a_more_specific_domain_gets_the_pins_it_would_take_away() -> None:
    _, phone, _ = merged(domain("api.example.com"), pins("example.com", below=True))
    for host in ("example.com", "api.example.com", "a.b.example.com"):
        assert phone.of(host).pins == {text(KEYS[0])}
    assert phone.of("api.example.com").cleartext is True
    assert phone.of("www.example.com").cleartext is None


def test_what_is_nested_does_not_inherit_pins_that_are_not_its_own() -> None:
    inner = domain("dev.api.example.com")
    _, phone, _ = merged(domain("api.example.com", more=inner), pins("api.example.com"))
    assert phone.of("api.example.com").pins
    assert not phone.of("dev.api.example.com").pins


def test_the_apps_own_pins_are_kept_and_shown() -> None:
    made, phone, _ = merged(domain("api.example.com", True, own(2)), pins("api.example.com", below=True),
                            pins("deep.api.example.com", 1))  # fmt: skip
    assert phone.of("api.example.com").pins == phone.of("deep.api.example.com").pins == {text(KEYS[2])}
    assert made.pinned == 0
    assert len(made.said) == 2
    assert all(text(KEYS[2]) in one and "are kept" in one for one in made.said)


@pytest.mark.parametrize(
    ("there", "wish", "said"),
    [
        (domain("example.com", True), pins("example.com"), "cannot be pinned alone"),
        (domain("example.com"), pins("example.com", below=True), "hosts below it cannot be pinned"),
    ],
)
def test_what_has_no_place_is_a_conflict(there: str, wish: DomainPins, said: str) -> None:
    made, phone, _ = merged(there, wish)
    assert said in made.conflicts[0]
    assert not phone.of("www.example.com").pins


def test_a_domain_whose_pins_have_no_place_does_not_get_those_of_a_wider_one() -> None:
    """The system would refuse hosts below it that the stub lets through."""
    made, phone, _ = merged(domain("a.example.com"), pins("a.example.com", 0, below=True),
                            pins("example.com", 1, below=True), pins("example.org", 2, below=True))  # fmt: skip
    for host in ("z.a.example.com", "a.example.com", "example.com"):
        assert not phone.of(host).pins
    assert phone.of("example.org").pins
    assert "a.example.com alone" in made.conflicts[0]
    assert "example.com is wider" in made.conflicts[1]


def test_debug_overrides_and_pins_that_users_go_past_are_told() -> None:
    xml = (
        '<base-config><trust-anchors><certificates src="system"/><certificates src="user" overridePins="true"/>'
        "</trust-anchors></base-config><debug-overrides/>"
    )
    made, phone, tree = merged(xml, pins("api.example.com"))
    assert len(made.said) == 2
    assert "for every host; pins in it do not hold" in made.said[0]
    assert "debug-overrides" in made.said[1]
    assert phone.of("api.example.com").anchors == ("system", "user")
    assert tree.find("debug-overrides") is not None


@pytest.mark.parametrize(
    "xml",
    [
        domain("a.example") * 2,
        "<domain-config/>",
        domain("a.example", more=own(0) + own(1)),
        "<domain-config><domain/></domain-config>",
        domain("a.example", more=domain("a.example")),
    ],
)
def test_a_config_that_the_system_refuses_is_left_alone(xml: str) -> None:
    with pytest.raises(UnsupportedApp, match="pins cannot be added"):
        merged(xml, pins("b.example"))


def test_a_file_of_something_else_is_refused() -> None:
    other = to_binary(ElementTree.fromstring("<paths/>"))
    with pytest.raises(UnsupportedApp, match="<paths>"):
        merge(Document(other, Place("config.xml")), Wishes((pins("b.example"),)))


NAMES = ["example.com", "a.example.com", "b.a.example.com", "c.example.com", "example.org", "x.example.org"]


def configs(rng: random.Random, names: list[str], depth: int = 0) -> Iterator[str]:
    while names and rng.random() < 0.8 - depth / 5:
        taken = [names.pop() for _ in range(min(len(names), rng.randrange(1, 3)))]
        tags = "".join(f'<domain includeSubdomains="{rng.choice(["true", "false"])}">{one}</domain>' for one in taken)
        clear = rng.choice(["", ' cleartextTrafficPermitted="true"', ' cleartextTrafficPermitted="false"'])
        sets = own(3) if rng.random() < 0.15 else ""
        yield f"<domain-config{clear}>{tags}{sets}{''.join(configs(rng, names, depth + 1))}</domain-config>"


@pytest.mark.parametrize("seed", range(4))
def test_what_was_written_is_found_again_and_what_was_not_is_missed(seed: int) -> None:
    """On the same generated configs: nothing is missing in what `merge` made, and before that just what it added."""
    rng, missed = random.Random(seed + 100), 0
    for _ in range(120):
        xml = "".join(configs(rng, rng.sample(NAMES, len(NAMES))))
        chosen = rng.sample(NAMES, rng.randrange(1, 4))
        wanted = Wishes(tuple(pins(one, rng.randrange(3), below=rng.random() < 0.5) for one in chosen))
        root = ElementTree.fromstring(f"<network-security-config>{xml}</network-security-config>")
        before = held(Document(to_binary(root), Place("config.xml")), wanted)
        made, phone, _ = merged(xml, *wanted.domains)
        after = held(Document(made.data, Place("config.xml")), wanted)
        assert after.missing == (), xml
        assert (len(before.missing), before.right) == (made.pinned, ()), xml
        assert set(after.right) == set(before.missing), xml
        assert set(after.other) == set(before.other), xml
        assert all(phone.of(name).pins == {text(KEYS[3])} for name in after.other), xml
        missed += len(before.missing)
    assert missed > 100


def decides(wanted: Wishes, host: str) -> DomainPins | None:
    """As ``ApplicationConfig.getConfigForHostname``: that of the name itself, else the longest with subdomains."""
    below = [one for one in wanted.domains if one.subdomains and host.endswith(f".{one.name}")]
    same = [one for one in wanted.domains if one.name == host]
    return same[0] if same else max(below, key=lambda one: len(one.name), default=None)


@pytest.mark.parametrize("seed", range(8))
def test_generated_configs_mean_for_every_host_what_they_meant_and_pin_what_the_set_pins(seed: int) -> None:
    rng, placed = random.Random(seed), 0
    for _ in range(120):
        xml = "".join(configs(rng, rng.sample(NAMES, len(NAMES))))
        before = parse(ElementTree.fromstring(f"<network-security-config>{xml}</network-security-config>"))
        chosen = rng.sample(NAMES, rng.randrange(1, 4))
        wanted = Wishes(tuple(pins(one, rng.randrange(3), below=rng.random() < 0.5) for one in chosen))
        made, after, _ = merged(xml, *wanted.domains)
        placed += made.pinned
        for host in [*NAMES, *(f"z.{one}" for one in NAMES), "else.net"]:
            was, now, wish = before.of(host), after.of(host), decides(wanted, host)
            assert (now.cleartext, now.anchors) == (was.cleartext, was.anchors), (host, xml)
            if was.pins:
                assert now.pins == was.pins, (host, xml)
            elif now.pins:
                assert wish, (host, xml)
                assert now.pins == set(map(text, wish.keys)), (host, xml)
            elif wish:
                assert made.conflicts, (host, xml)
    assert placed > 100


def test_the_reference_refuses_what_the_system_refuses() -> None:
    for xml in (domain("a.example") * 2, "<domain-config/>", domain("a.example", more=own(0) + own(1))):
        with pytest.raises(Broken):
            parse(ElementTree.fromstring(f"<network-security-config>{xml}</network-security-config>"))


def a_set(folder: Path, *hosts: tuple[str, str], more: str = "") -> FusionSet:
    tables = "".join(f'[[pin]]\nhost = "{host}"\n{lines}\n' for host, lines in hosts)
    return load(folder, f'[set]\nname = "x"\n{more}\n{tables}')


TRUST, ELSE = f'trust = ["{HASH}", "{OTHER}"]', f'trust = "{OTHER}"'


def test_which_hosts_the_system_can_say(tmp_path: Path) -> None:
    made = wishes(
        a_set(
            tmp_path,
            ("api.example.com", TRUST),
            ("**.example.net", f"{TRUST}\nexpires = 2027-06-30"),
            ("*.example.org", TRUST),
            ("192.0.2.7", TRUST),
            ("first.example.com", 'trust = "first-use"'),
            ("**.wide.com", TRUST),
            ("*.in.wide.com", ELSE),
            ("both.com", TRUST),
            ("**.both.com", ELSE),
            ("same.com", TRUST),
            ("**.same.com", TRUST),
            ("old.com", f"{TRUST}\nexpires = 2020-01-01"),
        ),
        NOW,
    )
    assert {(one.name, one.subdomains, one.until) for one in made.domains} == {
        ("api.example.com", False, None),
        ("example.net", True, date(2027, 6, 29)),
        ("same.com", True, None),
    }
    said = "\n".join(made.left_out)
    for words in ("*.example.org", "192.0.2.7 is", "first.example.com", "**.wide.com", "both.com", "old.com is"):
        assert words in said
    assert len(made.left_out) == 8


def test_report_mode_is_never_written(tmp_path: Path) -> None:
    made = wishes(a_set(tmp_path, ("api.example.com", TRUST), more='[pinning]\nmode = "report"'), NOW)
    assert made.domains == ()
    assert "only reports" in made.left_out[0]


def test_sealed_rules_ask_for_the_same_domains(tmp_path: Path) -> None:
    """For everything a set can say in keys; a host in two forms with different certificates is left out there too."""
    fusion_set = a_set(
        tmp_path,
        ("api.example.com", TRUST),
        ("**.example.net", f"{TRUST}\nexpires = 2027-06-30"),
        ("*.example.org", TRUST),
        ("first.example.com", 'trust = "first-use"'),
        ("both.com", TRUST),
        ("**.both.com", ELSE),
        ("old.com", f"{TRUST}\nexpires = 2020-01-01"),
    )
    rules = compile_set(fusion_set, NOW).rules
    assert sealed_wishes(rules, NOW) == wishes(fusion_set, NOW)
    two = [HostRule(match, "x.com", (SealedPin(PinKind.CERTIFICATE, KEYS[one]),))
           for one, match in enumerate((HostMatch.EXACT, HostMatch.ANY_DEPTH))]  # fmt: skip
    assert sealed_wishes(Rules(tuple(two)), NOW).domains == ()
    assert sealed_wishes(Rules((two[0],)), NOW).domains == (DomainPins("x.com", False, ()),)


class Name(str):
    """A text that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)

    def lower(self) -> Name:
        return Name(str.lower(self))


def work(count: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Bytes of a config with so many domains and pins, and calls, comparisons of names and of elements for it."""
    names = [f"h{number}.example.com" for number in range(count)]
    domains = "".join(f"<domain>{name}</domain>" for name in names[: count // 2])
    single = "".join(domain(name) for name in names[count // 2 : count * 3 // 4])
    held_ = "".join(f"<domain>k{name}</domain>" for name in names[count * 3 // 4 :])
    own_ = "<pin-set>" + '<pin digest="SHA-256">x</pin>' * (count // 4) + "</pin-set>"
    xml = f"<domain-config>{domains}</domain-config>{single}<domain-config>{held_}{own_}</domain-config>"
    data = to_binary(ElementTree.fromstring(f"<network-security-config>{xml}</network-security-config>"))
    document = Document(data, Place("config.xml"))
    wanted = Wishes((*(pins(name) for name in names[::2]), pins("example.com", below=True)))
    done = Name.compared = 0

    def called(*_: object) -> None:
        nonlocal done
        done += 1

    def same(one: Branch, other: object) -> bool:
        nonlocal done
        done += 1
        return one is other

    read = Tree.text
    with monkeypatch.context() as patched:
        patched.setattr(Tree, "text", lambda tree, branch: Name(read(tree, branch) or ""))
        patched.setattr(Branch, "__eq__", same)
        sys.setprofile(called)
        try:
            _Merge(Tree(document)).place(wanted)
        finally:
            sys.setprofile(None)
    return len(data), done + Name.compared


def test_work_grows_with_a_config_and_no_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    _, few = work(500, monkeypatch)
    size, many = work(7000, monkeypatch)
    assert size > 1_000_000
    assert many < 15 * few
