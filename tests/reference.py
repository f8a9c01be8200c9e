"""A second opinion: the verdict as the documents have it, by another library's certificates and other code.

It exists for the tests alone; whatever decides in an app is the stub.
"""

from __future__ import annotations

import hashlib
import ipaddress
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules, SealedPin

VALIDATED, APP_TRUST = 1, 2
REFUSED, FIRST_MET = 1, 2
MOST_REMEMBERED = 512
MOST_CERTIFICATES, MOST_BYTES, LONGEST_HOST = 10, 65536, 253
UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.NAME_CONSTRAINTS, ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.POLICY_CONSTRAINTS, ExtensionOID.INHIBIT_ANY_POLICY, ExtensionOID.POLICY_MAPPINGS,
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One certificate as this opinion sees it."""

    certificate: x509.Certificate
    key_digest: bytes
    whole_digest: bytes

    @classmethod
    def of(cls, der: bytes) -> Seen:
        certificate = x509.load_der_x509_certificate(der)
        certificate.extensions  # noqa: B018 (parsed now, so that what is malformed says so here)
        spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(certificate, hashlib.sha256(spki).digest(), hashlib.sha256(der).digest())

    def extension(self, kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
        try:
            return self.certificate.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    @property
    def is_ca(self) -> bool:
        basic = self.extension(x509.BasicConstraints)
        return isinstance(basic, x509.BasicConstraints) and basic.ca

    @property
    def own_issuer(self) -> bool:
        return self.certificate.subject == self.certificate.issuer

    @property
    def names(self) -> list[str]:
        san = self.extension(x509.SubjectAlternativeName)
        return san.get_values_for_type(x509.DNSName) if isinstance(san, x509.SubjectAlternativeName) else []

    @property
    def addresses(self) -> list[str]:
        san = self.extension(x509.SubjectAlternativeName)
        found = san.get_values_for_type(x509.IPAddress) if isinstance(san, x509.SubjectAlternativeName) else []
        return [str(one) for one in found]

    def covers(self, host: str) -> bool:
        if address(host):
            return address(host) in self.addresses
        return any(covered(name.lower().rstrip("."), host) for name in self.names)

    @property
    def digest_bits(self) -> int:
        try:
            digest = self.certificate.signature_hash_algorithm
        except UnsupportedAlgorithm:
            return 0
        return 512 if digest is None else digest.digest_size * 8


@dataclass
class Install:
    """What one install remembers: host (a name, or an address in its canonical form) → by a rule of its own?, pin.

    ``known`` is what a process has taken in, ``stored`` what is kept.
    """

    known: dict[str, tuple[bool, SealedPin]] = field(default_factory=dict)
    stored: dict[str, tuple[bool, SealedPin]] = field(default_factory=dict)

    def pin(self, host: str) -> SealedPin | None:
        found = self.known.get(address(host) or host)
        return found[1] if found else None

    def has_room(self, rules: Rules, own: bool) -> bool:
        others = sum(not one for one, _ in self.known.values())
        return len(self.known) < MOST_REMEMBERED and (own or others < rules.first_use_limit)

    def remember(
        self, rules: Rules, chain: Sequence[bytes], host: str | None, now: int, flags: int
    ) -> tuple[int, Reason]:
        """As the third native: what is stored is taken in, and a host that is first met is stored."""
        self.known = {**self.stored, **self.known}
        verdict, reason = decide(rules, chain, host, now, flags, self)
        name = normal(host) if host is not None else None
        if not verdict & FIRST_MET or name is None:
            return verdict, reason
        rule = best(rules, name)
        if rule is None or rule.first_use is None:
            rule = EVERYONE
        assert rule.first_use is not None
        seen = Seen.of(chain[-1] if rule.first_use is PinKind.ANY_KEY else chain[0])
        digest = seen.whole_digest if rule.first_use is PinKind.CERTIFICATE else seen.key_digest
        met = (rule.match is HostMatch.EXACT, SealedPin(rule.first_use, digest))
        self.stored = {**self.known, address(name) or name: met}
        return 0, Reason.OK


EVERYONE = HostRule(HostMatch.ANY_DEPTH, "", (), first_use=PinKind.ANY_KEY)


def covered(name: str, host: str) -> bool:
    if name == host:
        return True
    label, _, rest = host.partition(".")
    return name.startswith("*.") and name[2:] == rest and "." in rest and bool(label)


def address(host: str) -> str:
    """The canonical text of an IP literal, "" for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""


