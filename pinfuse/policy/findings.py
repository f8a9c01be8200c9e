"""Lint: what will hurt later is said at build time. Warnings, and errors for a release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pinfuse.errors import UsageError
from pinfuse.policy.hashes import DIGEST_BYTES
from pinfuse.policy.hosts import HostPattern
from pinfuse.policy.keys import TRANSLATED
from pinfuse.policy.model import Fallback, FusionSet, GivenCertificate, Mode
from pinfuse.policy.rules import HostMatch, PinKind, SealedPin
from pinfuse.policy.satisfiable import obstacle
from pinfuse.policy.sealed import HostPins, by_host
from pinfuse.x509.certificates import Certificate

SOON = 30 * 86400
"""Seconds before an end that count as soon."""

CODES: Mapping[str, str] = {
    "single-pin": "add the next key as a backup: when this one is lost or changed, the app goes dark",
    "leaf-certificate": "pin the public key instead: each renewal makes another certificate",
    "pin-expired": "give the pin another end and build again",
    "pin-expires-soon": "build again with a later end before it comes",
    "certificate-expired": "pin the certificate that is in use, or its public key",
    "certificate-expires-soon": "pin the next certificate too, or the public key",
    "wrong-name": "pin a certificate that names this host, or correct the host",
    "not-for-servers": "pin the certificate that the server shows",
    "weak-key": "use a stronger key, or lower the limit in [checks]",
    "weak-digest": "have it issued again with SHA-256, or lower min-digest in [checks]",
    "no-match": "compare with pinfuse certs fetch; the server may have a new certificate",
    "shadowed": "repeat the pins of the wider pattern in the narrower one if they should hold there",
    "wider-ca": "leave the CA out, or the server's own key: with the CA every certificate under it is accepted",
    "placeholder": "put the real hash there",
    "idle-expiry": "say when with expires, or leave after-expiry out",
    "report-mode": 'set mode = "enforce"',
    "half-translated": "translate every text that the set has, or the dialog mixes two languages",
}
"""Lint code → what helps. The codes are stable: CI files name them."""


class Severity(StrEnum):
    """A set with an error is not built."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; ``where`` is the place in the set or the host."""

    code: str
    severity: Severity
    where: str
    text: str
    todo: str


@dataclass(frozen=True, slots=True)
class HostChain:
    """A chain that ``host`` is known to show: a signature-checked path, leaf first."""

    host: str
    chain: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class _Context:
    fusion_set: FusionSet
    hosts: tuple[HostPins, ...]
    now: int
    chains: tuple[HostChain, ...]


Said = Iterator[tuple[str, str, str]]
"""Code, where, text."""


def lint(fusion_set: FusionSet, now: int, chains: Sequence[HostChain] = ()) -> list[Finding]:
    """Everything that is doubtful about the set; ``now`` is Unix seconds.

    With ``chains`` also: hosts whose own chain no pin accepts. Raises `PinError` or `UsageError` for a set that
    contradicts itself.
    """
    context = _Context(fusion_set, by_host(fusion_set), now, tuple(chains))
    severity = Severity.ERROR if fusion_set.release else Severity.WARNING
    said = dict.fromkeys(one for rule in RULES for one in rule(context))
    return [Finding(code, severity, where, text, CODES[code]) for code, where, text in said]


def check_set(fusion_set: FusionSet, now: int) -> tuple[str, ...]:
    """The warnings of `lint` as sentences; raises `UsageError` when there are errors (a release)."""
    findings = lint(fusion_set, now)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        first, more = errors[0], len(errors) - 1
        others = f" ({more} more: pinfuse set lint shows them)" if more else ""
        raise UsageError(f"{first.text} [{first.code}]{others}", where=first.where, todo=first.todo)
    return tuple(f"{finding.text} [{finding.code}]; {finding.todo}" for finding in findings)


def _place(host: HostPins) -> str:
    return host.where or str(host.host)


def _few_pins(context: _Context) -> Said:
    for host in context.hosts:
        if len(host.sources) == 1 and host.first_use is None:
            yield "single-pin", _place(host), f"{host.host} has one pin only"


def _leaf_certificates(context: _Context) -> Said:
    for host in context.hosts:
        given = [s.trust.certificate for s in host.sources if isinstance(s.trust, GivenCertificate)]
        whole = all(source.sealed.kind is PinKind.CERTIFICATE for source in host.sources)
        if host.sources and whole and not any(certificate.is_ca for certificate in given):
            yield "leaf-certificate", _place(host), f"{host.host} is pinned to whole server certificates only"


