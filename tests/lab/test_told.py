"""What the person, the app's own code and an address are told of refused sessions, by the shim out of a built app."""

from __future__ import annotations

import functools
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules, SealedPin
from pinfuse.vault import Binding, SystemRandom, seal
from tests.lab.device import PACKAGE, library_with, trust_store
from tests.lab.phone import Phone, reports, until
from tests.lab.servers import counting_server
from tests.lab.visits import Lab

ACTION = f"{PACKAGE}.zqk.SESSION"
FOREGROUND, CACHED = 100, 400
Make = Callable[..., Any]


@pytest.fixture(scope="module")
def start(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """A phone whose app pins localhost to the good server, with these settings of the vault."""
    phones: list[Phone] = []
    leaf = x509.load_pem_x509_certificates(lab.good[0].read_bytes())[0]
    pin = SealedPin(PinKind.CERTIFICATE, hashlib.sha256(leaf.public_bytes(Encoding.DER)).digest())

    @functools.cache
    def library(rules: Rules) -> Path:
        well = seal(rules, Binding(PACKAGE, (), any_signer=True), b"q" * 32, SystemRandom())
        return library_with(well, tmp_path_factory.mktemp("told") / "lib")

    def made(others: Any = (), trust: Path = lab.trust, rules: Any = None, api: int = 35, **settings: str) -> Phone:
        pairs = tuple((key.replace("_", ".", 1).replace("_", "-"), value) for key, value in settings.items())
        pinned = Rules((HostRule(HostMatch.EXACT, "localhost", (pin,)),), settings=pairs, **(rules or {}))
        phones.append(Phone(lab.classes, library(pinned), lab.apk, trust, others=others, api=api))
        return phones[-1]

    yield made
    for one in phones:
        one.__exit__()


@contextmanager
def server(identity: tuple[Path, Path]) -> Iterator[str]:
    with counting_server(*identity) as running:
        yield f"https://localhost:{running.port}/"


BUILT_IN = (
    "Connection blocked | Lab did not connect to localhost, "
    "because the server could not prove that it is the right one. | OK"
)


def test_a_session_that_is_let_through_is_told_to_nobody(start: Make, lab: Lab) -> None:
    phone = start()
    with server(lab.good) as good:
        phone.tell("resume")
        assert phone.get(good) == "served"
        assert phone.settled("dialog", 0) == phone.rows("broadcast") == []


def test_first_shows_one_dialog_for_a_host_and_always_one_a_minute(start: Make, lab: Lab) -> None:
    for show, later in (("first", 0), ("always", 1)):
        phone = start(**({} if show == "first" else {"show": show}))
        with server(lab.other) as other:
            phone.tell("resume")
            for _ in range(3):
                assert phone.get(other).endswith("refused: pin")
            assert phone.settled("dialog", 1) == [BUILT_IN]
            phone.tell("ok", "ahead 61000")
            assert phone.get(other).endswith("refused: pin")
            assert phone.settled("dialog", 1 + later) == [BUILT_IN] * (1 + later)


def test_never_shows_none_but_the_event_is_made(start: Make, lab: Lab) -> None:
    phone = start(show="never")
    with server(lab.other) as other:
        phone.tell("resume")
        phone.get(other)
        assert len(phone.settled("broadcast", 1)) == 1
        assert phone.rows("dialog") == []


TEXTS = {
    "title": "Blocked",
    "message": "{app}: {host} ({reason}) {app",
    "button": "Close",
    "title_de": "Gesperrt",
    "title_zh_Hant": "繁",
    "message_pt_BR": "{host} não",
}


LOCALES = [
    ("en-US", "Blocked", "Lab: localhost (pin) {app"),
    ("de-AT", "Gesperrt", "Lab: localhost (pin) {app"),
    ("pt-BR-u-nu-latn", "Blocked", "localhost não"),
    ("pt-PT", "Blocked", "Lab: localhost (pin) {app"),
    ("zh-Hant-TW", "繁", "Lab: localhost (pin) {app"),
]


@pytest.mark.parametrize("api", [22, 35])
def test_the_texts_of_the_set_in_the_phones_language(start: Make, lab: Lab, api: int) -> None:
    phone = start(show="always", api=api, **TEXTS)
    with server(lab.other) as other:
        phone.tell("resume")
        for number, (locale, title, message) in enumerate(LOCALES):
            phone.tell(f"locale {locale}", "ahead 61000")
            phone.get(other)
            said = phone.settled("dialog", number + 1, quiet=0)
            shown = message if api >= 24 else message.replace("localhost", "?")
            assert said[number:] == [f"{title} | {shown} | Close"]
            phone.tell("ok")


def test_the_link_opens_what_the_set_names_and_nothing_else(start: Make, lab: Lab) -> None:
    address = "https://help.example.com/tls?x=1"
    for link in (address, "http://help.example.com/"):
        phone = start(link=link)
        with server(lab.other) as other:
            phone.tell("resume")
            phone.get(other)
            said = phone.settled("dialog", 1, quiet=0)
            phone.tell("link")
        good = link == address
        assert said == [BUILT_IN + (" | help.example.com" if good else "")]
        assert phone.rows("activity") == ([f"android.intent.action.VIEW {address} {{}}"] if good else [])


def test_dialogs_come_one_at_a_time_and_survive_a_turned_phone(start: Make, lab: Lab) -> None:
    phone = start(rules={"block_unlisted": True})
    with server(lab.other) as other:
        phone.tell("resume")
        phone.get(other)
        phone.get(other.replace("localhost", "127.0.0.1"))
        assert phone.settled("dialog", 1) == [BUILT_IN]
        phone.tell("turn")
        assert phone.settled("dialog", 2) == [BUILT_IN] * 2
        phone.tell("ok")
        assert phone.settled("dialog", 3)[2] == BUILT_IN.replace("localhost", "127.0.0.1")
        phone.tell("ok", "pause", "resume")
        assert len(phone.settled("dialog", 3)) == 3


EVENT = re.compile(
    rf"{re.escape(ACTION)} {re.escape(PACKAGE)} "
    r"{certificate=(-?\d+), code=(\d+), host=localhost, missed=(\d+), mode=(\w+), reason=([a-z-]+), time=(\d+)}"
)


def test_the_event_says_what_happened_and_is_limited(start: Make, lab: Lab) -> None:
    phone = start()
    with server(lab.other) as other:
        for _ in range(4):
            phone.get(other)
        (first,) = phone.settled("broadcast", 1)
        said = EVENT.fullmatch(first)
        assert said, first
        assert said.groups()[:5] == ("-1", "2", "0", "enforce", "pin")
        assert abs(int(said[6]) - time.time() * 1000) < 60_000
        phone.tell("ahead 6000")
        phone.get(other)
        again = EVENT.fullmatch(phone.settled("broadcast", 2)[1])
        assert again
        assert again[3] == "3", "three were left out in between"


def test_a_report_is_posted_whatever_the_pins_say_of_its_host(start: Make, lab: Lab) -> None:
    """The address is localhost too: its certificate is not the pinned one, and the report gets there all the same."""
    with reports(*lab.other) as there, server(lab.other) as other:
        phone = start(report=f"https://localhost:{there.port}/pins?to=us")
        for _ in range(3):
            assert phone.get(other).endswith("refused: pin")
        ((path, headers, said),) = until(lambda: there.told, 1)
        assert path == "/pins?to=us"
        assert set(headers) == {"Host", "Content-Type", "Content-Length", "Connection"}
        sent = x509.load_pem_x509_certificates(lab.other[0].read_bytes())
        assert abs(said.pop("time") - time.time()) < 60
        chain = said.pop("chain")
        assert chain[: len(sent)] == [hashlib.sha256(one.public_bytes(Encoding.DER)).hexdigest() for one in sent]
        assert said == {
            "form": 1, "app": PACKAGE, "version": '7.1 "beta"', "host": "localhost", "reason": "pin", "code": 2,
            "certificate": -1, "mode": "enforce",
        }  # fmt: skip
        phone.tell("ahead 3600000")
        phone.get(other)
        assert len(until(lambda: there.told, 2)) == 2
        assert there.connections == 2


def test_a_report_whose_own_session_fails_is_the_end_of_it(start: Make, lab: Lab, tmp_path: Path) -> None:
    """Its server is not trusted, names another host, or is not there: no report of the report, no dialog, no loop."""
    roots = x509.load_pem_x509_certificates(lab.good[0].read_bytes())[-1]
    only_good = tmp_path / "root.pem"
    only_good.write_bytes(roots.public_bytes(Encoding.PEM))
    trust = trust_store([only_good], tmp_path / "trust.p12")
    with reports(*lab.other) as there, server(lab.good) as good:
        for address, where in (
            (f"https://localhost:{there.port}/", trust),
            (f"https://127.0.0.1:{there.port}/", lab.trust),
            ("https://localhost:1/", lab.trust),
        ):
            phone = start(report=address, trust=where, rules={"block_unlisted": True})
            phone.tell("resume")
            assert phone.get(good.replace("localhost", "127.0.0.1")).endswith("refused: unlisted")
            assert len(phone.settled("broadcast", 1)) == 1
            assert len(phone.rows("dialog")) == 1
            assert phone.get(good) == "served"
        assert there.told == []
        assert there.connections == 2


def test_an_address_that_hangs_keeps_nobody_waiting(start: Make, lab: Lab) -> None:
    with reports(*lab.other, answers=False) as there, server(lab.other) as other, server(lab.good) as good:
        phone = start(report=f"https://localhost:{there.port}/", rules={"block_unlisted": True})
        phone.get(other)
        phone.get(other.replace("localhost", "127.0.0.1"))
        assert phone.get(good) == "served"
        assert len(phone.settled("broadcast", 2)) == 2
        assert max(map(int, phone.rows("took"))) < 4000
        assert there.connections == 1


def test_report_mode_lets_everything_through_and_tells_it(start: Make, lab: Lab) -> None:
    with reports(*lab.good) as there, server(lab.other) as other:
        phone = start(report=f"https://localhost:{there.port}/", rules={"enforce": False})
        phone.tell("resume")
        assert phone.get(other) == "served"
        said = EVENT.fullmatch(phone.settled("broadcast", 1)[0])
        assert said
        assert said.groups()[3:5] == ("report", "pin")
        assert phone.rows("dialog") == []
        assert [body["mode"] for _, _, body in until(lambda: there.told, 1)] == ["report"]


@pytest.mark.parametrize("sealed", [{}, {"unlisted": "block"}], ids=["system", "block"])
def test_report_mode_tells_of_unlisted_hosts_where_they_would_be_refused(
    start: Make, lab: Lab, sealed: dict[str, str]
) -> None:
    phone = start(rules={"enforce": False, "block_unlisted": bool(sealed)}, **sealed)
    with server(lab.good) as good:
        assert phone.get(good.replace("localhost", "127.0.0.1")) == "served"
        events = phone.settled("broadcast", len(sealed))
        assert ["reason=unlisted" in one for one in events] == [True] * len(sealed)


def test_a_process_without_an_activity_has_the_one_in_front_tell_it(start: Make, lab: Lab) -> None:
    texts = {"title": "Blocked", "message": "{host} {reason}", "button": "Close"}
    with server(lab.other) as other:
        screen, away = start(**texts), start(**texts)
        screen.tell("resume")
        service = start(others=[(away, CACHED), (screen, FOREGROUND)], **texts)
        for _ in range(2):
            assert service.get(other).endswith("refused: pin")
        assert screen.settled("dialog", 1) == ["Blocked | localhost pin | Close"]
        assert (screen.rows("called"), away.rows("called")) == (["localhost true"], [])
        service.tell("resume")
        assert service.settled("dialog", 0) == []


def test_where_no_process_shows_it_it_waits_for_an_activity_of_its_own(start: Make, lab: Lab) -> None:
    with server(lab.other) as other:
        away = start()
        service = start(others=[(away, FOREGROUND)])
        service.get(other)
        assert away.settled("called", 1) == ["localhost false"]
        assert away.rows("dialog") == []
        service.tell("resume")
        assert service.settled("dialog", 1) == [BUILT_IN]


def test_another_apps_call_shows_nothing(start: Make, lab: Lab) -> None:
    with server(lab.other) as other:
        screen = start()
        screen.tell("resume", "caller 10999")
        service = start(others=[(screen, FOREGROUND)])
        service.get(other)
        assert screen.settled("called", 1) == ["localhost false"]
        assert screen.rows("dialog") == []
