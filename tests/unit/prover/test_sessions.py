"""Sessions of iOS through the methods that the stub replaces: who is asked, what is told, shown and remembered."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.prover.abi import ABIS
from pinfuse.prover.apple.delegates import APP, NEVER, TWICE
from pinfuse.prover.apple.flows import Flow
from pinfuse.prover.apple.guest import AppleGuest
from pinfuse.prover.apple.store import MISSING_ENTITLEMENT, NOT_ALLOWED
from pinfuse.prover.guest import Case
from tests.applestub import APPLE, stub
from tests.chains import HOST, NOW, rules_for, world
from tests.unit.prover.test_first_use import first_use, server
from tests.unit.prover.test_four_abis import PACKAGE, PINNED
from tests.unit.prover.test_ios import sealed

SESSION = "URLSession:didReceiveChallenge:completionHandler:"
CONNECTION = "connection:willSendRequestForAuthenticationChallenge:"
WEB = "webView:didReceiveAuthenticationChallenge:completionHandler:"
PLAIN = "SecTrustEvaluateWithError"
EVENT = {"name": "PFuseSessionRefused", "host": HOST, "reason": "pin", "certificate": -1, "mode": "enforce"}
VISITS = itertools.count()


def guest(rules: Rules = PINNED, abi: str = "ios-arm64") -> AppleGuest:
    made = AppleGuest(ABIS[abi], stub(abi, sealed(rules))[0])
    assert made.open(PACKAGE, "", []) == 0
    return made


def visit(
    to: AppleGuest, chain: tuple[bytes, ...], entry: str = SESSION, *, platform: bool = True, app: str = "accept",
    host: str = HOST, now: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Ten seconds after the last one."""
    now = NOW + 10 * next(VISITS) if now is None else now
    return dict(to.flow(Flow(entry, Case(chain, host.encode(), now, 0), platform, app)))


def entries() -> list[str]:
    return list(guest().flows.delegates.entries)


@pytest.mark.parametrize("abi", APPLE)
def test_every_delegate_is_asked_only_about_what_the_stub_allows(abi: str) -> None:
    one, w = guest(abi=abi), world()
    for entry in one.flows.delegates.entries:
        asked = visit(one, w.chain, entry)["asked"]
        assert asked == ("without" not in entry and "no delegate" not in entry and entry not in (
            "sessionWithConfiguration:", "sharedSession", "WKWebView, out of a storyboard")), entry  # fmt: skip
        said = visit(one, w.foreign, entry)
        assert (said["allowed"], said["asked"], said["event"]) == (False, 0, EVENT), entry


@pytest.mark.parametrize("app", APP)
def test_what_the_app_decides_holds_where_the_stub_allows(app: str) -> None:
    w = world()
    for entry in (SESSION, f"{SESSION}, forwarded", WEB):
        one = guest()
        assert visit(one, w.chain, entry, app=app)["allowed"] is (app != "refuse")
        assert visit(one, w.chain, entry, app=app, platform=False)["allowed"] is (app == "accept")
        assert visit(one, w.foreign, entry, app=app)["allowed"] is False
        assert visit(one, w.foreign, entry, app=app, host="www.example.net")["allowed"] is (app != "refuse")


def test_an_authority_counts_only_where_the_platform_accepts() -> None:
    w = world()
    one = guest(rules_for(w.ca.pin(PinKind.ANY_KEY)))
    for entry in (SESSION, CONNECTION, WEB):
        assert visit(one, w.chain, entry)["allowed"] is True
        said = visit(one, w.chain, entry, platform=False)
        assert (said["allowed"], said["event"]["reason"]) == (False, "provenance")


def test_a_method_is_replaced_once_and_nothing_grows() -> None:
    w = world()
    for entry in entries():
        one = guest()
        visit(one, w.chain, entry)
        assert [visit(one, chain, entry)["kept"] for chain in (w.chain, w.foreign, w.chain)] == [0, 0, 0], entry


def test_report_mode_lets_the_session_go_on_and_tells() -> None:
    one = guest(replace(PINNED, enforce=False))
    for entry in (PLAIN, SESSION, CONNECTION, WEB):
        said = visit(one, world().foreign, entry)
        assert said["allowed"] is True
        assert said["event"] == EVENT | {"mode": "report"}
        assert said["dialog"] is None


def test_the_dialog_is_shown_once_for_a_host() -> None:
    one, w = guest(), world()
    shown = visit(one, w.foreign, PLAIN)["dialog"]
    assert (shown["title"], shown["buttons"]) == ("Connection blocked", ["OK"])
    assert "An app did not connect to api.example.com" in shown["message"]
    assert visit(one, w.foreign, PLAIN)["dialog"] is None
    always = guest(replace(PINNED, settings=(("show", "always"),)))
    shown = [visit(always, w.foreign, PLAIN, now=NOW + second)["dialog"] is not None for second in (0, 30, 61)]
    assert shown == [True, False, True]


def test_the_dialog_speaks_the_phones_language_and_has_the_sets_link() -> None:
    texts = (("title", "Blocked"), ("title.de", "Blockiert"), ("message.de", "{app}: {host} ({reason})"),
             ("link", "https://help.example/why"))  # fmt: skip
    one = guest(replace(PINNED, settings=texts))
    one.world.core.languages = ["de-AT", "en"]
    shown = visit(one, world().foreign, PLAIN)["dialog"]
    assert (shown["title"], shown["message"]) == ("Blockiert", f"An app: {HOST} (pin)")
    assert shown["buttons"] == ["OK", "help.example"]
    block = shown["pressed"][1]
    one.machine.run(one.world.blocks.function(block), "pp", block, 0)
    assert one.world.interface.opened == ["https://help.example/why"]


