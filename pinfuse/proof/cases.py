"""The cases of one proof: what must be accepted, and what must be refused with which reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pinfuse.policy.rules import HostMatch, HostRule, Reason, Rules
from pinfuse.proof import faults, forge
from pinfuse.proof.ask import APP_TRUST, VALIDATED, Question
from pinfuse.proof.model import Kind
from pinfuse.vault.selftest import MOMENT, NOT_AFTER, NOT_BEFORE, SelfTest

ODD_HOSTS = {
    "empty": "", "too long": "x" * 255, "too long by one": "x" * 254, "a blank inside": "a b.example",
    "a control character": "a.exam\x7fple", "a bracket alone": "[::1", "a zone alone": "%eth0",
}  # fmt: skip
NOBODY = ".invalid"
"""How hosts end that no server has (RFC 6761): the names of a leaf never select them."""
MOST_BYTES = 65_536
"""Of a chain."""
PROVED_HOSTS = 12
"""Hosts of the set that get refuse cases of their own; the self-test host always has them all."""
DAY = 86_400
FAR = 30 * 365 * DAY


@dataclass(frozen=True, slots=True)
class Case:
    """One question and the answer that is right; ``certificate`` None: any index."""

    name: str
    shows: str
    kind: Kind
    question: Question
    reason: Reason
    certificate: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A host to attack: a name that its rule selects, its rule, a time, and a genuine chain when one is known."""

    host: str
    rule: HostRule | None
    moment: int
    genuine: tuple[bytes, ...] = ()

    @property
    def foreign(self) -> Reason:
        """What a chain is refused with that is right in everything but its keys."""
        return Reason.FIRST_USE if self.rule and self.rule.first_use is not None else Reason.PIN


def selftest_cases(identity: SelfTest, rules: Rules) -> Iterator[Case]:
    """All cases that can be made with the sealed self-test host, whose own chain is known."""
    leaf, root = identity.chain
    accept = Question(identity.chain, identity.host, MOMENT, 0)
    said = _strict(rules)
    yield Case("self-test: its own chain", "the vault opens and a pinned key is let through", Kind.ACCEPT, accept, said)
    first, last = (int(moment.timestamp()) for moment in (NOT_BEFORE, NOT_AFTER))
    for name, moment in (("first", first), ("last", last)):
        question = Question(identity.chain, identity.host, moment)
        yield Case(f"self-test: its {name} second", "dates include their ends", Kind.ACCEPT, question, said)
    for name, moment in (("long before", MOMENT - FAR), ("long after", MOMENT + FAR), ("a second before", first - 1),
                         ("a second after", last + 1)):  # fmt: skip
        question = Question(identity.chain, identity.host, moment)
        yield Case(f"self-test: {name} its dates", "dates are checked", Kind.REFUSE, question, Reason.EXPIRED, 0)
    for name, der in forge.wrong_dates(leaf).items():
        bad = Question((der, root), identity.host, MOMENT)
        yield Case(f"self-test: {name} as date", "a date that is none", Kind.REFUSE, bad, Reason.MALFORMED, 0)
    turned = Question((root, leaf), identity.host, MOMENT)
    yield Case("self-test: chain turned round", "names must link", Kind.REFUSE, turned, Reason.PATH, 1)
    extra = Question((leaf, root, leaf), identity.host, MOMENT)
    yield Case("self-test: leaf appended to itself", "names must link", Kind.REFUSE, extra, Reason.PATH, 2)
    many = Question((leaf, *[root] * 10), identity.host, MOMENT)
    yield Case("self-test: eleven certificates", "limits hold", Kind.REFUSE, many, Reason.MALFORMED, -1)
    for name, size, at in (("64 KiB", MOST_BYTES, 1), ("more than 64 KiB", MOST_BYTES + 1, -1)):
        large = Question((leaf, bytes(size - len(leaf))), identity.host, MOMENT)
        yield Case(f"self-test: a chain of {name}", "limits hold", Kind.REFUSE, large, Reason.MALFORMED, at)
    for name, der in forge.right_dates(leaf).items():
        question = Question((der, root), identity.host, MOMENT)
        yield Case(f"self-test: {name} as its end", "dates are read right", Kind.ACCEPT, question, said)
    for host in (f"{identity.host}%eth0", f"[{identity.host}]", f"{identity.host[0].upper()}{identity.host[1:]}."):
        question = Question(identity.chain, host, MOMENT)
        yield Case(f"self-test: as {host}", "another spelling is the same host", Kind.ACCEPT, question, said)
    if rules.refuse_no_host:
        unknown, shows = Question(identity.chain, None, MOMENT, APP_TRUST), "its key is known to whoever has the app"
        yield Case("self-test: host unknown", shows, Kind.REFUSE, unknown, Reason.HOST, -1)
    none = Question((), identity.host, MOMENT)
    yield Case("self-test: no certificate", "nothing is not let through", Kind.REFUSE, none, Reason.MALFORMED, -1)
    for name, host in ODD_HOSTS.items():
        odd = Question(identity.chain, host, MOMENT)
        yield Case(f"self-test: a host that is {name}", "no host, no session", Kind.REFUSE, odd, Reason.MALFORMED, -1)
    for name, der in forge.damaged(leaf).items():
        bad = Question((der, root), identity.host, MOMENT)
        shows = "malformed DER is refused"
        yield Case(f"self-test: leaf is {name}", shows, Kind.REFUSE, bad, Reason.MALFORMED, 0)
        bad = Question((leaf, der), identity.host, MOMENT)
        yield Case(f"self-test: issuer is {name}", shows, Kind.REFUSE, bad, Reason.MALFORMED, 1)
    for index, whole in enumerate(identity.chain):
        for name, der in forge.wrong_structure(whole):
            chain = tuple(der if number == index else one for number, one in enumerate(identity.chain))
            bad = Question(chain, identity.host, MOMENT)
            shows = "every part of a certificate is read"
            yield Case(f"self-test: {name} in {index}", shows, Kind.REFUSE, bad, Reason.MALFORMED, index)
    yield from attacks(Target(identity.host, None, MOMENT, identity.chain), rules)


