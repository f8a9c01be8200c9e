"""Which pins of a set the network security config can say, and which it cannot.

Of all domains there the exact one, else the longest with subdomains, decides for a host, and any key of the
validated chain may be the pinned one. What would refuse a session that the stub allows is never written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pinfuse.policy.hosts import HostPattern
from pinfuse.policy.model import FusionSet, GivenCertificate, Mode
from pinfuse.policy.rules import HostMatch
from pinfuse.policy.sealed import HostPins, by_host


@dataclass(frozen=True, slots=True)
class DomainPins:
    """The pins of one ``<domain>``: SHA-256 of public keys, and the day on which they end."""

    name: str
    subdomains: bool
    keys: tuple[bytes, ...]
    until: date | None = None

    def holds(self, host: str) -> bool:
        """Whether the domain covers a host, as ``ApplicationConfig.getConfigForHostname`` has it."""
        return host == self.name or (self.subdomains and host.endswith("." + self.name))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be written, and a line for each host that is not."""

    domains: tuple[DomainPins, ...]
    left_out: tuple[str, ...] = ()

    def of(self, host: str) -> DomainPins | None:
        """The pins that decide for a host."""
        found = [one for one in self.domains if one.holds(host)]
        return max(found, key=lambda one: (one.name == host, len(one.name)), default=None)


def wishes(fusion_set: FusionSet, now: int) -> Wishes:
    """The pins of a set in the system's form; ``now`` is Unix seconds."""
    hosts = by_host(fusion_set)
    reasons = {host.host: next(_reasons(host, fusion_set, now), "") for host in hosts}
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


def _reasons(host: HostPins, fusion_set: FusionSet, now: int) -> Iterator[str]:
    if fusion_set.mode is not Mode.ENFORCE:
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