def test_a_dialog_waits_for_a_window_and_an_extension_shows_none() -> None:
    w, one = world(), guest()
    one.world.interface.window = False
    assert visit(one, w.foreign, PLAIN)["dialog"] is None
    one.world.interface.window = True
    one.world.system.run_timers()
    assert len(one.world.interface.dialogs) == 1
    extension = guest()
    extension.world.core.info["NSExtension"] = {"NSExtensionPointIdentifier": "com.apple.widget"}
    said = visit(extension, w.foreign, PLAIN)
    assert (said["dialog"], said["event"]) == (None, EVENT)


def test_what_is_met_is_remembered_through_a_restart() -> None:
    w, one = world(), guest(first_use())
    for entry in (PLAIN, SESSION, CONNECTION, WEB):
        assert visit(one, w.chain, entry)["allowed"] is True
        assert visit(one, w.foreign, entry)["allowed"] is False
    assert one.world.store.items
    assert set(one.world.store.files) == {"/var/mobile/app/Library/zqk", "/var/mobile/app/Library/zqk.lock"}
    assert one.restart() == 0
    said = visit(one, w.foreign)
    assert (said["allowed"], said["event"]["reason"]) == (False, "first-use")
    assert visit(one, w.chain)["allowed"] is True


def test_a_new_install_begins_anew_even_where_the_keychain_item_outlives_it() -> None:
    w, one = world(), guest(first_use())
    assert visit(one, w.chain)["allowed"] is True
    one.world.store.files.clear()
    assert one.restart() == 0
    assert visit(one, w.foreign)["allowed"] is True
    assert visit(one, w.chain)["allowed"] is False


@pytest.mark.parametrize(
    ("keychain", "disk", "allowed"),
    [(0, True, True), (MISSING_ENTITLEMENT, True, True), (NOT_ALLOWED, True, False), (0, False, False)],
    ids=["works", "not for this app", "locked", "disk full"],
)
def test_a_host_is_believed_only_once_it_is_stored(keychain: int, disk: bool, allowed: bool) -> None:
    w, one = world(), guest(first_use())
    one.world.store.keychain, one.world.store.disk = keychain, disk
    assert visit(one, w.chain)["allowed"] is allowed
    one.world.store.keychain, one.world.store.disk = 0, True
    assert visit(one, w.foreign)["allowed"] is not allowed


def test_a_file_of_somebody_else_or_damaged_is_no_memory() -> None:
    w = world()
    for damage in (b"", b"\1" * 40, bytes(30_000)):
        one = guest(first_use())
        assert visit(one, w.chain)["allowed"] is True
        one.world.store.files["/var/mobile/app/Library/zqk"] = damage
        assert one.restart() == 0
        assert visit(one, w.foreign)["allowed"] is True


def test_a_host_that_the_platform_refuses_is_remembered_only_when_the_app_accepts_it() -> None:
    device = server(HOST, key="p256-device")
    for entry in (SESSION, f"{SESSION}, forwarded", WEB, "sec_protocol_options_set_verify_block"):
        one = guest(first_use())
        if entry != "sec_protocol_options_set_verify_block":
            assert visit(one, device, entry, platform=False, app="default")["allowed"] is False
            assert one.world.store.items == {}, "nothing is remembered of a session that does not go on"
        assert visit(one, device, entry, platform=False)["allowed"] is True
        assert visit(one, world().foreign, entry, platform=False)["allowed"] is False
    one = guest(first_use())
    assert visit(one, device, CONNECTION, platform=False)["allowed"] is False


VERIFY = "sec_protocol_options_set_verify_block"
BLOCKS = (SESSION, f"{SESSION}, forwarded", WEB, VERIFY)
"""Entries at which the app answers through a block."""


@pytest.mark.parametrize("abi", APPLE)
def test_an_app_may_answer_twice_or_never(abi: str) -> None:
    device = server(HOST, key="p256-device")
    for entry in BLOCKS:
        one = guest(first_use(), abi)
        visit(one, device, PLAIN, platform=False, host="www.example.net")
        for _ in range(2):
            said = visit(one, device, entry, platform=False, app=NEVER)
            assert (said["allowed"], said["event"]) == (False, None), entry
        assert said["kept"] == 0, entry
        assert one.world.store.items == {}, "nobody accepted the host"
        assert visit(one, device, entry, platform=False, app=TWICE)["allowed"] is True
        assert visit(one, device, entry, platform=False, app=TWICE)["kept"] == 0
        assert visit(one, world().foreign, entry, platform=False, app=TWICE)["allowed"] is False


def test_a_pattern_of_hosts_is_met_one_by_one() -> None:
    one = guest(Rules((HostRule(HostMatch.ONE_LABEL, "example.com", (), first_use=PinKind.LEAF_KEY),),
                      first_use_limit=8))  # fmt: skip
    for name in ("a.example.com", "b.example.com"):
        chain, other = server(name, key=f"p256-{name}"), server(name, key="p256-evil")
        assert visit(one, chain, host=name)["allowed"] is True
        assert visit(one, other, host=name)["allowed"] is False
