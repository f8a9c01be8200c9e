"""The path from a server's certificate upwards, each link checked by signature.

That is what a platform hands to a pinning check, and what the certificates *as presented* are not: anybody can append
a pinned certificate to a chain (CVE-2016-2402). Old digests are verified too, SHA-1 included, so that the stub's own
rule says what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pinfuse.errors import OutsideError
from pinfuse.x509 import roots
from pinfuse.x509.certificates import Certificate
from pinfuse.x509.signatures import signed

LONGEST_PATH = 10
"""Certificates; the stub takes no more (docs/architecture.md)."""
MOST_PRESENTED = 100
MOST_CHECKS = 200
"""Signatures that are verified before the search stops: hostile chains of one name would cost without end."""
MOST_PATHS = 500
"""Paths that are compared: authorities that all signed each other make 10! of them."""


@dataclass(frozen=True, slots=True)
class BuiltPath:
    """A path, leaf first, and what became of everything else."""

    chain: tuple[bytes, ...]
    """DER. Only the leaf when nothing presented signed it."""
    untrusted: str = ""
    """Why no root of this machine stands behind it; empty when one does, or was not asked for."""
    left_out: int = 0
    """Presented certificates that are no part of the path."""
    completed: bool = False
    """True when the last certificate was not presented but taken from this machine's roots."""


@dataclass
class _Search:
    """One depth-first search; ``checks`` is shared by all its branches."""

    presented: tuple[Certificate, ...]
    now: int | None
    checks: int = MOST_CHECKS
    verified: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)

    def signed(self, child: Certificate, parent: Certificate) -> bool:
        """True when ``parent``'s key made the signature of ``child``; False too when the search is spent."""
        pair = (child.der, parent.der)
        if pair not in self.verified:
            self.checks -= 1
            self.verified[pair] = self.checks >= 0 and signed(child, parent)
        return self.verified[pair]

    def issuers(self, child: Certificate) -> list[Certificate]:
        """Those who signed ``child``: presented ones first, the valid before the expired, then this machine's."""
        named = [one for one in self.presented if one.raw_subject == child.raw_issuer]
        if self.now is not None:
            now = self.now
            named.sort(key=lambda one: not one.not_before <= now <= one.not_after)
        named += [root for root in roots.roots_named(child.raw_issuer) if root not in named]
        return [one for one in named if self.signed(child, one)]

    def paths(self, path: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        """Every path that starts with ``path`` and cannot be made longer."""
        last = path[-1]
        further = []
        if len(path) < LONGEST_PATH and not (last.self_issued and self.signed(last, last)):
            further = [one for one in self.issuers(last) if not _repeats(path, one)]
        if not further:
            yield path
        for one in further:
            yield from self.paths((*path, one))


def build_path(chain: Sequence[bytes], *, now: int | None = None, system_roots: bool = False) -> BuiltPath:
    """The path that starts at ``chain[0]`` (DER), out of what is presented and this machine's roots.

    Where there are several (cross-signing), the first that ends at a root of this machine, else at a self-signed
    certificate, else the longest. ``now`` (Unix seconds) only ranks issuers: dates are the stub's to judge. A
    certificate that does not parse is left out; a leaf that does not parse is the whole path, for the stub to refuse.
    ``system_roots`` asks whether a root of this machine stands behind it; raises `OutsideError` when it has none.
    """
    if system_roots and not roots.system_roots(roots.bundle()):
        raise OutsideError(
            "this machine has no file of trusted roots", where="--system-roots", todo="set SSL_CERT_FILE to one"
        )
    parsed = [_parse(der) for der in chain[:MOST_PRESENTED]]
    leaf = parsed[0] if parsed else None
    if leaf is None:
        reason = "the server's certificate cannot be read" if system_roots else ""
        return BuiltPath(tuple(chain[:1]), reason, max(len(chain) - 1, 0))
    presented = tuple(one for one in parsed if one is not None)
    best = _best(_Search(presented, now), leaf)
    completed = best[-1] not in presented
    untrusted = _untrusted(best) if system_roots else ""
    left_out = len(chain) - len(best) + completed
    return BuiltPath(tuple(one.der for one in best), untrusted, left_out, completed)


def _best(search: _Search, leaf: Certificate) -> tuple[Certificate, ...]:
    best: tuple[Certificate, ...] = (leaf,)
    rank = (-1, 0)
    for path in islice(search.paths((leaf,)), MOST_PATHS):
        last = path[-1]
        kind = 2 if last in roots.roots_named(last.raw_subject) else int(last.self_issued)
        if (kind, len(path)) > rank and (kind == 0 or kind > rank[0]):
            best, rank = path, (kind, len(path))
        if kind == 2:
            break
    return best


def _untrusted(path: tuple[Certificate, ...]) -> str:
    last = path[-1]
    if last in roots.roots_named(last.raw_subject):
        return ""
    if last.self_issued:
        return f"the path ends at {last.subject}, which is no root of this machine"
    return (
        f"the path ends at {last.subject}, whose issuer {last.issuer} was not presented and is no root of this machine"
    )


def _repeats(path: tuple[Certificate, ...], one: Certificate) -> bool:
    """True when key and name are in the path already: two authorities that signed each other."""
    return any(one.raw_subject == member.raw_subject and one.spki == member.spki for member in path)


def _parse(der: bytes) -> Certificate | None:
    try:
        return Certificate.from_der(der)
    except ValueError:
        return None
