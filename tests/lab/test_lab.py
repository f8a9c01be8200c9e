"""The shim out of a built app, on a JVM, against real TLS servers: what is pinned works, what is not is refused.

Evidence ``lab``: the classes come out of the APK that ``pinfuse build`` wrote, the stub is the same C compiled for this
machine with the sealed well of that APK, the TLS is the JDK's.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from examples.demo.run import APP
from pinfuse.vault import Binding, SystemRandom, seal
from tests.generated import sets
from tests.hoststub import HostStub
from tests.lab.device import NONE, PACKAGE, Device, library_with, to_classes
from tests.lab.visits import EVERY_CLIENT, Lab, refused, served, visit


@pytest.fixture(scope="module")
def device(lab: Lab) -> Iterator[Device]:
    with lab.start() as device:
        yield device


def test_the_pinned_server_works_for_every_client(device: Device, lab: Lab) -> None:
    results, request_bytes = visit(device, lab.good)
    assert served(results) == EVERY_CLIENT, results
    assert request_bytes > 0


@pytest.mark.parametrize("attack", ["other", "appended"])
def test_another_trusted_authority_is_refused_before_a_request_byte(device: Device, lab: Lab, attack: str) -> None:
    """``appended``: the pinned certificate, which is public, sent along behind a chain of another authority."""
    results, request_bytes = visit(device, getattr(lab, attack))
    assert refused(results, "pin") == EVERY_CLIENT, results
    assert request_bytes == 0


def test_the_apps_own_factory_and_application_still_run(device: Device) -> None:
    logged = [text for what, text in device.said if what == "log"]
    assert logged[:3] == [
        "AppComponentFactory.instantiateApplication org.example.pinfuse.demo.DemoApplication",
        "Application.attachBaseContext",
        "Application.onCreate",
    ]
    assert device.first_provider == "ZQK"


def test_without_the_shim_the_other_server_is_served(lab: Lab, tmp_path: Path) -> None:
    """The control: the app as it was before talks to both servers."""
    classes = to_classes([(APP, ("classes.dex",))], tmp_path)
    with lab.start(classes=classes, factory=NONE, provider=NONE) as device:
        results, request_bytes = visit(device, lab.other)
    assert served(results) == EVERY_CLIENT
    assert request_bytes > 0


def test_layer_a1_holds_alone(lab: Lab) -> None:
    """No entry point runs: the first facade that is touched installs the rest; what comes before it is not covered."""
    with lab.start(factory=NONE, provider=NONE) as device:
        assert device.first_provider != "ZQK"
        visit(device, lab.good)
        results, request_bytes = visit(device, lab.other)
    assert refused(results, "pin") == EVERY_CLIENT
    assert request_bytes == 0


def test_layer_a2_holds_alone(lab: Lab, tmp_path: Path) -> None:
    """The app's code as it was, with the shim beside it, as when a facade is left out.

    The explicit provider is asked for the default trust managers, which come by way of our provider; with a trust
    manager of the app's own it would be out of reach, and coverage says so.
    """
    classes = to_classes([(APP, ("classes.dex",)), (lab.apk, ("classes2.dex",))], tmp_path)
    with lab.start(classes=classes) as device:
        results, request_bytes = visit(device, lab.other)
    assert refused(results, "pin") == EVERY_CLIENT
    assert request_bytes == 0


@pytest.mark.parametrize("entry", [{"factory": NONE}, {"provider": NONE}], ids=["provider", "factory"])
def test_either_entry_point_is_enough(lab: Lab, entry: dict[str, str]) -> None:
    with lab.start(**entry) as device:
        assert device.first_provider == "ZQK"
        results, request_bytes = visit(device, lab.other)
    assert refused(results, "pin") == EVERY_CLIENT
    assert request_bytes == 0


def test_api_21_to_23_without_the_extended_trust_manager(lab: Lab) -> None:
    with lab.start(settings=("-Dlab.api=22",), factory=NONE) as device:
        assert served(visit(device, lab.good)[0]) == EVERY_CLIENT
        results, request_bytes = visit(device, lab.other)
    assert refused(results, "pin") == EVERY_CLIENT, results
    assert request_bytes == 0


def _no_library(lab: Lab, folder: Path) -> dict[str, object]:
    return {"library": folder}


def _other_signer(lab: Lab, folder: Path) -> dict[str, object]:
    certificate = folder / "other.der"
    certificate.write_bytes(x509.load_pem_x509_certificate(lab.other[0].read_bytes()).public_bytes(Encoding.DER))
    return {"certificate": certificate}


def _altered_vault(lab: Lab, folder: Path) -> dict[str, object]:
    library = folder / "lib"
    library.mkdir()
    data = bytearray((lab.library / "libzqk.so").read_bytes())
    well = (lab.library / "well.c").read_text().split("{", 1)[1].split("}")[0]
    start = data.find(bytes(int(number) for number in well.split(",")[:64]))
    data[start + 7000] ^= 1
    (library / "libzqk.so").write_bytes(data)
    return {"library": library}


@pytest.mark.parametrize("damage", [_no_library, _other_signer, _altered_vault], ids=lambda one: one.__name__[1:])
def test_a_stub_that_cannot_answer_refuses_every_session(
    lab: Lab, tmp_path: Path, damage: Callable[[Lab, Path], dict[str, object]]
) -> None:
    with lab.start(**damage(lab, tmp_path)) as device:
        for identity in (lab.good, lab.other):
            results, request_bytes = visit(device, identity)
            assert refused(results, "vault") == EVERY_CLIENT, results
            assert request_bytes == 0


def test_the_first_place_is_taken_back_from_another_provider(lab: Lab) -> None:
    with lab.start() as device:
        assert device.tell("intrude") == "Intruder"
        results, request_bytes = visit(device, lab.other)
        assert refused(results, "pin") == EVERY_CLIENT
        assert request_bytes == 0
        assert device.tell("intrude") == "Intruder"
        assert device.tell("resume") == "ZQK"


def test_an_isolated_process_is_left_alone(lab: Lab) -> None:
    with lab.start(settings=("-Dlab.isolated=true",)) as device:
        assert device.first_provider != "ZQK"
        assert served(visit(device, lab.other)[0]) == EVERY_CLIENT


def test_one_dialog_for_a_host_whatever_the_clients_try(lab: Lab) -> None:
    with lab.start() as device:
        visit(device, lab.other)
        assert device.dialogs() == []
        device.tell("resume")
        visit(device, lab.other)
        deadline = time.monotonic() + 5
        while not device.dialogs() and time.monotonic() < deadline:
            device.tell("resume")
        text = "Lab did not connect to localhost, because the server could not prove that it is the right one."
        assert device.dialogs() == [f"Connection blocked | {text} | OK"]


@pytest.mark.parametrize("number", range(3))
def test_the_natives_answer_through_real_jni_as_the_core_does(lab: Lab, tmp_path: Path, number: int) -> None:
    """Generated questions of one rule set: the same verdict, reason, certificate and pin by way of HotSpot's JNI."""
    rules, questions = next(itertools.islice(sets(11), number, None))
    well = seal(rules, Binding(PACKAGE, (), any_signer=True), b"q" * 32, SystemRandom())
    core = HostStub(well)
    assert core.open(PACKAGE, [])
    lines = []
    for one in questions:
        host = "-" if one.host is None else base64.b64encode(one.host.encode()).decode()
        lines.append(" ".join((host, str(one.now), str(one.flags), *(base64.b64encode(d).decode() for d in one.chain))))
    (tmp_path / "questions").write_text("\n".join(lines) + "\n")
    with lab.start(library=library_with(well, tmp_path / "lib")) as device:
        device.tell(f"ask {tmp_path / 'questions'}")
        said = [tuple(map(int, text.split())) for what, text in device.said if what == "verdict"]
    mine = [core.check(one.chain, one.host, one.now, one.flags) for one in questions]
    assert said == [(row[0], *row) for row in mine]
