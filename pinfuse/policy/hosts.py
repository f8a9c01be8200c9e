"""Host patterns: a name, ``*.name`` (exactly one label more) or ``**.name`` (any depth, and the name itself)."""

from __future__ import annotations

from dataclasses import dataclass

from pinfuse.errors import PinError
from pinfuse.policy.rules import HostMatch
from pinfuse.x509.names import is_address, normal_host

PREFIXES = {HostMatch.EXACT: "", HostMatch.ONE_LABEL: "*.", HostMatch.ANY_DEPTH: "**."}
"""How each `HostMatch` is written; the longest prefix is tried first when reading."""
EXAMPLES = "write a host such as api.example.com, *.example.com (one label) or **.example.com (any depth and the apex)"
LONGEST_TEXT = 1000
"""Characters that are looked at; no pattern is longer even before it becomes A-labels."""


@dataclass(frozen=True, slots=True)
class HostPattern:
    """``match`` and a name in lower-case A-labels, or an IP literal; made by `parse_host`."""

    match: HostMatch
    name: str

    def __str__(self) -> str:
        return PREFIXES[self.match] + self.name

    @property
    def is_address(self) -> bool:
        """True for an IP literal."""
        return is_address(self.name)

    def holds(self, other: HostPattern) -> bool:
        """True when every host that ``other`` selects is selected by this pattern too (for lint, never a verdict)."""
        if self == other:
            return True
        below = other.name.endswith("." + self.name)
        match self.match:
            case HostMatch.ANY_DEPTH:
                return below or (other.name == self.name)
            case HostMatch.ONE_LABEL:
                return other.match is HostMatch.EXACT and below and other.name.count(".") == self.name.count(".") + 1
            case _:
                return False


def parse_host(text: str, *, where: str = "") -> HostPattern:
    """Read a pattern; raises `PinError` with words for everything that is none."""
    where = where or text[:80]
    _refuse_lookalikes(text, where)
    match, rest = HostMatch.EXACT, text
    for candidate in (HostMatch.ANY_DEPTH, HostMatch.ONE_LABEL):
        if text.startswith(PREFIXES[candidate]):
            match, rest = candidate, text.removeprefix(PREFIXES[candidate])
            break
    if "*" in rest:
        raise PinError("a star stands only at the front, for whole labels", where=where, todo=EXAMPLES)
    try:
        pattern = HostPattern(match, normal_host(rest))
    except ValueError as error:
        raise PinError(f"{text[:80]!r} is no host: {error}", where=where, todo=EXAMPLES) from error
    if match is not HostMatch.EXACT:
        _check_wildcard(pattern, where)
    return pattern


def _refuse_lookalikes(text: str, where: str) -> None:
    """URLs, ports and blanks: what people paste."""
    if len(text) > LONGEST_TEXT:
        raise PinError(f"a host of {len(text)} characters", where=where, todo=EXAMPLES)
    if "/" in text or "@" in text:
        raise PinError("a pin names a host, not a URL", where=where, todo=EXAMPLES)
    if any(c.isspace() or not c.isprintable() for c in text):
        raise PinError("there is a blank or a control character in the host", where=where, todo=EXAMPLES)
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit() and (":" not in host or host.endswith("]")):
        raise PinError("a pin holds for every port of its host", where=where, todo=f"leave the port out: {host}")


def _check_wildcard(pattern: HostPattern, where: str) -> None:
    if pattern.is_address:
        raise PinError("an IP address has no labels below it", where=where, todo="pin the address itself")
    if "." not in pattern.name:
        raise PinError(
            f"{pattern} would select a whole top-level domain", where=where, todo="name the domain that is yours"
        )
