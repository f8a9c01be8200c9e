"""A fusion set becomes `Rules`: what is sealed, and the certificates that a proof can show to the stub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pinfuse.errors import PinError, UsageError
from pinfuse.policy.keys import MOST_REMEMBERED
from pinfuse.policy.model import Fallback, FirstUseScope, FusionSet, GivenCertificate, Mode
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.policy.satisfiable import obstacle, session_host
from pinfuse.policy.sealed import HostPins, by_host
from pinfuse.policy.settings import settings_of


@dataclass(frozen=True, slots=True)
class KnownCertificate:
    """A certificate that is behind a sealed pin, so that a case can be made which must be accepted."""

    host: str
    """A host that the rule selects and that the certificate may speak for: never a pattern."""
    kind: PinKind
    der: bytes
    pattern: str
    """The rule's host as it is written, such as ``*.example.com``."""
    is_ca: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a set becomes."""

    rules: Rules
    known: tuple[KnownCertificate, ...]
    notices: tuple[str, ...]
    """What the person must know of the set: pins that are over, wishes that this version does not carry out."""


def compile_set(fusion_set: FusionSet, now: int) -> Compiled:
    """Decide kinds and merge the pins of each host; ``now`` is Unix seconds.

    Raises `PinError` or `UsageError` for a set that cannot be sealed as it says.
    """
    hosts = by_host(fusion_set)
    checks = fusion_set.checks
    blocks = fusion_set.unlisted_hosts is Fallback.BLOCK
    everyone = fusion_set.first_use.scope is FirstUseScope.ALL
    if everyone and blocks:
        raise UsageError(
            'first-use-scope = "all" remembers hosts that unlisted-hosts = "block" refuses',
            where=fusion_set.name or "set",
            todo="choose one of them",
        )
    named = sum(host.first_use is not None and host.host.match is HostMatch.EXACT for host in hosts)
    if named and named + fusion_set.first_use.limit > MOST_REMEMBERED:
        raise PinError(
            f"{named} hosts by name and first-use-limit = {fusion_set.first_use.limit} are more than the "
            f"{MOST_REMEMBERED} that an install remembers",
            where=fusion_set.name or "set",
            todo="lower first-use-limit, or pin hosts at build time",
        )
    if not hosts and not checks.apply_to_all and not blocks and not everyone:
        raise PinError("the set holds no pin", where=fusion_set.name or "pins", todo="add a [[pin]] or give --pin")
    rules = Rules(
        hosts=tuple(_rule(host) for host in hosts),
        enforce=fusion_set.mode is Mode.ENFORCE,
        block_unlisted=blocks,
        refuse_no_host=fusion_set.no_host is Fallback.REFUSE,
        check_all=checks.apply_to_all,
        certificate_roles=checks.certificate_roles,
        min_rsa_bits=checks.min_rsa_bits,
        min_ec_bits=checks.min_ec_bits,
        min_digest_bits=checks.min_digest_bits,
        first_use_all=everyone,
        settings=settings_of(fusion_set),
    )
    if rules.remembers:
        rules = replace(rules, first_use_limit=fusion_set.first_use.limit)
    known = tuple(one for host in hosts for one in _known(host, fusion_set))
    return Compiled(rules, known, tuple(_notices(fusion_set, hosts, now)))


def _rule(host: HostPins) -> HostRule:
    if not host.sources and host.first_use is None:
        raise PinError(f"{host.host} has no pin", where=host.where, todo="name a certificate or a hash in trust")
    return HostRule(
        match=host.host.match,
        name=host.host.name,
        pins=tuple(source.sealed for source in host.sources),
        expires=host.expires,
        block_when_expired=host.after_expiry is Fallback.BLOCK,
        first_use=host.first_use,
    )


def _known(host: HostPins, fusion_set: FusionSet) -> Iterator[KnownCertificate]:
    """Certificates that nothing but time can keep the stub from accepting."""
    for source in host.sources:
        if not isinstance(source.trust, GivenCertificate):
            continue
        certificate = source.trust.certificate
        name = session_host(host.host, certificate)
        if name is not None and obstacle(certificate, host.host, fusion_set.checks) is None:
            yield KnownCertificate(name, source.sealed.kind, certificate.der, str(host.host), certificate.is_ca)


def _notices(fusion_set: FusionSet, hosts: tuple[HostPins, ...], now: int) -> Iterator[str]:
    yield from fusion_set.notices
    if fusion_set.mode is Mode.REPORT:
        yield "mode = report: the stub tells its verdicts and refuses no session"
    if fusion_set.first_use.scope is FirstUseScope.ALL:
        yield "first use: of every host without a pin the authority that it first shows is believed and remembered"
    for host in hosts:
        if host.first_use is not None:
            yield f"first use: whoever first answers as {host.host} on each phone is believed; pins are better"
        if host.expires is not None and host.expires <= now:
            block = host.after_expiry is Fallback.BLOCK
            what = "every session is refused" if block else "the system alone decides"
            yield f"the pins of {host.host} are over: {what}"
    if fusion_set.report_url:
        yield f"refused sessions are reported to {fusion_set.report_url}: app, host, reason, fingerprints of the chain"