def normal(host: str) -> str | None:
    if host.startswith("["):
        if not host.endswith("]"):
            return None
        host = host[1:-1]
    elif len(host) > 1:
        host = host.removesuffix(".")
    host = host.partition("%")[0]
    if not host or len(host) > LONGEST_HOST or any(ord(c) <= 32 or ord(c) == 127 for c in host):
        return None
    return host.lower()


def selects(rule: HostRule, host: str) -> bool:
    if address(host):
        return rule.match is HostMatch.EXACT and address(rule.name) == address(host)
    if rule.match is HostMatch.EXACT:
        return rule.name == host
    label, dot, parent = host.partition(".")
    if rule.match is HostMatch.ONE_LABEL:
        return bool(dot and label) and parent == rule.name
    return host == rule.name or (host.endswith("." + rule.name) and len(host) > len(rule.name) + 1)


def order(rule: HostRule) -> tuple[bool, str, int]:
    return not address(rule.name), rule.name, rule.match


def best(rules: Rules, host: str) -> HostRule | None:
    """The most specific: exact, then the longest name, one label before any depth."""
    found = [rule for rule in rules.hosts if selects(rule, host)]
    return max(found, key=lambda r: (r.match is HostMatch.EXACT, len(r.name), -r.match), default=None)


def decide(
    rules: Rules, chain: Sequence[bytes], host: str | None, now: int, flags: int, install: Install | None = None
) -> tuple[int, Reason]:
    """Verdict (bits; 0: allowed) and reason."""
    asked = _Asked(rules, chain, host, now, flags, install or Install())
    reason = asked.reason()
    allowed = reason is Reason.OK or (reason is Reason.UNLISTED and not rules.block_unlisted)
    return (REFUSED if not allowed and rules.enforce else 0) | (FIRST_MET if asked.first_met else 0), reason


@dataclass
class _Asked:
    rules: Rules
    chain: Sequence[bytes]
    host: str | None
    now: int
    flags: int
    install: Install
    first_met: bool = False

    def reason(self) -> Reason:
        if not 0 < len(self.chain) <= MOST_CERTIFICATES or sum(map(len, self.chain)) > MOST_BYTES:
            return Reason.MALFORMED
        if self.host is None:
            return self._by_names()
        name = normal(self.host)
        if name is None:
            return Reason.MALFORMED
        rule = best(self.rules, name)
        if rule is None or self._lapsed(rule):
            return self._unlisted(name)
        return self._listed(rule, name)

    def _lapsed(self, rule: HostRule) -> bool:
        return rule.expires is not None and not rule.block_when_expired and self.now >= rule.expires

    def _unlisted(self, host: str | None) -> Reason:
        if host is not None and self.rules.first_use_all:
            return self._listed(EVERYONE, host)
        if self.rules.block_unlisted or not self.rules.check_all:
            return Reason.UNLISTED
        reason = self._judge(None, (), host)
        return Reason.UNLISTED if reason is Reason.OK else reason

    def _listed(self, rule: HostRule, host: str) -> Reason:
        if rule.first_use is None:
            return self._judge(rule, rule.pins, host)
        pin = self.install.pin(host)
        reason = self._judge(rule, (pin,) if pin else (), host)
        if reason is not Reason.PIN or pin:
            return Reason.FIRST_USE if reason is Reason.PIN else reason
        if rule.first_use is PinKind.ANY_KEY and len(self.chain) > 1 and not self.flags & VALIDATED:
            return Reason.PROVENANCE
        self.first_met = self.install.has_room(self.rules, rule.match is HostMatch.EXACT)
        return Reason.FIRST_USE if self.first_met else Reason.UNLISTED

    def _by_names(self) -> Reason:
        try:
            leaf = Seen.of(self.chain[0])
        except ValueError:
            return Reason.MALFORMED
        last = None
        for rule in sorted(self.rules.hosts, key=order):
            if rule.name.endswith(".invalid"):
                continue
            if not any(True for _ in self._named(rule, leaf)) or self._lapsed(rule):
                continue
            reason = self._by_rule(rule, leaf)
            if reason in (Reason.OK, Reason.MALFORMED):
                return reason
            last = reason or last
        if last is None and self.rules.first_use_all:
            last = self._by_rule(EVERYONE, leaf)
        if last is not None:
            return last
        if self.flags & APP_TRUST and self.rules.refuse_no_host:
            return Reason.HOST
        return self._unlisted(None)

    def _by_rule(self, rule: HostRule, leaf: Seen) -> Reason | None:
        """None where nothing is remembered."""
        if rule.first_use is None:
            return self._judge(rule, rule.pins, None)
        pins = [pin for pin in map(self.install.pin, self._named(rule, leaf)) if pin]
        if not pins:
            return None
        reason = self._judge(rule, pins, None)
        return Reason.FIRST_USE if reason is Reason.PIN else reason

    @staticmethod
    def _named(rule: HostRule, leaf: Seen) -> Iterator[str]:
        """Hosts that the leaf's names and this rule both speak of."""
        yield from (n for n in filter(None, map(normal, leaf.names)) if rule is EVERYONE or selects(rule, n))
        if rule.match is HostMatch.EXACT and leaf.covers(rule.name):
            yield rule.name

    def _judge(self, rule: HostRule | None, pins: Sequence[SealedPin], host: str | None) -> Reason:
        try:
            seen = [Seen.of(der) for der in self.chain]
        except ValueError:
            return Reason.MALFORMED
        rules, now = self.rules, self.now
        match = _match(pins, seen)
        if not _linked(seen):
            return Reason.PATH
        if match and not self.flags & VALIDATED:
            return Reason.PROVENANCE
        if host is not None and not seen[0].covers(host):
            return Reason.HOST
        judged = [one for number, one in enumerate(seen) if not _anchor(seen, number)]
        moments = [(one.certificate.not_valid_before_utc, one.certificate.not_valid_after_utc) for one in judged]
        if any(not first.timestamp() <= now <= last.timestamp() for first, last in moments):
            return Reason.EXPIRED
        if rule and rule.expires is not None and rule.block_when_expired and now >= rule.expires:
            return Reason.EXPIRED
        if rules.certificate_roles and not _roles(seen, match):
            return Reason.ROLE
        weak = _weak(rules, seen, judged)
        if weak:
            return weak
        return Reason.PIN if rule and match is None else Reason.OK


