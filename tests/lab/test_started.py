"""Android's own start of a process, API 24 to 36: the shim's place in it, the app's first sessions, the screen."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.framework import LEVELS
from tests.lab.place import OTHER, PINNED
from tests.lab.ready import NEEDS_36, Ready, check_other, check_pinned
from tests.lab.servers import CountingServer, counting_server
from tests.lab.started import Started

FIRST_WITH_FACTORY = 28
ACTIVITY = "harness.HarnessActivity"
REFUSED, SERVED, CLOSED = "refused: pin", "served", "refused: vault"
DIALOG = "Connection blocked | Harness did not connect to {}, because {} | OK"
BECAUSE = "the server could not prove that it is the right one."
SYSTEM, OWN = "system", "own context"
COVERED = {PINNED: SERVED, OTHER: REFUSED}
NOBODY, SHUT = dict.fromkeys((PINNED, OTHER), SERVED), dict.fromkeys((PINNED, OTHER), CLOSED)


@contextmanager
def servers(ready: Ready) -> Iterator[dict[str, CountingServer]]:
    """The pinned server and the other one, as long as a test lasts."""
    with counting_server(*ready.place.good) as good, counting_server(*ready.place.other) as other:
        yield {PINNED: good, OTHER: other}


def asked(running: dict[str, CountingServer]) -> str:
    """The setting that has the app open its first sessions there."""
    return f"-Dlab.first={','.join(str(one.port) for one in running.values())}"


def first(device: Started, running: dict[str, CountingServer]) -> dict[tuple[str, str], dict[str, str]]:
    """What the first sessions met: by step and client, at each server; status lines are left out."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for (step, client, server), met in device.first({one.port: name for name, one in running.items()}).items():
        found.setdefault((step, client), {})[server] = met if met.startswith("refused: ") else met.split(":")[0]
    return found


def expected(api: int, provider: str) -> dict[tuple[str, str], dict[str, str]]:
    """Before API 28 nothing of the shim runs ahead of the application, but a facade that the app itself touches."""
    late = api < FIRST_WITH_FACTORY
    return {
        ("constructor", SYSTEM): NOBODY if late else SHUT,
        ("constructor", OWN): SHUT,
        ("attachBaseContext", SYSTEM): SHUT if late else COVERED,
        ("attachBaseContext", OWN): SHUT if late else COVERED,
        (provider, SYSTEM): COVERED,
        (provider, OWN): COVERED,
        ("onCreate", SYSTEM): COVERED,
        ("onCreate", OWN): COVERED,
    }


def steps(api: int, shim: str, own: str, leader: str = "ZQK") -> list[str]:
    """The start as the app's own code saw it; its factory is asked about everything from API 28 on."""
    told = [
        f"factory: first is {leader}", "factory: application harness.HarnessApplication", "attachBaseContext",
        f"factory: provider {shim}", f"factory: provider harness.{own}", f"{own}.onCreate", "onCreate",
    ]  # fmt: skip
    return [one for one in told if api >= FIRST_WITH_FACTORY or not one.startswith("factory: ")]


@pytest.mark.parametrize("api", LEVELS)
def test_the_start_the_first_sessions_and_the_screen(ready: Ready, api: int) -> None:
    apk, _ = ready.build()
    with servers(ready) as running, ready.system(api, apk, settings=[asked(running)]) as device:
        assert ("api", str(api)) in device.said
        assert device.first_provider == "ZQK"
        assert device.steps() == steps(api, "zqk.P", "StartProvider")
        assert first(device, running) == expected(api, "StartProvider")
        assert device.dialogs() == [], "no activity yet"
        assert device.tell("intrude") == "Intruder"
        assert device.tell(f"resume {ACTIVITY}") == "ZQK"
        shown = [DIALOG.format("localhost", BECAUSE)]
        assert device.dialogs() == shown
        device.tell("leave")  # the phone is turned: its dialog goes with the activity, and comes again with the next
        device.tell(f"resume {ACTIVITY}")
        assert device.dialogs() == shown * 2
        device.tell("press")
        device.tell("leave")
        device.tell(f"resume {ACTIVITY}")
        device.tell("leave")
        assert device.dialogs() == shown * 2, "read and gone"
        if api >= FIRST_WITH_FACTORY:
            assert device.steps()[-1] == f"factory: activity {ACTIVITY}"
        left_out = () if api >= 36 else (NEEDS_36,)
        check_pinned(ready.meet(device, PINNED, left_out))
        check_other(ready.meet(device, OTHER, left_out))
        assert device.tell(f"resume {ACTIVITY}") == "ZQK"
        assert device.dialogs()[2:] == [DIALOG.format("a server", BECAUSE)], "one for a host"


def test_the_apps_own_factory_is_made_before_the_shim(ready: Ready) -> None:
    """A hole that docs name: Android makes the factory with the class loader. A facade refuses; the rest is as ever."""
    apk, _ = ready.build()
    with servers(ready) as running:
        asks = [asked(running), "-Dlab.first.factory=true"]
        with ready.system(35, apk, settings=asks) as device:
            met = first(device, running)
            assert (met.pop(("factory", SYSTEM)), met.pop(("factory", OWN))) == (NOBODY, SHUT)
            assert device.steps() == steps(35, "zqk.P", "StartProvider"), "the system's provider came between"
            assert device.first_provider == "ZQK"
            assert met == expected(35, "StartProvider")


@pytest.mark.parametrize("api", [24, 28, 35])
def test_the_second_process_has_its_own_provider(ready: Ready, api: int) -> None:
    apk, _ = ready.build()
    with servers(ready) as running, ready.system(api, apk, ":work", settings=[asked(running)]) as device:
        assert device.steps() == steps(api, "zqk.P1", "WorkProvider")
        assert first(device, running) == expected(api, "WorkProvider")


@pytest.mark.parametrize("api", [24, 35])
def test_the_control_the_app_as_it_was(ready: Ready, api: int) -> None:
    """Android starts it the same way, and every server is served."""
    built, _ = ready.build()
    library = ready.library(built)
    with (
        servers(ready) as running,
        ready.system(api, ready.app(), settings=[asked(running)], library=library) as device,
    ):
        assert device.first_provider == "AndroidNSSP"
        assert device.steps() == [
            one for one in steps(api, "zqk.P", "StartProvider", "AndroidNSSP") if "zqk" not in one
        ]
        assert set(map(str, first(device, running).values())) == {str(NOBODY)}
        device.tell(f"resume {ACTIVITY}")
        assert device.dialogs() == []


@pytest.mark.parametrize("api", [24, 35])
def test_the_control_without_the_entry_points(ready: Ready, api: int, tmp_path: Path) -> None:
    """The built app under its old manifest: what the entry points add. Facades alone refuse what is first."""
    built, _ = ready.build()
    apk = with_manifest_of(ready.app(), built, tmp_path / "no-entry.apk")
    with (
        servers(ready) as running,
        ready.system(api, apk, settings=[asked(running)], library=ready.library(built)) as device,
    ):
        met = first(device, running)
        assert met["constructor", SYSTEM] == NOBODY
        assert met["constructor", OWN] == met["attachBaseContext", OWN] == SHUT


def with_manifest_of(app: Path, built: Path, out: Path) -> Path:
    """The built app with the manifest that it had before."""
    data = io.BytesIO(built.read_bytes())
    with (
        zipfile.ZipFile(data) as source,
        zipfile.ZipFile(app) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            name = entry.filename
            target.writestr(name, before.read(name) if name == "AndroidManifest.xml" else source.read(name))
    return out
