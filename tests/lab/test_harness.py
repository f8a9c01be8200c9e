"""An app with everything that could get in the shim's way still starts and talks, at every target SDK.

Stand-ins play Android here, for systems that nobody has the classes of too; ``test_started.py`` has Android's own.
"""

from __future__ import annotations

import json

import pytest

from tests.lab import harness
from tests.lab.device import FACTORY, NONE
from tests.lab.place import OTHER, PINNED
from tests.lab.ready import NEEDS_36, WORK, Ready, check_other, check_pinned

SYSTEMS = (
    # targetSdk, minSdk, the system's own API level
    (21, 21, 21), (22, 21, 22), (23, 21, 23), (24, 21, 24), (25, 24, 25), (26, 21, 26), (27, 24, 27), (28, 21, 28),
    (29, 21, 29), (30, 24, 30), (31, 24, 31), (32, 28, 32), (33, 21, 33), (34, 24, 34), (35, 21, 35), (36, 28, 36),
    (21, 21, 36), (36, 21, 21), (36, 24, 27),
)  # fmt: skip
"""Every target SDK on its own system, then old apps on new systems and new apps on old ones."""
FIRST_WITH_FACTORY, FIRST_WITH_EXTENDED = 28, 24


@pytest.mark.parametrize(("target", "minimum", "api"), SYSTEMS)
def test_the_app_starts_and_talks(ready: Ready, target: int, minimum: int, api: int) -> None:
    apk, _ = ready.build("quiet", target, minimum)
    told = api >= FIRST_WITH_FACTORY
    left_out = () if api >= FIRST_WITH_EXTENDED else (NEEDS_36,)
    with ready.start(apk, factory=FACTORY if told else NONE, settings=(f"-Dlab.api={api}",)) as device:
        assert device.first_provider == "ZQK"
        steps = [
            "factory: first is ZQK",
            "factory: application harness.HarnessApplication",
            "attachBaseContext",
            "factory: provider zqk.P",
            "factory: provider harness.StartProvider",
            "StartProvider.onCreate",
            "onCreate",
        ]
        assert device.logged() == [step for step in steps if told or not step.startswith("factory: ")]
        check_pinned(ready.meet(device, PINNED, left_out))
        check_other(ready.meet(device, OTHER, left_out))


def test_the_second_process_too(ready: Ready) -> None:
    apk, _ = ready.build()
    with ready.start(apk, WORK) as device:
        device.tell("service harness.WorkService")
        logged = device.logged()
        assert logged[3:6] == [
            "factory: provider zqk.P1",
            "factory: provider harness.WorkProvider",
            "WorkProvider.onCreate",
        ]
        assert logged[-1] == "factory: service harness.WorkService"
        check_pinned(ready.meet(device, PINNED))
        check_other(ready.meet(device, OTHER))


def test_code_that_arrives_later_and_names_the_class_leaves_the_facade_out_and_is_refused_all_the_same(
    ready: Ready,
) -> None:
    apk, said = ready.build("naming")
    assert "assets/extra.dex" in json.dumps(said)
    with ready.start(apk) as device:
        check_pinned(ready.meet(device, PINNED))
        met = ready.meet(device, OTHER)
    for client in ("SSLContext, named provider, trust-all", "SSLContext, subclass of the app"):
        assert met.pop(client)[1] > 0, "a hole without the facade, and coverage says so"
    check_other(met)


def test_the_control_without_the_shim(ready: Ready) -> None:
    """The app as it was: the other server is served, by all but the app's own pinner."""
    built, _ = ready.build()
    library = ready.library(built)
    with ready.start(ready.app(), harness.PROVIDERS, harness.FACTORY, library=library) as device:
        met = ready.meet(device, OTHER)
    assert met.pop("own pinner") == ("refused: own-pinner", 0)
    lacking = {client for client in met if client.startswith("X509Util")}  # the JDK's trust manager has no such method
    assert {client for client, (said, _) in met.items() if not said.startswith("served: ")} == lacking
