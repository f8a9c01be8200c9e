"""What the iOS stub keeps and shows, run in the prover: first use over restarts, the Keychain's moods, the dialog."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.prover.abi import ABIS
from pinfuse.prover.apple.delegates import ACCEPT, LEAVE, REFUSE
from pinfuse.prover.apple.flows import Flow
from pinfuse.prover.apple.foundation import SESSION
from pinfuse.prover.apple.guest import AppleGuest
from pinfuse.prover.apple.objc import Instance, Row
from pinfuse.prover.apple.store import MISSING_ENTITLEMENT, NOT_ALLOWED
from pinfuse.prover.guest import Case
from pinfuse.prover.machine import Outside
from pinfuse.vault import Binding, SystemRandom, seal
from tests.applestub import APPLE, stub
from tests.chains import HOST, NOW, Identity, make, rules_for, world

PACKAGE = "org.example.camera"
CAMERA, OTHER = "camera.local", "other.local"
FILE, LOCK, BESIDE = (f"/Library/zqk{end}" for end in ("", ".lock", ".new"))
NO_DELEGATE = "NSURLSession, no delegate"
VERIFY, BROKEN = "sec_protocol_options_set_verify_block", "SSLHandshake, broken"
CONNECTION = "connection:willSendRequestForAuthenticationChallenge:"
FIRST = tuple(HostRule(HostMatch.EXACT, host, (), first_use=PinKind.LEAF_KEY) for host in (CAMERA, OTHER))


def guest(rules: Rules, abi: str = "ios-arm64") -> AppleGuest:
    well = seal(rules, Binding(PACKAGE, (), any_signer=True), b"r" * 32, SystemRandom())
    made = AppleGuest(ABIS[abi], stub(abi, well)[0])
    assert made.open(PACKAGE, "", ()) == 0
    return made


def first_use(abi: str = "ios-arm64", *, enforce: bool = True) -> AppleGuest:
    return guest(replace(rules_for(world().leaf.pin(PinKind.LEAF_KEY)), enforce=enforce, first_use_limit=8,
                         hosts=FIRST), abi)  # fmt: skip


def server(host: str = CAMERA, key: str = "one") -> Identity:
    return make(host, kind=f"p256-{host}-{key}", names=(host,))


def meets(
    one: AppleGuest, peer: Identity, host: str = CAMERA, *,
    entry: str = SESSION, platform: bool = True, app: str = ACCEPT,
) -> tuple[bool, str | None]:  # fmt: skip
    """Whether the session goes on, and the reason that the app is told."""
    said: dict[str, Any] = dict(one.flow(Flow(entry, Case((peer.der,), host.encode(), NOW, 0), platform, app)))
    return said["allowed"], said["event"] and said["event"]["reason"]


def kept(one: AppleGuest) -> bytes:
    """The file of the install."""
    (found,) = [data for path, data in one.world.store.files.items() if path.endswith(FILE)] or [b""]
    return found


@pytest.mark.parametrize("abi", APPLE)
def test_a_host_is_remembered_over_a_restart_and_a_change_refused(abi: str) -> None:
    one = first_use(abi)
    assert meets(one, server()) == (True, None)
    assert kept(one)[:1] == b"\1", "the Keychain has a part in the secret"
    assert meets(one, server()) == (True, None)
    assert meets(one, server(key="two")) == (False, "first-use")
    assert one.restart() == 0
    before = kept(one)
    assert meets(one, server(key="two")) == (False, "first-use")
    assert meets(one, server()) == (True, None)
    assert kept(one) == before, "a refused session is never written"
    assert meets(one, server(OTHER), OTHER) == (True, None)
    assert len(kept(one)) == len(before) + 66
    assert not [path for path in one.world.store.files if path.endswith(BESIDE)]


def test_the_secret_is_in_no_file() -> None:
    one = first_use()
    meets(one, server())
    (item,) = one.world.store.items.values()
    assert item["pdmn"] == "cku", "kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly"
    assert len(item["v_Data"]) == 32
    assert all(item["v_Data"] not in data for data in one.world.store.files.values())


def test_a_keychain_that_does_not_answer_refuses_and_loses_nothing() -> None:
    one = first_use()
    assert meets(one, server()) == (True, None)
    before = kept(one)
    one.restart()
    one.world.store.keychain = NOT_ALLOWED
    assert meets(one, server()) == (False, "first-use")
    assert meets(one, server(OTHER), OTHER) == (False, "first-use")
    assert kept(one) == before
    one.world.store.keychain = 0
    assert meets(one, server()) == (True, None)
    assert meets(one, server(key="two")) == (False, "first-use")


def test_an_install_without_its_secret_or_its_file_begins_anew() -> None:
    one = first_use()
    meets(one, server())
    one.restart()
    one.world.store.items.clear()
    assert meets(one, server(key="two")) == (True, None)
    one.restart()
    del one.world.store.files[next(path for path in one.world.store.files if path.endswith(FILE))]
    assert meets(one, server()) == (True, None), "the app was deleted and installed again"
    one.restart()
    path = next(path for path in one.world.store.files if path.endswith(FILE))
    data = one.world.store.files[path]
    one.world.store.files[path] = data[:-1] + bytes([data[-1] ^ 1])
    assert meets(one, server(key="two")) == (True, None), "a file that is not genuine counts as none"


def test_an_app_that_may_not_use_the_keychain_has_a_file_alone() -> None:
    one = first_use()
    one.world.store.keychain = MISSING_ENTITLEMENT
    assert meets(one, server()) == (True, None)
    assert kept(one)[:1] == b"\0"
    one.restart()
    assert meets(one, server(key="two")) == (False, "first-use")
    assert meets(one, server()) == (True, None)


def test_what_cannot_be_stored_is_refused_and_in_report_mode_let_through() -> None:
    for enforce in (True, False):
        one = first_use(enforce=enforce)
        one.world.store.disk = False
        assert meets(one, server()) == (not enforce, "first-use")
        assert not kept(one)


@pytest.mark.parametrize("entry", [SESSION, VERIFY, BROKEN])
def test_a_device_that_the_platform_refuses_is_remembered_when_the_app_takes_it(entry: str) -> None:
    one = first_use()
    assert meets(one, server(), entry=entry, platform=False) == (True, None)
    assert kept(one)
    assert meets(one, server(key="two"), entry=entry, platform=False) == (False, "first-use")
    assert meets(one, server(), entry=entry, platform=False) == (True, None)


@pytest.mark.parametrize(
    ("entry", "app"), [(SESSION, REFUSE), (SESSION, LEAVE), (NO_DELEGATE, ACCEPT), (CONNECTION, ACCEPT)]
)
def test_and_not_when_nobody_does(entry: str, app: str) -> None:
    one = first_use()
    assert meets(one, server(), entry=entry, platform=False, app=app)[0] is False
    assert not kept(one)


PINNED = rules_for(world().leaf.pin(PinKind.LEAF_KEY))
TEXTS = (("title", "Stop"), ("message", "{app} {host} {reason}"), ("message.de", "{reason}: {host}"),
         ("link", "https://help.example.org/why"))  # fmt: skip


def refused(one: AppleGuest, host: str | None = HOST, now: int = NOW) -> dict[str, Any] | None:
    """The dialog of a session that is refused, if one is shown."""
    name = None if host is None else host.encode()
    said: dict[str, Any] = dict(one.flow(Flow(SESSION, Case(world().foreign, name, now, 0), True)))
    assert said["allowed"] is False
    dialog: dict[str, Any] | None = said["dialog"]
    return dialog


def test_the_dialog_speaks_the_language_of_the_phone() -> None:
    for language, message in (("en-US", f" {HOST} pin"), ("de-AT", f"pin: {HOST}"), ("fr", f" {HOST} pin")):
        one = guest(replace(PINNED, settings=TEXTS))
        one.world.core.languages = [language]
        shown = refused(one)
        assert shown is not None and shown["message"].endswith(message)
        assert (shown["title"], shown["buttons"]) == ("Stop", ["OK", "help.example.org"])


def test_the_link_opens_and_only_by_its_button() -> None:
    one = guest(replace(PINNED, settings=TEXTS))
    shown = refused(one)
    assert shown is not None and one.world.interface.opened == []
    (press,) = [block for block in shown["pressed"] if block]
    one.machine.run(one.world.blocks.function(press), "pp", press, 0)
    assert one.world.interface.opened == ["https://help.example.org/why"]


@pytest.mark.parametrize(
    ("show", "after"), [(None, [False, False]), ("always", [False, True]), ("never", [False, False])]
)
def test_how_often_a_host_is_shown(show: str | None, after: list[bool]) -> None:
    one = guest(replace(PINNED, settings=(("show", show),) if show else ()))
    assert (refused(one) is not None) is (show != "never")
    assert [refused(one, now=NOW + later) is not None for later in (30, 60)] == after


def test_a_dialog_waits_for_a_window() -> None:
    one = guest(PINNED)
    one.world.interface.window = False
    assert refused(one) is None
    one.world.interface.window = True
    one.world.system.run_timers()
    one.world.system.run_waiting()
    assert [shown.title for shown in one.world.interface.dialogs] == ["Connection blocked"]


PROTOCOLS = "protocolClasses"


def with_protocols() -> AppleGuest:
    """An app that has protocols of its own for the shared session."""
    well = seal(PINNED, Binding(PACKAGE, (), any_signer=True), b"r" * 32, SystemRandom())
    one = AppleGuest(ABIS["ios-arm64"], stub("ios-arm64", well)[0])
    get, hold = one.world.objects.get, one.world.objects.hold
    one.world.runtime.define(
        [("NSURLProtocol", "NSObject"), ("First", "NSURLProtocol"), ("Second", "NSURLProtocol")],
        [
            Row("NSURLProtocol", "+registerClass:", "p", lambda *_: 1),
            Row("NSURLProtocol", "+unregisterClass:", "p", lambda *_: 0),
            Row("NSURLSessionConfiguration", f"-{PROTOCOLS}", "", lambda _: hold(["system"])),
            Row("NSURLSessionConfiguration", "-setProtocolClasses:", "p",
                lambda this, value: get(this, Instance).fields.update({PROTOCOLS: get(value, list)})),
            Row("NSObject", "-arrayByAddingObjectsFromArray:", "p",
                lambda this, more: hold([*get(this, list), *get(more, list)])),
        ],
    )  # fmt: skip
    one.world.runtime.reset()
    assert one.open(PACKAGE, "", ()) == 0
    return one


def shared_protocols(one: AppleGuest) -> list[str]:
    """What the configuration of the shared session asks, in order; nothing where that was left as it is."""
    objects, seen = one.world.objects, list[Instance]()
    make = "sessionWithConfiguration:delegate:delegateQueue:"
    session = one.world.runtime.classes["NSURLSession"].meta
    assert session is not None

    def noted(_: int, __: int, configuration: int, ___: int, ____: int) -> int:
        seen.append(objects.get(configuration, Instance))
        return objects.hold(one.world.runtime.make("__NSURLSessionLocal", delegate=None, ended=False))

    session.methods[make] = one.machine.trap(Outside("noted", "ppppp", noted))
    kind = objects.hold(one.world.runtime.classes["NSURLSession"])
    assert one.world.runtime.send(kind, "sharedSession") == one.world.runtime.send(kind, "sharedSession")
    (made,) = seen
    return [getattr(each, "name", each) for each in made.fields.get(PROTOCOLS, [])]


def test_the_shared_session_asks_the_protocols_that_the_app_registered() -> None:
    one = with_protocols()
    runtime, hold = one.world.runtime, one.world.objects.hold
    protocol, first, second = (hold(runtime.classes[name]) for name in ("NSURLProtocol", "First", "Second"))
    assert shared_protocols(one) == []
    for message, kind, asked in (
        ("registerClass:", first, ["First", "system"]),
        ("registerClass:", second, ["Second", "First", "system"]),
        ("registerClass:", first, ["First", "Second", "system"]),
        ("unregisterClass:", first, ["Second", "system"]),
    ):
        runtime.send(protocol, message, kind)
        assert shared_protocols(one) == asked
