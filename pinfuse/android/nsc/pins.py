"""Which pins of a set the network security config can say, and which it cannot.

Of all domains there the exact one, else the longest with subdomains, decides for a host, and any key of the
validated chain may be the pinned one. What would refuse a session that the stub allows is never written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from pinfuse.policy.hosts import HostPattern
from pinfuse.policy.model import Fallback, FusionSet, GivenCertificate, KeyHash, Mode, Pin
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.policy.sealed import HostPins, Source, by_host


@dataclass(frozen=True, slots=True)
class DomainPins:
    """The pins of one ``<domain>``: SHA-256 of public keys, and the day on which they end."""

    name: str
    subdomains: bool
    keys: tuple[bytes, ...]
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be written, and a line for each host that is not."""

    domains: tuple[DomainPins, ...]
    left_out: tuple[str, ...] = ()


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def subdomains(self) -> bool: ...


T = TypeVar("T", bound=_Named)


class Decider(Generic[T]):
    """Which of many domains decides for a host, in time that does not grow with how many there are."""

    def __init__(self, domains: Iterable[T]) -> None:
        self._found: dict[str, list[T]] = {}
        for one in domains:
            self._found.setdefault(one.name, []).append(one)
        self._longest = max(map(len, self._found), default=0)

    def exact(self, name: str) -> T | None:
        """The first of that name."""
        return next(iter(self._found.get(name, ())), None)

    def of(self, host: str) -> T | None:
        """That of the host's own name, else the longest with subdomains."""
        if found := self.exact(host):
            return found
        dot = host.find(".", max(0, len(host) - self._longest - 1))
        while dot >= 0:
            for one in self._found.get(host[dot + 1 :], ()):
                if one.subdomains:
                    return one
            dot = host.find(".", dot + 1)
        return None


def wishes(fusion_set: FusionSet, now: int) -> Wishes:
    """The pins of a set in the system's form; ``now`` is Unix seconds."""
    return _wishes(by_host(fusion_set), fusion_set.mode is Mode.ENFORCE, now)


def sealed_wishes(rules: Rules, now: int) -> Wishes:
    """The same as far as sealed rules tell it: without keys for a host that has a certificate pinned."""
    found = _wishes(tuple(map(_sealed, rules.hosts)), rules.enforce, now)
    certificates = {rule.name for rule in rules.hosts if any(pin.kind is PinKind.CERTIFICATE for pin in rule.pins)}
    domains = (replace(one, keys=()) if one.name in certificates else one for one in found.domains)
    return Wishes(tuple(domains), found.left_out)


def _sealed(rule: HostRule) -> HostPins:
    pin = Pin(HostPattern(rule.match, rule.name), ())
    sources = tuple(Source(one, KeyHash(one.sha256), pin) for one in rule.pins)
    return HostPins(pin.host, sources, rule.first_use, rule.expires, Fallback.SYSTEM, "")


def _wishes(hosts: tuple[HostPins, ...], enforce: bool, now: int) -> Wishes:
    reasons = {host.host: next(_reasons(host, enforce, now), "") for host in hosts}
    _two_forms(hosts, reasons)
    changed = True
    while changed:
        changed = False
        for host in hosts:
            below = [o for o in hosts if o is not host and reasons[o.host] and host.host.holds(o.host)]
            if not reasons[host.host] and below:
                reasons[host.host] = f"{below[0].host} is under it, and cannot be written as it is"
                changed = True
    written = {
        (host.host.name, _pins(host).keys): _pins(host)
        for host in sorted(hosts, key=lambda host: host.host.match is HostMatch.ANY_DEPTH)
        if not reasons[host.host]
    }
    left_out = tuple(
        f"{pattern} is not pinned in the network security config: {why}" for pattern, why in reasons.items() if why
    )
    return Wishes(tuple(written.values()), left_out)


def _reasons(host: HostPins, enforce: bool, now: int) -> Iterator[str]:
    if not enforce:
        yield "the set only reports, and the system would refuse"
    if host.first_use is not None:
        yield "it is trusted on first use"
    if host.host.is_address:
        yield "it is an address"
    if host.host.match is HostMatch.ONE_LABEL:
        yield "the system knows one label more and any number more, but not one alone"
    if host.expires is not None and _last_day(host.expires) <= datetime.fromtimestamp(now, UTC).date():
        yield "its pins are over"


def _two_forms(hosts: tuple[HostPins, ...], reasons: dict[HostPattern, str]) -> None:
    """A name may stand there once: a host and all below it with other pins cannot be said."""
    for one in hosts:
        for other in hosts:
            same = one is not other and one.host.name == other.host.name
            if same and not reasons[one.host] and not reasons[other.host] and _said(one) != _said(other):
                reasons[one.host] = reasons[other.host] = "the set has it in two forms, and the system knows one"


def _said(host: HostPins) -> tuple[tuple[bytes, ...], date | None]:
    pins = _pins(host)
    return pins.keys, pins.until


def _pins(host: HostPins) -> DomainPins:
    keys = {
        one.trust.certificate.spki_sha256 if isinstance(one.trust, GivenCertificate) else one.sealed.sha256
        for one in host.sources
    }
    until = None if host.expires is None else _last_day(host.expires)
    return DomainPins(host.host.name, host.host.match is HostMatch.ANY_DEPTH, tuple(sorted(keys)), until)


def _last_day(expires: int) -> date:
    """The system takes midnight of the phone's own zone: the day before is over everywhere when the stub's pins are."""
    return datetime.fromtimestamp(expires, UTC).date() - timedelta(days=1)