def _anchor(seen: Sequence[Seen], number: int) -> bool:
    return 0 < number == len(seen) - 1 and seen[number].own_issuer


def _linked(seen: Sequence[Seen]) -> bool:
    for below, above in itertools.pairwise(seen):
        if below.certificate.issuer != above.certificate.subject:
            return False
    extensions = [extension for one in seen for extension in one.certificate.extensions]
    return not any(extension.critical and extension.oid not in UNDERSTOOD for extension in extensions)


def _match(pins: Sequence[SealedPin], seen: Sequence[Seen]) -> int | None:
    for number, one in enumerate(seen):
        for pin in pins:
            if pin.kind is PinKind.LEAF_KEY and number:
                continue
            if pin.sha256 == (one.whole_digest if pin.kind is PinKind.CERTIFICATE else one.key_digest):
                return number
    return None


def _roles(seen: Sequence[Seen], match: int | None) -> bool:
    if seen[0].is_ca and match != 0:
        return False
    extended = seen[0].extension(x509.ExtendedKeyUsage)
    serving = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if isinstance(extended, x509.ExtendedKeyUsage) and serving.isdisjoint(extended):
        return False
    below = 0
    for one in seen[1:]:
        basic, usage = one.extension(x509.BasicConstraints), one.extension(x509.KeyUsage)
        if not isinstance(basic, x509.BasicConstraints) or not basic.ca:
            return False
        if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
            return False
        if basic.path_length is not None and below > basic.path_length:
            return False
        below += not one.own_issuer
    return True


def _weak(rules: Rules, seen: Sequence[Seen], judged: Sequence[Seen]) -> Reason | None:
    keys = [one.certificate.public_key() for one in seen]
    if any(isinstance(key, rsa.RSAPublicKey) and key.key_size < rules.min_rsa_bits for key in keys):
        return Reason.RSA_BITS
    if any(not isinstance(key, rsa.RSAPublicKey) and _curve_bits(key) < rules.min_ec_bits for key in keys):
        return Reason.EC_BITS
    if rules.min_digest_bits and any(one.digest_bits < rules.min_digest_bits for one in judged):
        return Reason.DIGEST
    return None


def _curve_bits(key: object) -> int:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.key_size
    return 256 if isinstance(key, ed25519.Ed25519PublicKey) else 448 if isinstance(key, ed448.Ed448PublicKey) else 0


def with_selftest(rules: Rules, rule: HostRule) -> Rules:
    """The rules as a vault holds them."""
    return replace(rules, hosts=(*rules.hosts, rule))
