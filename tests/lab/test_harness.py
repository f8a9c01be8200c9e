"""An app with everything that could get in the shim's way still starts and talks, at every target SDK."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from examples.demo.run import World
from tests.conftest import build_options, pinfuse
from tests.lab import harness
from tests.lab.device import FACTORY, NONE, Device, host_library, to_classes
from tests.lab.place import OTHER, PINNED, Place
from tests.lab.servers import counting_server

TARGETS = (21, 24, 28, 30, 34, 36)
MAIN, WORK = ("zqk.P", "harness.StartProvider"), ("zqk.P1", "harness.WorkProvider")
SEEN_BY_NOBODY = {"SSLSocket to an address, not a name", "SSLEngine as the server, client certificate"}
"""Clients that are holes everywhere (``docs/coverage.md``)."""


@dataclass(frozen=True)
class Ready:
    """The finished app before any build, and folders to work in."""

    folder: Path
    world: World
    place: Place

    def build(self, kind: str, target: int) -> tuple[Path, dict[str, object]]:
        """The app with that plugin and target SDK after ``pinfuse build``, and what the build said."""
        assets = {"assets/extra.dex": (self.folder / f"{kind}.dex").read_bytes()}
        app = harness.build_harness("plain", [], self.folder, target_sdk=target, assets=assets)
        apk = self.folder / f"built-{kind}-{target}.apk"
        done = pinfuse("build", app.apk, *build_options(self.world), "-o", apk, "--json")
        assert done.exit_code == 0, done.stderr
        return apk, json.loads(done.stdout)

    def classes(self, apk: Path) -> Path:
        """Its DEX files as classes, made once for the same bytes."""
        with zipfile.ZipFile(apk) as archive:
            code = b"".join(archive.read(name) for name in ("classes.dex", "classes2.dex"))
        out = self.folder / hashlib.sha256(code).hexdigest()[:16]
        return out / "classes" if out.exists() else to_classes([(apk, ("classes.dex", "classes2.dex"))], out)

    def library(self, apk: Path) -> Path:
        """Its stub for this machine, made once."""
        out = apk.with_suffix(".lib")
        return out if out.exists() else host_library(apk, out)

    def start(self, apk: Path, providers: tuple[str, ...] = MAIN, factory: str = FACTORY) -> Device:
        """One process of it."""
        pins = {"lab.pin": pin(self.place.good[0]), "lab.pin.outdated": pin(self.place.other[0])}
        return Device(
            self.classes(apk),
            self.library(apk),
            apk,
            self.place.certificate,
            self.place.trust,
            package=harness.PACKAGE,
            application=harness.APPLICATION,
            factory=factory,
            provider=",".join(providers) or NONE,
            settings=(
                f"-Dlab.clients={harness.CLIENTS}",
                f"-Dlab.files={self.folder}",
                *self.place.settings,
                *(f"-D{name}={value}" for name, value in pins.items()),
            ),
        )

    def meet(self, device: Device, server: str) -> dict[str, tuple[str, int]]:
        """What each client met at that server, and the bytes of requests that it got."""
        found = {}
        for number, (client, _) in enumerate(device.names()):
            with counting_server(*self.place.servers[server]) as running:
                met, _ = device.meet(number, "localhost", running.port)
            found[client] = met, running.request_bytes
        return found


def pin(chain: Path) -> str:
    """SHA-256 of the first certificate's key, Base64."""
    key = x509.load_pem_x509_certificates(chain.read_bytes())[0].public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


@pytest.fixture(scope="module")
def ready(world: World, place: Place, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    folder = tmp_path_factory.mktemp("harness")
    harness.build_harness("plain", [], folder)
    for kind in ("quiet", "naming"):
        harness.plugin(kind, folder, folder)
    return Ready(folder, world, place)


def check_pinned(met: dict[str, tuple[str, int]]) -> None:
    """The pinned server serves everybody but the pinner that pins another one."""
    assert met.pop("own pinner, outdated") == ("refused: own-pinner", 0)
    assert [one for one in met.items() if not one[1][0].startswith("served: ")] == []


def check_other(met: dict[str, tuple[str, int]]) -> None:
    """Another server is refused for the pin, before any pinner of the app's own is heard, and gets no request."""
    for client in SEEN_BY_NOBODY:
        del met[client]
    assert [one for one in met.items() if one[1] != ("refused: pin", 0)] == []


@pytest.mark.parametrize("target", TARGETS)
def test_the_app_starts_and_talks(ready: Ready, target: int) -> None:
    apk, _ = ready.build("quiet", target)
    with ready.start(apk) as device:
        assert device.first_provider == "ZQK"
        assert [text for what, text in device.said if what == "log"] == [
            "factory: application harness.HarnessApplication",
            "attachBaseContext",
            "factory: provider zqk.P",
            "factory: provider harness.StartProvider",
            "StartProvider.onCreate",
            "onCreate",
        ]
        check_pinned(ready.meet(device, PINNED))
        check_other(ready.meet(device, OTHER))


def test_the_second_process_too(ready: Ready) -> None:
    apk, _ = ready.build("quiet", harness.TARGET_SDK)
    with ready.start(apk, WORK) as device:
        device.tell("service harness.WorkService")
        logged = [text for what, text in device.said if what == "log"]
        assert logged[2:5] == [
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
    apk, said = ready.build("naming", harness.TARGET_SDK)
    assert "assets/extra.dex" in json.dumps(said)
    with ready.start(apk) as device:
        check_pinned(ready.meet(device, PINNED))
        met = ready.meet(device, OTHER)
    for client in ("SSLContext, named provider, trust-all", "SSLContext, subclass of the app"):
        assert met.pop(client)[1] > 0, "a hole without the facade, and coverage says so"
    check_other(met)


def test_the_control_without_the_shim(ready: Ready) -> None:
    """The app as it was: the other server is served, by all but the app's own pinner."""
    assets = {"assets/extra.dex": (ready.folder / "quiet.dex").read_bytes()}
    app = harness.build_harness("plain", [], ready.folder, assets=assets)
    apk, _ = ready.build("quiet", harness.TARGET_SDK)
    bare = to_classes([(app.apk, app.dex)], ready.folder / "bare")
    with Device(
        bare,
        ready.library(apk),
        app.apk,
        ready.place.certificate,
        ready.place.trust,
        package=harness.PACKAGE,
        application=harness.APPLICATION,
        factory=harness.FACTORY,
        provider=",".join(harness.PROVIDERS),
        settings=(
            f"-Dlab.clients={harness.CLIENTS}",
            f"-Dlab.files={ready.folder}",
            f"-Dlab.pin={pin(ready.place.good[0])}",
            f"-Dlab.pin.outdated={pin(ready.place.other[0])}",
            *ready.place.settings,
        ),
    ) as device:
        met = ready.meet(device, OTHER)
    assert met.pop("own pinner") == ("refused: own-pinner", 0)
    lacking = {client for client in met if client.startswith("X509Util")}  # the JDK's trust manager has no such method
    assert {client for client, (said, _) in met.items() if not said.startswith("served: ")} == lacking
