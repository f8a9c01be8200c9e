"""The lab's table: every client of the lab's own app in every situation at every server.

``python -m tests.lab.table`` writes it anew; `test_table` compares it, row for row.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.demo.run import World, make_world
from tests.conftest import build_options, pinfuse
from tests.lab import harness
from tests.lab.device import FACTORY, NONE, PROVIDER, Device, host_library, to_classes
from tests.lab.libraries import VARIANTS, Library, conscrypt, libraries, platform_conscrypt
from tests.lab.place import CALLER, Place, make_place
from tests.lab.servers import counting_server

EVIDENCE = Path(__file__).resolve().parents[2] / "pinfuse" / "coverage" / "evidence" / "lab.json"
COLUMNS = ("client", "version", "situation", "server", "outcome", "layer", "bytes", "how")
JDK = "JDK 17"
HOST = "localhost"
DEX = "dex"
SENT, NOTHING = ">0", "0"

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """How an app is started, and what happens before its clients speak."""

    name: str
    conscrypt: bool = False
    """Conscrypt is the platform's TLS, as on Android; the JDK's otherwise."""
    factory: str = FACTORY
    providers: tuple[str, ...] = (PROVIDER, *harness.PROVIDERS)
    facades: bool = True
    settings: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


SERVER = "SSLEngine as the server, client certificate"
KTOR = "Ktor, CIO engine, trust-all"
ADDRESS = "SSLSocket to an address, not a name"
BARE, BARE_CONSCRYPT = "facades left out", "facades left out, Conscrypt is the platform's"
LATER = "a provider with trust managers comes later"
GREETED = frozenset(("android-mail", "jakarta.mail", "commons-net"))
"""Libraries that wait for the server's first words."""
EARLY = ("-Dlab.touched=true", "-Dlab.early=true")
SITUATIONS = (
    Situation("as built"),
    Situation("as built, Conscrypt is the platform's", conscrypt=True),
    Situation("no entry point runs", factory=harness.FACTORY, providers=harness.PROVIDERS),
    Situation(BARE, facades=False),
    Situation(BARE_CONSCRYPT, conscrypt=True, facades=False),
    Situation("clients and defaults made before the install", factory=harness.FACTORY, settings=EARLY),
    Situation("Play services' provider comes later", conscrypt=True, commands=("play services",)),
    Situation(LATER, conscrypt=True, commands=("play services, own trust managers",)),
)


@dataclass(frozen=True)
class Built:
    """One variant of the app after ``pinfuse build``, as classes: as it is, and with its facades left out."""

    libraries: Sequence[Library]
    apk: Path
    jars: tuple[Path, ...]
    classes: Path
    bare: Path
    library: Path
    folder: Path

    def start(self, place: Place, situation: Situation, *settings: str) -> Device:
        """The app on a device, in that situation."""
        more = [f"-Dlab.clients={harness.CLIENTS}", f"-Dlab.files={self.folder}", *place.settings, *settings]
        more.append("--add-opens=java.base/javax.net.ssl=ALL-UNNAMED")  # AndroidAsync reads fields of SSLEngine
        if situation.conscrypt:
            more += platform_conscrypt()
        return Device(
            self.classes if situation.facades else self.bare,
            self.library,
            self.apk,
            place.certificate,
            place.trust,
            beside=self.jars,
            package=harness.PACKAGE,
            application=harness.APPLICATION,
            factory=situation.factory,
            provider=",".join(situation.providers) or NONE,
            settings=(*more, *situation.settings),
        )


def build(variant: str, world: World, folder: Path) -> Built:
    """Make the app with these libraries and put it through ``pinfuse build``; raises `ArtifactError`."""
    found = libraries(variant)
    app = harness.build_harness(variant, found, folder)
    apk = folder / "built.apk"
    done = pinfuse("build", app.apk, *build_options(world), "-o", apk)
    assert done.exit_code == 0, done.stderr
    shim = f"classes{len(app.dex) + 1}.dex"
    classes = to_classes([(apk, (*app.dex, shim))], folder / "built", app.jars)
    bare = to_classes([(app.apk, app.dex), (apk, (shim,))], folder / "bare", app.jars)
    return Built(found, apk, app.jars, classes, bare, host_library(apk, folder / "lib"), folder)


