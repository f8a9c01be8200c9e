"""Layer L0: pins in the Info.plist, which iOS 14 and later check themselves (Apple: ``NSPinnedDomains``).

A domain's list of leaf identities and that of CA identities must both match where both are there, and nothing there
ends with a date: so only hosts whose pins say the same in that form are written, and the others are told.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pinfuse.errors import UnsupportedApp
from pinfuse.policy.model import Fallback, FusionSet, GivenCertificate, KeyHash, Match, Mode
from pinfuse.policy.rules import HostMatch
from pinfuse.policy.sealed import HostPins, Source, by_host

SECURITY, DOMAINS = "NSAppTransportSecurity", "NSPinnedDomains"
LEAVES, AUTHORITIES, SUBDOMAINS = "NSPinnedLeafIdentities", "NSPinnedCAIdentities", "NSIncludesSubdomains"
LISTS = (LEAVES, AUTHORITIES)
KEY = "SPKI-SHA256-BASE64"


@dataclass(frozen=True, slots=True)
class SystemPins:
    """What goes into an Info.plist, and what does not."""

    domains: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    """A line for each host that the system's form cannot say."""


def system_pins(fusion_set: FusionSet) -> SystemPins:
    """The pins of a set in the system's form."""
    domains: dict[str, Any] = {}
    left_out = []
    for host in by_host(fusion_set):
        reason = next(_reasons(host, fusion_set), "")
        if host.host.name in domains:
            reason = reason or "the set has it in two forms, and the system knows one for each name"
        if reason:
            left_out.append(f"{host.host} is not pinned in the Info.plist: {reason}")
            continue
        keys = sorted({base64.b64encode(_key(one)).decode() for one in host.sources})
        kind = AUTHORITIES if _is_authority(host.sources[0]) else LEAVES
        below = host.host.match is HostMatch.ANY_DEPTH
        domains[host.host.name] = {SUBDOMAINS: below, kind: [{KEY: one} for one in keys]}
    return SystemPins(domains, tuple(left_out))


def with_pins(info: Mapping[str, Any], pins: SystemPins, where: str) -> dict[str, Any]:
    """An Info.plist with these pins; raises `UnsupportedApp` where it pins one of the hosts otherwise."""
    security = info.get(SECURITY, {})
    old = security.get(DOMAINS, {}) if isinstance(security, dict) else None
    if not isinstance(old, dict):
        raise UnsupportedApp(f"its {SECURITY} is not as the system wants it", where=where)
    for name, told in pins.domains.items():
        if name in old and old[name] != told:
            todo = "take the host out of the app's Info.plist, or set [ios] ats-pins = false"
            raise UnsupportedApp(f"its {DOMAINS} pins {name} already, and otherwise", where=where, todo=todo)
    return {**info, SECURITY: {**security, DOMAINS: {**old, **pins.domains}}}


def _reasons(host: HostPins, fusion_set: FusionSet) -> Iterator[str]:
    """Why the system's form does not say what the set says of this host."""
    if fusion_set.mode is not Mode.ENFORCE:
        yield "the set only reports, and the system would refuse"
    if host.first_use is not None:
        yield "it is trusted on first use"
    if host.host.is_address:
        yield "it is an address, and the system pins names"
    if host.host.match is HostMatch.ONE_LABEL:
        yield "the system would pin the name without the asterisk as well"
    if host.expires is not None and host.after_expiry is not Fallback.BLOCK:
        yield "its pins end with a date, and the system's never do"
    if any(isinstance(one.trust, KeyHash) and one.pin.match is None for one in host.sources):
        yield 'whether a hash is that of the server or of an authority is not known: write match beside it'
    if len({_is_authority(one) for one in host.sources}) > 1:
        yield "it has pins of the server and of an authority, and the system asks for both at once"


def _is_authority(source: Source) -> bool:
    if isinstance(source.trust, GivenCertificate):
        return source.trust.certificate.is_ca
    return source.pin.match is Match.CA


def _key(source: Source) -> bytes:
    """SHA-256 of the public key, whether it or the certificate is pinned."""
    if isinstance(source.trust, GivenCertificate):
        return source.trust.certificate.spki_sha256
    return source.sealed.sha256
