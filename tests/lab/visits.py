"""A built app ready to be started, and what its clients meet at a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.lab.device import Device, Result
from tests.lab.servers import counting_server

EVERY_CLIENT = {
    "HttpsURLConnection",
    "SSLSocketFactory.getDefault",
    "SSLContext, platform trust",
    "SSLContext, explicit provider",
    "SSLContext by reflection",
    "SSLContext, trust-all (a mistake)",
    "SSLEngine",
    "OkHttp",
}


@dataclass(frozen=True)
class Lab:
    """A built app, ready to be started, and three servers' certificates."""

    apk: Path
    classes: Path
    library: Path
    certificate: Path
    trust: Path
    good: tuple[Path, Path]
    other: tuple[Path, Path]
    appended: tuple[Path, Path]

    def start(self, **changes: object) -> Device:
        parts = {"classes": self.classes, "library": self.library, "certificate": self.certificate} | changes
        return Device(apk=self.apk, trust=self.trust, **parts)  # type: ignore[arg-type]


def visit(device: Device, identity: tuple[Path, Path]) -> tuple[list[Result], int]:
    """What every client met, and how many bytes of requests the server got."""
    with counting_server(*identity) as server:
        results = device.visit(server.port)
        assert server.connections >= len(results)
        return results, server.request_bytes


def refused(results: list[Result], reason: str) -> set[str]:
    return {one.client for one in results if one.said.startswith("refused: ") and one.said.endswith(f": {reason}")}


def served(results: list[Result]) -> set[str]:
    return {one.client for one in results if "200" in one.said and not one.said.startswith("refused")}
