"""Trust on first use, by the host build and seven ABIs at once: what is met, kept, and noticed when it changes."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules, SealedPin
from tests.chains import APP_TRUST, END, HOST, NOW, START, VALIDATED, Identity, make, world
from tests.firstuse import FIRST_MET, Install, Process

LEAF, ANY, WHOLE = PinKind.LEAF_KEY, PinKind.ANY_KEY, PinKind.CERTIFICATE
LATE = NOW + 40_000_000
MET, CHANGED = (True, Reason.OK), (False, Reason.FIRST_USE)


def first_use(
    kind: PinKind = LEAF, match: HostMatch = HostMatch.EXACT, name: str = HOST, limit: int = 8, **more: Any
) -> Rules:
    return Rules((HostRule(match, name, (), first_use=kind),), first_use_limit=limit, **more)


@functools.cache
def server(*names: str, key: str = "p256-any", issuer: Identity | None = None, **more: Any) -> tuple[bytes, ...]:
    above = issuer or world().ca
    return make(names[0], above, kind=key, names=names, **more).der, above.der, world().root.der


def test_the_first_key_is_kept_and_another_is_refused() -> None:
    w, install = world(), Install()
    app = Process(first_use(), install)
    assert app.check(w.chain, HOST) == (1 | FIRST_MET, Reason.FIRST_USE, 0, -1)
    assert app.visit(w.chain, HOST) == MET
    assert app.visit(w.chain, HOST) == MET
    assert app.visit(w.foreign, HOST) == CHANGED
    assert app.check(w.foreign, HOST) == (1, Reason.FIRST_USE, -1, -1)
    assert app.check(w.chain, HOST) == (0, Reason.OK, 0, 0)
    assert install.writes == 1


def test_it_survives_a_restart_and_an_update_of_the_app() -> None:
    """Another build has another vault; what was remembered before is still opened, also by a set with other hosts."""
    w, install = world(), Install()
    assert Process(first_use(), install).visit(w.chain, HOST) == MET
    for rules in (first_use(), first_use(match=HostMatch.ANY_DEPTH, name="example.com", limit=1)):
        app = Process(rules, install)
        assert app.visit(w.foreign, HOST) == CHANGED
        assert app.visit(w.chain, HOST) == MET
    assert install.writes == 1


def test_a_pin_at_build_time_goes_before_what_was_remembered() -> None:
    w, install = world(), Install()
    assert Process(first_use(), install).visit(w.chain, HOST) == MET
    pinned = Rules((HostRule(HostMatch.EXACT, HOST, (w.foreign_leaf.pin(LEAF),)),))
    app = Process(pinned, install)
    assert app.visit(w.foreign, HOST) == MET
    assert app.visit(w.chain, HOST) == (False, Reason.PIN)


def test_what_one_process_stored_holds_for_the_others() -> None:
    """Both have met nobody when they start; the first to store decides."""
    w, install = world(), Install()
    one, two = Process(first_use(), install), Process(first_use(), install)
    assert one.visit(w.chain, HOST) == MET
    assert two.visit(w.foreign, HOST) == CHANGED
    assert two.visit(w.chain, HOST) == MET
    assert install.writes == 1


def test_processes_that_meet_different_hosts_lose_nothing() -> None:
    install, rules = Install(), first_use(match=HostMatch.ONE_LABEL, name="example.com")
    one, two = Process(rules, install), Process(rules, install)
    a, b = server("a.example.com"), server("b.example.com", key="p256-b")
    assert (one.visit(a, "a.example.com"), two.visit(b, "b.example.com")) == (MET, MET)
    fresh = Process(rules, install)
    assert fresh.visit(server("a.example.com", key="p256-evil"), "a.example.com") == CHANGED
    assert fresh.visit(server("b.example.com", key="p256-evil"), "b.example.com") == CHANGED


def test_a_refused_session_is_never_remembered() -> None:
    w, install = world(), Install()
    app = Process(first_use(), install)
    refusals = {
        Reason.EXPIRED: app.visit(w.chain, HOST, LATE),
        Reason.HOST: app.visit(server("b.example.com"), HOST),
        Reason.PATH: app.visit((w.leaf.der, w.root.der), HOST),
        Reason.RSA_BITS: app.visit(server(HOST, key="rsa1024-weak"), HOST),
        Reason.DIGEST: app.visit(server(HOST, weak=True), HOST),
        Reason.ROLE: app.visit(server(HOST, ca=True), HOST),
        Reason.MALFORMED: app.visit((w.leaf.der[:-1],), HOST),
    }
    assert refusals == {reason: (False, reason) for reason in refusals}
    assert install.sealed is None
    assert app.visit(w.chain, HOST) == MET


def test_what_cannot_be_stored_is_refused_but_in_report_mode() -> None:
    w = world()
    app = Process(first_use(), Install())
    assert app.visit(w.chain, HOST, store=False) == CHANGED
    assert app.visit(w.foreign, HOST) == MET, "what was not stored was not remembered"
    app = Process(first_use(enforce=False), Install())
    assert app.visit(w.chain, HOST, store=False) == (True, Reason.FIRST_USE)
    assert app.check(w.chain, HOST) == (FIRST_MET, Reason.FIRST_USE, 0, -1)
    assert app.visit(w.chain, HOST) == MET
    assert app.visit(w.foreign, HOST) == (True, Reason.FIRST_USE)


def test_what_is_remembered_is_what_match_says() -> None:
    w = world()
    renewed = server(HOST, key=f"p256-{HOST}", dates=(START + timedelta(days=9), END))
    same_ca = server(HOST, key="p256-next")
    for kind, allowed in ((LEAF, {renewed}), (ANY, {renewed, same_ca}), (WHOLE, set[tuple[bytes, ...]]())):
        app = Process(first_use(kind), Install())
        assert app.check(w.chain, HOST)[2] == (2 if kind is ANY else 0)
        assert app.visit(w.chain, HOST) == MET
        for chain in (renewed, same_ca, w.foreign):
            assert app.visit(chain, HOST) == (MET if chain in allowed else CHANGED), kind


def test_an_authority_counts_on_a_validated_path_only() -> None:
    w, install = world(), Install()
    app = Process(first_use(ANY), install)
    assert app.visit(w.chain, HOST, flags=0) == (False, Reason.PROVENANCE)
    assert install.sealed is None
    assert app.visit(w.chain, HOST) == MET
    app.visit(w.chain, HOST)
    assert app.visit(w.chain, HOST, flags=0) == (False, Reason.PROVENANCE)


def test_every_host_of_a_pattern_is_met_by_itself_up_to_the_limit() -> None:
    install = Install()
    rules = first_use(match=HostMatch.ANY_DEPTH, name="example.com", limit=2)
    rules = replace(rules, hosts=(*rules.hosts, HostRule(HostMatch.EXACT, "own.example.com", (), first_use=LEAF)))
    app = Process(rules, install)
    for name in ("a.example.com", "b.c.example.com"):
        assert app.visit(server(name, key=f"p256-{name}"), name) == MET
    assert app.visit(server("e.example.com"), "e.example.com") == (True, Reason.UNLISTED)
    assert app.visit(server("own.example.com"), "own.example.com") == MET, "a rule of its own always has room"
    assert app.visit(server("a.example.com"), "a.example.com") == CHANGED
    blocked = Process(replace(rules, block_unlisted=True), install)
    blocked.visit(server("a.example.com", key="p256-a.example.com"), "a.example.com")
    assert blocked.visit(server("e.example.com"), "e.example.com") == (False, Reason.UNLISTED)


def test_an_address_is_one_host_however_it_is_written() -> None:
    literal = "2001:db8::9"
    app = Process(first_use(name=literal), Install())
    assert app.visit(server(literal), "2001:0DB8:0:0:0:0:0:9") == MET
    assert app.visit(server(literal, key="p256-evil"), f"[{literal}]") == CHANGED
    both = Rules((HostRule(HostMatch.EXACT, "a.bc", (), first_use=LEAF),
                  HostRule(HostMatch.EXACT, "97.46.98.99", (), first_use=LEAF)))  # fmt: skip
    app = Process(both, Install())
    assert app.visit(server("a.bc", "97.46.98.99"), "a.bc") == MET
    other = server("a.bc", "97.46.98.99", key="p256-evil")
    assert app.visit(other, "97.46.98.99") == MET, "an address is no name, whatever its bytes"


def test_scope_all_remembers_the_authority_of_hosts_without_a_pin() -> None:
    w, install = world(), Install()
    pinned = HostRule(HostMatch.EXACT, HOST, (w.leaf.pin(LEAF),))
    app = Process(Rules((pinned,), first_use_all=True, first_use_limit=8), install)
    www = "www.example.net"
    assert app.visit(server(www), www) == MET
    assert app.visit(server(www, key="p256-next"), www) == MET
    evil = make(www, w.foreign_root, names=(www,))
    assert app.visit((evil.der, w.foreign_root.der), www) == CHANGED
    assert app.visit(w.chain, HOST) == MET
    assert app.visit(w.foreign, HOST) == (False, Reason.PIN)
    assert install.writes == 1


@pytest.mark.parametrize("everyone", [False, True], ids=["listed", "all"])
@pytest.mark.parametrize("match", [HostMatch.EXACT, HostMatch.ONE_LABEL], ids=["exact", "pattern"])
def test_an_unknown_host_is_known_by_the_leafs_names_once_it_was_met(match: HostMatch, everyone: bool) -> None:
    w, install = world(), Install()
    rule = HostRule(match, HOST if match is HostMatch.EXACT else "example.com", (), first_use=LEAF)
    rules = Rules(() if everyone else (rule,), first_use_all=everyone, first_use_limit=8)
    app = Process(rules, install)
    assert app.visit(w.foreign, None) == (True, Reason.UNLISTED), "nothing is learnt without a host"
    assert app.visit(w.foreign, None, flags=VALIDATED | APP_TRUST) == (False, Reason.HOST)
    assert install.sealed is None
    assert app.visit(w.chain, HOST) == MET
    assert app.visit(w.chain, HOST) == MET
    assert app.visit(w.chain, None) == MET
    assert app.visit(w.foreign, None) == CHANGED
    unnamed = make("nobody", w.ca)
    assert app.visit((unnamed.der, w.ca.der), None) == (True, Reason.UNLISTED)


@pytest.mark.parametrize("damage", ["a bit", "cut", "empty", "too long", "another install", "another app"])
def test_a_memory_that_is_not_genuine_is_none(damage: str) -> None:
    w, install = world(), Install()
    assert Process(first_use(), install).visit(w.chain, HOST) == MET
    assert install.sealed
    kept, package = install.sealed, "org.example.app"
    match damage:
        case "a bit":
            install.sealed = kept[:40] + bytes([kept[40] ^ 1]) + kept[41:]
        case "cut":
            install.sealed = kept[:-1]
        case "empty":
            install.sealed = b""
        case "too long":
            install.sealed = kept + bytes(40_000)
        case "another install":
            install.secret = b"j" * 32
        case _:
            package = "org.example.other"
    app = Process(first_use(), install, package=package)
    assert app.visit(w.foreign, HOST) == MET
    assert install.writes == 2


def test_a_process_that_knows_a_host_is_not_made_to_forget_it() -> None:
    """The file is taken away while the app runs: what was read stays, and is stored again with the next host."""
    install, rules = Install(), first_use(match=HostMatch.ONE_LABEL, name="example.com")
    app, a, b = Process(rules, install), server("a.example.com"), server("b.example.com")
    app.visit(a, "a.example.com")
    app.visit(a, "a.example.com")
    install.sealed = None
    assert app.visit(b, "b.example.com") == MET
    assert Process(rules, install).visit(server("a.example.com", key="p256-evil"), "a.example.com") == CHANGED


def test_an_expiry_ends_first_use_as_it_ends_pins() -> None:
    w = world()
    rule = replace(first_use().hosts[0], expires=NOW)
    app = Process(Rules((rule,), first_use_limit=8), Install())
    assert app.visit(w.chain, HOST, NOW - 1) == MET
    assert app.visit(w.foreign, HOST, NOW - 1) == CHANGED
    assert app.visit(w.foreign, HOST) == (True, Reason.UNLISTED)
    blocking = Process(Rules((replace(rule, block_when_expired=True),), first_use_limit=8), Install())
    assert blocking.visit(w.chain, HOST) == (False, Reason.EXPIRED)


def test_the_memory_holds_five_hundred_and_twelve_hosts() -> None:
    """The host build alone: filled to the last place, the next host is left to the platform."""
    names = tuple(f"h{number}.example.com" for number in range(514))
    rules = Rules((HostRule(HostMatch.ONE_LABEL, "example.com", (), first_use=LEAF),), first_use_limit=512)
    install = Install()
    app, chain = Process(rules, install, abis=[]), server("*.example.com")
    said = [app.visit(chain, name) for name in names]
    assert said[:512] == [MET] * 512
    assert said[513] == (True, Reason.UNLISTED)
    assert install.sealed
    assert len(install.sealed) == 32 + 4 + 512 * 66 + 16
    own = Rules((HostRule(HostMatch.EXACT, HOST, (), first_use=LEAF), *rules.hosts), first_use_limit=512)
    assert Process(own, install).visit(world().chain, HOST) == (True, Reason.UNLISTED)


def test_sealings_of_one_memory_have_nothing_in_common() -> None:
    one, two = Install(), Install(secret=b"j" * 32)
    for install in (one, two):
        assert Process(first_use(), install, abis=[]).visit(world().chain, HOST) == MET
    assert one.sealed
    assert two.sealed
    assert sum(a == b for a, b in zip(one.sealed[32:], two.sealed[32:], strict=True)) < 20
    pin: SealedPin = world().leaf.pin(LEAF)
    assert pin.sha256 not in one.sealed
