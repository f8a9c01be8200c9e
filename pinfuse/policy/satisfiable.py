"""Why a pinned certificate can never be accepted: what the stub's other checks would say of it."""

from __future__ import annotations

from dataclasses import dataclass

from pinfuse.policy.hosts import HostPattern
from pinfuse.policy.model import Checks
from pinfuse.policy.rules import HostMatch
from pinfuse.x509.certificates import Certificate

DIGEST_BITS = {"md5": 128, "sha1": 160, "sha224": 224, "sha256": 256, "sha384": 384, "sha512": 512, "none": 512}
"""Size of a signature's digest; EdDSA has none of its own and passes (RFC 8032). Unknown ones count as 0."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A lint code (`pinfuse.policy.findings.CODES`) and what is the matter."""

    code: str
    text: str


def obstacle(certificate: Certificate, host: HostPattern, checks: Checks) -> Obstacle | None:
    """The first thing that would keep the stub from accepting ``certificate`` for ``host``; None when nothing does.

    Dates are not looked at: a renewed certificate may have the same key.
    """
    if not certificate.is_ca and session_host(host, certificate) is None:
        names = ", ".join(certificate.names[:3]) or "none at all"
        return Obstacle("wrong-name", f"the certificate of {certificate.subject} has other names: {names}")
    if not certificate.is_ca and checks.certificate_roles and not certificate.may_serve:
        return Obstacle("not-for-servers", f"the extended key usage of {certificate.subject} leaves out TLS servers")
    least = checks.min_rsa_bits if certificate.key_type == "RSA" else checks.min_ec_bits
    if certificate.key_bits < least:
        size = f"{certificate.key_type} {certificate.key_bits} bits"
        return Obstacle("weak-key", f"the key of {certificate.subject} is {size}, and the set asks for {least}")
    judged = not (certificate.is_ca and certificate.self_issued)
    if judged and DIGEST_BITS.get(certificate.digest, 0) < checks.min_digest_bits:
        text = f"{certificate.subject} is signed with {certificate.digest}, and the set asks for more"
        return Obstacle("weak-digest", text)
    return None


def session_host(host: HostPattern, certificate: Certificate) -> str | None:
    """A host that the pattern selects and that ``certificate`` may speak for; None when there is none.

    For a CA any host of the pattern will do.
    """
    if host.match is HostMatch.EXACT:
        return host.name if certificate.is_ca or certificate.covers(host.name) else None
    if certificate.is_ca:
        return f"a.{host.name}"
    for name in certificate.dns_names:
        concrete = name.lower().removesuffix(".")
        if concrete.startswith("*."):
            concrete = f"a.{concrete[2:]}"
        if host.holds(HostPattern(HostMatch.EXACT, concrete)) and certificate.covers(concrete):
            return concrete
    return None