def attacks(target: Target, rules: Rules) -> Iterator[Case]:
    """What somebody on the network could present for one pinned host."""
    make = forge.Forger(target.moment)
    ca = make.authority()
    name = forge.subject_of(ca)
    server = make.server(target.host, name)
    for flags, words in ((0, "as presented"), (VALIDATED, "validated"), (VALIDATED | APP_TRUST, "app's own trust")):
        question = Question((server, ca), target.host, target.moment, flags)
        yield _refuse(target, f"another authority, {words}", "a chain that holds but is not pinned", question, rules)
    alone = Question((make.server(target.host, forge.subject_of(server)),), target.host, target.moment)
    yield _refuse(target, "self-signed", "a certificate of the attacker's own", alone, rules)
    spelt = Question((server, ca), target.host.upper() + ("" if ":" in target.host else "."), target.moment)
    yield _refuse(target, "host in capitals with a dot", "another spelling is the same host", spelt, rules)
    if not target.host.endswith(NOBODY):
        unnamed = Question((server, ca), None, target.moment)
        yield _refuse(target, "host unknown", "the leaf's names select the pins", unnamed, rules)
    yield from _wrong_in_itself(target, make, rules)
    if target.genuine:
        appended = Question((server, ca, *target.genuine), target.host, target.moment)
        shows = "a pinned certificate appended to a foreign chain (CVE-2016-2402)"
        yield Case(f"{target.host}: pinned certificate appended", shows, Kind.REFUSE, appended, Reason.PATH, 2)


def _wrong_in_itself(target: Target, make: forge.Forger, rules: Rules) -> Iterator[Case]:
    """Forged chains with a further fault, whose reason comes before ``pin``."""
    for fault in faults.faults(target.host, make, rules, whole=target.rule is None):
        reason = fault.reason or target.foreign
        question = Question(fault.chain, target.host, target.moment)
        shows = f"refused as {reason.word}"
        yield Case(f"{target.host}: {fault.words}", shows, Kind.REFUSE, question, reason, fault.at)


def _refuse(target: Target, words: str, shows: str, question: Question, rules: Rules) -> Case:
    return Case(f"{target.host}: {words}", shows, Kind.REFUSE, question, target.foreign, -1)


def _strict(rules: Rules) -> Reason:
    """What the self-test chain (Ed25519: 256 bits, SHA-512) meets under these rules."""
    return Reason.EC_BITS if rules.min_ec_bits > 256 else Reason.OK


def targets(rules: Rules, now: int, genuine: dict[str, tuple[bytes, ...]]) -> Iterator[Target]:
    """A target for each of the first hosts whose pins still hold."""
    pinned = [rule for rule in rules.hosts if rule.first_use is None]
    for rule in pinned[:PROVED_HOSTS]:
        target = target_of(rule, now)
        if target:
            yield replace(target, genuine=genuine.get(target.host, ()))


def target_of(rule: HostRule, now: int) -> Target | None:
    """A host of this rule at a time at which the rule holds; None when it is over."""
    moment = now
    if rule.expires is not None and now >= rule.expires:
        if not rule.block_when_expired:
            return None
        moment = rule.expires - DAY
    host = f"pinfuse-proof.{rule.name}" if rule.match is HostMatch.ONE_LABEL else rule.name
    return Target(host, rule, moment)


def unlisted_case(rules: Rules, identity: SelfTest) -> Sequence[Case]:
    """A host without a pin is the platform's affair, unless the set blocks it."""
    if rules.check_all or rules.first_use_all:
        return ()
    question = Question(identity.chain, f"x{identity.host}", MOMENT)
    kind = Kind.REFUSE if rules.block_unlisted else Kind.ACCEPT
    return (Case("a host without a pin", "unlisted hosts go as the set says", kind, question, Reason.UNLISTED),)
