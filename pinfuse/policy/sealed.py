"""From trusted things to sealed pins: which kind each one is, and which pins one host has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.errors import PinError, UsageError
from pinfuse.policy.hosts import HostPattern
from pinfuse.policy.model import Fallback, FirstUse, FusionSet, GivenCertificate, KeyHash, Match, Pin
from pinfuse.policy.rules import PinKind, SealedPin

REMEMBERED = {
    None: PinKind.LEAF_KEY,
    Match.PUBLIC_KEY: PinKind.LEAF_KEY,
    Match.CA: PinKind.ANY_KEY,
    Match.CERTIFICATE: PinKind.CERTIFICATE,
}
"""What ``match`` means for a host that is trusted on first use."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sealed pin and the trusted thing it was made from."""

    sealed: SealedPin
    trust: KeyHash | GivenCertificate
    pin: Pin


@dataclass(frozen=True, slots=True)
class HostPins:
    """Everything that was said of one host pattern."""

    host: HostPattern
    sources: tuple[Source, ...]
    """In their order, each sealed pin once."""
    first_use: PinKind | None
    """What is remembered of a host that is trusted on first use; None for one with pins."""
    expires: int | None
    after_expiry: Fallback
    where: str


def seal_trust(trust: KeyHash | GivenCertificate, pin: Pin, *, backup: bool = False) -> SealedPin:
    """The pin that ``trust`` becomes; raises `PinError` where it cannot be what ``match`` asks for."""
    if isinstance(trust, KeyHash):
        if pin.match is Match.CERTIFICATE and not backup:
            raise PinError(
                f'a hash stands for a public key, and match = "certificate" for {pin.host} wants the certificate',
                where=pin.where,
                todo='name the certificate\'s file, or use match = "public-key"',
            )
        return SealedPin(PinKind.ANY_KEY, trust.sha256)
    certificate = trust.certificate
    if pin.match is Match.CERTIFICATE:
        return SealedPin(PinKind.CERTIFICATE, certificate.sha256)
    if pin.match is Match.CA and not certificate.is_ca:
        raise PinError(
            f'match = "ca", and {trust.origin or certificate.subject} holds no CA certificate',
            where=pin.where,
            todo="give the authority's certificate, or leave match out to pin the server's own key",
        )
    kind = PinKind.ANY_KEY if certificate.is_ca else PinKind.LEAF_KEY
    return SealedPin(kind, certificate.spki_sha256)


def sources_of(pin: Pin) -> Iterator[Source]:
    """Trust, then backups, as sealed pins."""
    for trust in pin.trust:
        if not isinstance(trust, FirstUse):
            yield Source(seal_trust(trust, pin), trust, pin)
    for trust in pin.backup:
        if isinstance(trust, FirstUse):
            raise PinError("first-use is no backup", where=pin.where, todo="write the hash of the next key")
        yield Source(seal_trust(trust, pin, backup=True), trust, pin)


def by_host(fusion_set: FusionSet) -> tuple[HostPins, ...]:
    """The pins of a set, one entry for each host pattern, in the order of their first mention.

    Raises `PinError` for a pin that cannot be sealed, `UsageError` for two pins of one host that contradict.
    """
    grouped: dict[HostPattern, list[Pin]] = {}
    for pin in fusion_set.pins:
        grouped.setdefault(pin.host, []).append(pin)
    return tuple(_merge(host, pins) for host, pins in grouped.items())


def _merge(host: HostPattern, pins: list[Pin]) -> HostPins:
    sources: dict[SealedPin, Source] = {}
    for pin in pins:
        for source in sources_of(pin):
            sources.setdefault(source.sealed, source)
    kinds = {REMEMBERED[pin.match] for pin in pins if any(isinstance(trust, FirstUse) for trust in pin.trust)}
    if len(kinds) > 1:
        raise UsageError(
            f"{host} stands in the set twice, with different match", where=_where(pins), todo="give both the same"
        )
    first_use = kinds.pop() if kinds else None
    if first_use is not None and sources:
        raise UsageError(
            f"{host} is pinned and trusted at first use", where=_where(pins), todo="choose one: pins are better"
        )
    ends = {(pin.expires, pin.after_expiry) for pin in pins if pin.expires is not None}
    if len(ends) > 1:
        raise UsageError(
            f"{host} stands in the set twice, with different expiry", where=_where(pins), todo="give both the same"
        )
    expires, after = ends.pop() if ends else (None, Fallback.SYSTEM)
    return HostPins(host, tuple(sources.values()), first_use, expires, after, _where(pins))


def _where(pins: list[Pin]) -> str:
    return ", ".join(dict.fromkeys(pin.where for pin in pins if pin.where))