def rows(variant: str, world: World, place: Place, folder: Path) -> list[Row]:
    """The rows of one variant; the platform's own clients speak in the first one only."""
    built = build(variant, world, folder)
    more = () if variant == VARIANTS[0] else ("-Dlab.libraries=true",)
    return [row for situation in SITUATIONS for row in _situation(built, place, situation, more)]


def _situation(built: Built, place: Place, situation: Situation, settings: tuple[str, ...]) -> list[Row]:
    versions = {one.name: one.version for one in built.libraries}
    platform = f"Conscrypt {conscrypt().version}" if situation.conscrypt else JDK
    found: list[Row] = []
    with built.start(place, situation, "-Dlab.layers=true", *settings) as device:
        names = device.names()
        for command in situation.commands:
            device.tell(command)
        for number, (client, artifact) in enumerate(names):
            version = versions[artifact] if artifact else platform
            for server, identity in place.servers.items():
                with counting_server(*identity, artifact in GREETED) as running:
                    met, layer = device.meet(number, HOST, running.port)
                sent = SENT if running.request_bytes else NOTHING
                if met.startswith("failed: "):
                    print(f"{client} | {situation.name} | {server} | {met}", file=sys.stderr)
                outcome = met if met.startswith("refused: ") else met.split(":")[0]
                if client == SERVER:
                    server, sent = CALLER, NOTHING
                found.append((client, version, situation.name, server, outcome, layer, sent, DEX))
                if client == SERVER:
                    break
    return found


NAMED_PROVIDER = frozenset({
    "Bouncy Castle JSSE",
    "Bouncy Castle JSSE, SSLEngine",
    "Bouncy Castle JSSE, trust-all",
    "Conscrypt of the app, SSLEngine",
    "Conscrypt of the app, named provider",
    "Conscrypt of the app, trust-all",
    "OkHttp 3 on Conscrypt of the app",
    "SSLContext, named provider, trust-all",
    "SSLContext, subclass of the app",
})  # fmt: skip
"""Clients that ask a provider by name for a context, and bring trust managers that did not come from the system."""


def expected_holes() -> set[tuple[str, str]]:
    """Every hole that has its row in ``docs/coverage.md``: client and situation."""
    found = {(client, one.name) for client in (KTOR, ADDRESS) for one in SITUATIONS}
    found |= {(client, situation) for client in NAMED_PROVIDER for situation in (BARE, BARE_CONSCRYPT)}
    found.add(("gRPC, Netty transport, trust-all", BARE))  # on the other platform it finds no ALPN
    return found | {("HttpsURLConnection", LATER), ("SSLSocketFactory.getDefault", LATER)}


def holes(found: Sequence[Row]) -> set[tuple[str, str]]:
    """Client and situation where bytes of a request reached a server that is not pinned."""
    return {(row[0], row[2]) for row in found if row[6] != NOTHING and row[3] != "pinned"}


def written(found: Sequence[Row]) -> str:
    """The evidence file: sorted, a row a line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in sorted(found))
    return f'{{"columns": {json.dumps(COLUMNS)}, "rows": [\n{lines}\n]}}\n'


def read() -> list[Row]:
    """The rows of the committed file."""
    return [tuple(row) for row in json.loads(EVIDENCE.read_text())["rows"]]


def main() -> None:
    """Make every variant, and write the file."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="pinfuse-table-") as name:
        folder = Path(name)
        world = make_world(folder / "world")
        (folder / "place").mkdir()
        place = make_place(world, folder / "place")
        for variant in sys.argv[1:] or VARIANTS:
            found += rows(variant, world, place, folder / variant)
    EVIDENCE.parent.mkdir(parents=True, exist_ok=True)
    EVIDENCE.write_text(written(found))


if __name__ == "__main__":
    main()
