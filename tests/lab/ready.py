"""The lab's own app after ``pinfuse build``, for any target and minimum SDK, and processes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from examples.demo.run import World
from tests.conftest import build_options, pinfuse
from tests.lab import harness
from tests.lab.device import FACTORY, NONE, Device, Program, host_library, to_classes
from tests.lab.place import Place
from tests.lab.servers import counting_server
from tests.lab.started import Started, authorities

MAIN, WORK = ("zqk.P", "harness.StartProvider"), ("zqk.P1", "harness.WorkProvider")
SEEN_BY_NOBODY = {"SSLSocket to an address, not a name", "SSLEngine as the server, client certificate"}
"""Clients that are holes everywhere (``docs/coverage.md``)."""
NEEDS_36 = "X509Util of Chromium, 5 arguments"


@dataclass(frozen=True)
class Ready:
    """The finished app before any build, and folders to work in."""

    folder: Path
    world: World
    place: Place

    def app(self, kind: str = "quiet", target: int = harness.TARGET_SDK, minimum: int = harness.MIN_SDK) -> Path:
        """The app as it was."""
        assets = {"assets/extra.dex": (self.folder / f"{kind}.dex").read_bytes()}
        return harness.build_harness("plain", [], self.folder, target_sdk=target, min_sdk=minimum, assets=assets).apk

    def build(
        self, kind: str = "quiet", target: int = harness.TARGET_SDK, minimum: int = harness.MIN_SDK
    ) -> tuple[Path, dict[str, object]]:
        """The app after ``pinfuse build``, and what the build said; made once."""
        apk = self.folder / f"built-{kind}-{target}-{minimum}.apk"
        said = apk.with_suffix(".json")
        if not said.exists():
            done = pinfuse("build", self.app(kind, target, minimum), *build_options(self.world), "-o", apk, "--json")
            assert done.exit_code == 0, done.stderr
            said.write_text(done.stdout)
        found: dict[str, object] = json.loads(said.read_text())
        return apk, found

    def classes(self, apk: Path) -> Path:
        """Its DEX files as classes, made once for the same bytes."""
        with zipfile.ZipFile(apk) as archive:
            names = [name for name in ("classes.dex", "classes2.dex") if name in archive.namelist()]
            code = b"".join(archive.read(name) for name in names)
        out = self.folder / hashlib.sha256(code).hexdigest()[:16]
        return out / "classes" if out.exists() else to_classes([(apk, names)], out)

    def library(self, apk: Path) -> Path:
        """Its stub for this machine, made once for the same well."""
        out = apk.with_suffix(".lib")
        return out if out.exists() else host_library(apk, out)

    @property
    def pins(self) -> tuple[str, ...]:
        """Settings of the app's own pinners."""
        wanted = {"lab.pin": pin(self.place.good[0]), "lab.pin.outdated": pin(self.place.other[0])}
        return (*self.place.settings, *(f"-D{name}={value}" for name, value in wanted.items()))

    def start(
        self,
        apk: Path,
        providers: Sequence[str] = MAIN,
        factory: str = FACTORY,
        settings: Sequence[str] = (),
        library: Path | None = None,
    ) -> Device:
        """One process of it, on stand-ins for Android's classes; ``library`` where it has none of its own."""
        return Device(
            self.classes(apk),
            library or self.library(apk),
            apk,
            self.place.certificate,
            self.place.trust,
            package=harness.PACKAGE,
            application=harness.APPLICATION,
            factory=factory,
            provider=",".join(providers) or NONE,
            settings=(f"-Dlab.clients={harness.CLIENTS}", f"-Dlab.files={self.folder}", *self.pins, *settings),
        )

    def system(
        self, level: int, apk: Path, process: str = "", settings: Sequence[str] = (), library: Path | None = None
    ) -> Started:
        """One process of it, started by Android's own classes of that API level."""
        root = self.folder / "root"
        if not root.exists():
            authorities(sorted(self.place.trust.parent.glob("*-root.pem")), root)
        return Started(
            level,
            self.classes(apk),
            library or self.library(apk),
            apk,
            self.place.certificate,
            root,
            self.folder / "data",
            clients=harness.CLIENTS,
            process=process,
            settings=(*self.pins, *settings),
        )

    def meet(self, device: Program, server: str, leave_out: Sequence[str] = ()) -> dict[str, tuple[str, int]]:
        """What each client met at that server, and the bytes of requests that it got."""
        found = {}
        for number, (client, _) in enumerate(device.names()):
            if client in leave_out:
                continue
            with counting_server(*self.place.servers[server]) as running:
                met, _ = device.meet(number, "localhost", running.port)
            found[client] = met, running.request_bytes
        return found


def pin(chain: Path) -> str:
    """SHA-256 of the first certificate's key, Base64."""
    key = x509.load_pem_x509_certificates(chain.read_bytes())[0].public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def check_pinned(met: dict[str, tuple[str, int]]) -> None:
    """The pinned server serves everybody but the pinner that pins another one."""
    assert met.pop("own pinner, outdated") == ("refused: own-pinner", 0)
    assert [one for one in met.items() if not one[1][0].startswith("served: ")] == []


def check_other(met: dict[str, tuple[str, int]]) -> None:
    """Another server is refused for the pin, before any pinner of the app's own is heard, and gets no request."""
    for client in SEEN_BY_NOBODY & met.keys():
        del met[client]
    assert [one for one in met.items() if one[1] != ("refused: pin", 0)] == []