def _expiry(context: _Context) -> Said:
    for host in context.hosts:
        if host.expires is None:
            continue
        end = _day(host.expires)
        if host.expires <= context.now:
            yield "pin-expired", _place(host), f"the pins of {host.host} ended on {end}"
        elif host.expires <= context.now + SOON:
            yield "pin-expires-soon", _place(host), f"the pins of {host.host} end on {end}"
    for pin in context.fusion_set.pins:
        if pin.expires is None and pin.after_expiry is Fallback.BLOCK:
            yield "idle-expiry", pin.where or str(pin.host), f"after-expiry of {pin.host} does nothing: nothing expires"


def _certificate_dates(context: _Context) -> Said:
    """Only where the whole certificate is pinned: a renewed one may keep its key."""
    for host, certificate, sealed in _given(context):
        if sealed.kind is not PinKind.CERTIFICATE:
            continue
        end = _day(certificate.not_after)
        if certificate.not_after < context.now:
            yield "certificate-expired", _place(host), f"the certificate of {certificate.subject} ended on {end}"
        elif certificate.not_after <= context.now + SOON:
            yield "certificate-expires-soon", _place(host), f"the certificate of {certificate.subject} ends on {end}"


def _never_accepted(context: _Context) -> Said:
    for host, certificate, _ in _given(context):
        found = obstacle(certificate, host.host, context.fusion_set.checks)
        if found:
            yield found.code, _place(host), f"a pin of {host.host} can never be met: {found.text}"


def _wider_cas(context: _Context) -> Said:
    for host in context.hosts:
        given = [s.trust.certificate for s in host.sources if isinstance(s.trust, GivenCertificate)]
        issuers = {certificate.raw_subject for certificate in given if certificate.is_ca}
        for certificate in given:
            if not certificate.is_ca and certificate.raw_issuer in issuers:
                text = f"{host.host} is pinned to {certificate.subject} and to the CA that issued it"
                yield "wider-ca", _place(host), text


def _shadows(context: _Context) -> Said:
    """The narrower pattern decides alone; that surprises where it lacks pins of the wider one."""
    wide = [host for host in context.hosts if host.host.match is not HostMatch.EXACT]
    for narrow in context.hosts:
        own = {source.sealed for source in narrow.sources}
        for wider in wide:
            lacking = {source.sealed for source in wider.sources} - own
            if wider is not narrow and lacking and wider.host.holds(narrow.host):
                text = f"the pins of {wider.host} do not hold for {narrow.host}, which has its own"
                yield "shadowed", _place(narrow), text


def _placeholders(context: _Context) -> Said:
    for host in context.hosts:
        if any(len(set(source.sealed.sha256)) == 1 for source in host.sources):
            yield "placeholder", _place(host), f"a hash of {host.host} is one byte repeated {DIGEST_BYTES} times"


def _report_mode(context: _Context) -> Said:
    if context.fusion_set.release and context.fusion_set.mode is Mode.REPORT:
        yield "report-mode", "[pinning] mode", "a release that reports only refuses nothing"


def _half_translated(context: _Context) -> Said:
    note = context.fusion_set.notification
    for one in note.translations:
        left = [key for key in TRANSLATED if getattr(note, key) and not getattr(one, key)]
        if left:
            yield "half-translated", f"[notification.{one.language}]", f"{one.language} has no " + " and no ".join(left)


def _chains(context: _Context) -> Said:
    for known in context.chains:
        rules = [host for host in context.hosts if host.host.holds(HostPattern(HostMatch.EXACT, known.host))]
        # the most specific pattern decides: exact, then the longest name, then one label before any depth
        rules.sort(key=lambda rule: (rule.host.match is HostMatch.EXACT, len(rule.host.name), -rule.host.match))
        if rules and not any(_meets(source.sealed, known.chain) for source in rules[-1].sources):
            yield "no-match", _place(rules[-1]), f"no pin of {rules[-1].host} accepts the chain that {known.host} shows"


def _meets(sealed: SealedPin, chain: tuple[Certificate, ...]) -> bool:
    match sealed.kind:
        case PinKind.LEAF_KEY:
            return any(certificate.spki_sha256 == sealed.sha256 for certificate in chain[:1])
        case PinKind.ANY_KEY:
            return any(certificate.spki_sha256 == sealed.sha256 for certificate in chain)
        case PinKind.CERTIFICATE:
            return any(certificate.sha256 == sealed.sha256 for certificate in chain)


def _given(context: _Context) -> Iterator[tuple[HostPins, Certificate, SealedPin]]:
    for host in context.hosts:
        for source in host.sources:
            if isinstance(source.trust, GivenCertificate):
                yield host, source.trust.certificate, source.sealed


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


RULES: tuple[Callable[[_Context], Said], ...] = (
    _report_mode,
    _half_translated,
    _placeholders,
    _never_accepted,
    _few_pins,
    _leaf_certificates,
    _wider_cas,
    _expiry,
    _certificate_dates,
    _shadows,
    _chains,
)
"""In the order in which findings are told."""
