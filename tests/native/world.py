"""Servers of these tests: one with the pinned certificates, others that an attacker could run."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules, SealedPin
from tests.lab.servers import CountingServer, counting_server
from tests.pki import DAY, Entity, authority, make_key, server

HOST = "localhost"


def rules(kind: PinKind, *pinned: Entity, host: str = HOST) -> Rules:
    """Pins of one kind for the host."""
    pins = (sha256(one.der if kind is PinKind.CERTIFICATE else one.spki).digest() for one in pinned)
    return Rules((HostRule(HostMatch.EXACT, host, tuple(SealedPin(kind, pin) for pin in pins)),))


@dataclass(frozen=True)
class World:
    """Who is who, and the servers by name."""

    root: Entity
    middle: Entity
    leaf: Entity
    trust: Path
    """Both roots: the system would let every server but the forged one pass."""
    other_trust: Path
    """The root of the others alone."""
    servers: dict[str, CountingServer]
    files: dict[str, tuple[Path, Path]]

    def settle(self, name: str) -> int:
        """Bytes of requests that a server got, once it is done with everybody who came."""
        one = self.servers[name]
        before = one.connections
        socket.create_connection(("127.0.0.1", one.port)).close()
        while one.connections == before:
            time.sleep(0.005)
        return one.request_bytes

    def port(self, name: str) -> int:
        """Where a server listens; what it counts starts anew."""
        self.settle(name)
        self.servers[name].request_bytes = 0
        return self.servers[name].port


@contextmanager
def make_world(folder: Path) -> Iterator[World]:
    """Servers for the host: pinned; another authority's; that one with the pinned certificates appended; one whose
    certificate names the pinned authority and is signed by somebody else. And one for another host."""
    start, end = int(time.time()) - DAY, int(time.time()) + 30 * DAY
    dates = {"start": start, "end": end}
    root = authority("Good Root", **dates)
    middle = authority("Good CA", root, **dates)
    leaf = server(HOST, issuer=middle, **dates)
    evil = authority("Other Root", **dates)
    other = server(HOST, issuer=evil, **dates)
    stranger = server("stranger.example", issuer=evil, **dates)
    forged = server(HOST, issuer=Entity(make_key(number=7), middle.certificate), **dates)
    chains = {
        "good": (leaf, middle),
        "other": (other, evil),
        "appended": (other, evil, leaf, middle, root),
        "forged": (forged, middle, root),
        "stranger": (stranger, evil),
    }
    (folder / "other-trust.pem").write_bytes(evil.pem)
    (folder / "trust.pem").write_bytes(root.pem + evil.pem)
    files = {}
    with ExitStack() as stack:
        servers = {}
        for name, chain in chains.items():
            files[name] = folder / f"{name}.pem", folder / f"{name}.key"
            files[name][0].write_bytes(b"".join(one.pem for one in chain))
            files[name][1].write_bytes(chain[0].key_bytes())
            servers[name] = stack.enter_context(counting_server(*files[name]))
        yield World(root, middle, leaf, folder / "trust.pem", folder / "other-trust.pem", servers, files)
