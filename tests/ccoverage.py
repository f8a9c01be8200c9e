"""Everything that the tests ask of the C core, in one process, so that its lines can be counted."""

from __future__ import annotations

import os

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.vault import Binding, SystemRandom, seal
from pinfuse.x509.contents import read_file
from tests.cases import cases
from tests.chains import NOW, make, rules_for, world
from tests.corpus import corpus_dir
from tests.firstuse import Install, Process
from tests.generated import sets
from tests.hoststub import HostStub

ADDRESSES = (
    "::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::2::3", "12345::", "1.2.3", "1.2.3.4.5", "01.2.3.4", ":1", "1:",
    "1:2:3:4:5:6:7:8:9", "300.1.1.1", "::g", "[::1", "[]", "fe80::1%eth0",
)  # fmt: skip
"""Literals that are right and wrong in each way that the stub tells apart."""
PACKAGE, SIGNER = "org.example.app", b"s" * 32


def opened(rules: Rules) -> HostStub:
    stub = HostStub(seal(rules, Binding(PACKAGE, (SIGNER,)), os.urandom(32), SystemRandom()))
    assert stub.open(PACKAGE, [SIGNER])
    return stub


def memories() -> None:
    """Trust on first use: sets that meet hosts, a memory that is filled, and one that is altered."""
    for rules, questions in sets(7):
        stub, sealed = opened(rules), None
        for number, q in enumerate(questions):
            fresh = bytes([number]) * 32
            _, made = stub.remember(q.chain, q.host, q.now, q.flags, secret=bytes(32), sealed=sealed, fresh=fresh)
            sealed = made or sealed
    wide = HostRule(HostMatch.ONE_LABEL, "example.com", (), first_use=PinKind.LEAF_KEY)
    app, install = Process(Rules((wide,), first_use_limit=512), Install(), abis=[]), Install()
    leaf = make("*.example.com", names=("*.example.com",)).der
    app.install = install
    for number in range(514):
        app.visit([leaf], f"h{number}.example.com")
        app.visit([leaf], None)
    assert install.sealed
    for sealed in (install.sealed[:-1], install.sealed[:9]):
        app.host.remember([leaf], None, NOW, 1, secret=bytes(32), sealed=sealed, fresh=bytes(32))


def main() -> None:
    for case in cases():
        opened(case.rules).check(case.chain, case.host, case.now, case.flags)
    for rules, questions in sets(7):
        stub = opened(rules)
        for q in questions:
            stub.check(q.chain, q.host, q.now, q.flags)
    memories()
    stub = opened(rules_for(world().leaf.pin(PinKind.LEAF_KEY)))
    for der in world().chain:
        for at in range(len(der)):
            for value in (der[at] ^ 1, der[at] ^ 0x80, 0, 0xFF):
                stub.check([der[:at] + bytes([value]) + der[at + 1 :]], "api.example.com", NOW, 1)
    folder = corpus_dir()
    for path in sorted((folder / "certs").rglob("*")) if folder else ():
        if path.is_file():
            for der in read_file(path).certificates:
                stub.check([der], "api.example.com", NOW, 1)
    closed = HostStub(bytes(16384))
    assert not closed.open(PACKAGE, [SIGNER])
    assert not closed.open("x" * 300, [SIGNER])
    closed.check(world().chain, "api.example.com", NOW, 1)
    for host in ADDRESSES:
        stub.check(world().chain, host, NOW, 1)


if __name__ == "__main__":
    main()
