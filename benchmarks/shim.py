"""What the shim costs on a JVM: the start of an app, and a session; with the shim and without, in turn, in one run.

``python benchmarks/shim.py [--rounds N] [--sessions N]`` prints a Markdown table. The app is the lab's own, the server
runs in this process. Times are those of the app's process: entry point, providers and application for the start; from
the call to the first line of the answer for a session. Nothing is asserted by the clock.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from examples.demo.run import make_world  # noqa: E402
from tests.conftest import build_options, pinfuse  # noqa: E402
from tests.lab import harness  # noqa: E402
from tests.lab.device import FACTORY, PROVIDER, Device, host_library, to_classes  # noqa: E402
from tests.lab.place import Place, make_place  # noqa: E402
from tests.lab.servers import counting_server  # noqa: E402

CLIENTS = ("HttpsURLConnection", "SSLContext, no trust managers", "SSLEngine")
ROUNDS, SESSIONS = 5, 60
WARM = 40
NANOSECONDS = 1e6
"""In a millisecond."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An app to start: with the shim, or as it was."""

    classes: Path
    apk: Path
    library: Path
    factory: str
    providers: tuple[str, ...]

    def start(self, place: Place) -> Device:
        """It, started."""
        return Device(
            self.classes, self.library, self.apk, place.certificate, place.trust, package=harness.PACKAGE,
            application=harness.APPLICATION, factory=self.factory, provider=",".join(self.providers),
            settings=(f"-Dlab.clients={harness.CLIENTS}", *place.settings),
        )  # fmt: skip


def took(device: Device, since: int = 0) -> list[float]:
    """The times that the app's process told, in milliseconds."""
    return [int(text) / NANOSECONDS for what, text in device.said[since:] if what == "took"]


def sessions(device: Device, client: str, place: Place, count: int) -> float:
    """The median time of so many sessions of a client, after some to warm up."""
    number = [name for name, _ in device.names()].index(client)
    with counting_server(*place.good) as server:
        device.tell(f"repeat {number} localhost {server.port} {WARM}")
        before = len(device.said)
        device.tell(f"repeat {number} localhost {server.port} {count}")
    return median(took(device, before))


def measure(candidates: dict[str, Candidate], place: Place, rounds: int, count: int) -> dict[str, list[list[float]]]:
    """What is measured → for each round the times of the candidates, in their order."""
    found: dict[str, list[list[float]]] = {name: [] for name in ("start of the app", *CLIENTS)}
    for _ in range(rounds):
        devices = [one.start(place) for one in candidates.values()]
        found["start of the app"].append([took(device)[0] for device in devices])
        for client in CLIENTS:
            found[client].append([sessions(device, client, place, count) for device in devices])
        for device in devices:
            device.__exit__()
    return found


def prepare(folder: Path) -> tuple[dict[str, Candidate], Place]:
    """The app as it was and as ``pinfuse build`` made it."""
    world = make_world(folder / "world")
    (folder / "place").mkdir()
    place = make_place(world, folder / "place")
    app, apk = harness.build_harness("plain", [], folder), folder / "built.apk"
    done = pinfuse("build", app.apk, *build_options(world), "-o", apk)
    assert done.exit_code == 0, done.stderr
    library = host_library(apk, folder / "lib")
    built = to_classes([(apk, ("classes.dex", "classes2.dex"))], folder / "built")
    bare = to_classes([(app.apk, app.dex)], folder / "bare")
    return {
        "without": Candidate(bare, app.apk, library, harness.FACTORY, harness.PROVIDERS),
        "with": Candidate(built, apk, library, FACTORY, (PROVIDER, *harness.PROVIDERS)),
    }, place


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pinfuse-bench-") as name:
        candidates, place = prepare(Path(name))
        found = measure(candidates, place, chosen.rounds, chosen.sessions)
    print(f"| {os.cpu_count()} shared cores, JVM | without the shim | with it | difference | ratio |")
    print("|---|---|---|---|---|")
    for what, pairs in found.items():
        without, shim = (median(pair[index] for pair in pairs) for index in (0, 1))
        ratio, more = median(pair[1] / pair[0] for pair in pairs), median(pair[1] - pair[0] for pair in pairs)
        print(f"| {what} | {without:.2f} ms | {shim:.2f} ms | {more:+.2f} ms | {ratio:.2f} |")


if __name__ == "__main__":
    main()
