"""Host names as TLS sees them: lower-case A-labels (RFC 5890) and IP literals in one spelling.

Names in other scripts become A-labels only where every client would make the same ones. IDNA2003, which
``java.net.IDN`` and so most Android clients implement, and UTS 46, which browsers do, differ for a few characters and
for everything that Unicode 3.2 did not know; for such a name the person must write the A-label that the app asks for.
"""

from __future__ import annotations

import ipaddress
import re

LONGEST_NAME = 253
"""Characters of a host name without its final dot (RFC 1035, 2.3.4)."""
LONGEST_LABEL = 63
ACE_PREFIX = "xn--"
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
"""Letters, digits and hyphens (RFC 1123, 2.1), and the underscore that real hosts have."""
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label like this makes a name an attempt at an IPv4 address (WHATWG URL, "ends in a number")."""
DOTS = str.maketrans("。．｡", "...")
"""Full stops that IDNA2003 and UTS 46 both take for a dot (RFC 3490, 3.1)."""
LETTERS_AND_DIGITS = ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")
"""Categories of which labels are made (RFC 5892, 2.1), upper case being mapped away."""
DEVIATIONS = "ßẞς\u200c\u200d\u115f\u1160\u17b4\u17b5\u3164\uffa0"
"""Characters that IDNA2003 and UTS 46 map differently (UTS 46, section 7), and fillers that one of them drops."""


def normal_host(text: str) -> str:
    """The one spelling of a host name or IP literal; raises `ValueError` with words for anything else.

    One final dot is dropped; IPv6 may stand in brackets.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in bare:
        return _ipv6(bare)
    if bare != text:
        raise ValueError("only an IPv6 address stands in brackets")
    dotted = text.translate(DOTS)
    labels = dotted.removesuffix(".").split(".") if dotted != "." else [""]
    name = ".".join(_a_label(label) for label in labels)
    if len(name) > LONGEST_NAME:
        raise ValueError(f"it has {len(name)} characters; a host name has at most {LONGEST_NAME}")
    if NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    return name


def is_address(name: str) -> bool:
    """True for an IP literal in the spelling of `normal_host`."""
    return ":" in name or name.rpartition(".")[2].isdigit()


def covers(name: str, host: str) -> bool:
    """True when a DNS name of a certificate stands for ``host`` (RFC 6125, 6.4.3).

    A star is a whole first label, stands for exactly one, and never for a whole top-level domain.
    """
    presented = name.lower().removesuffix(".")
    if presented == host:
        return True
    tail = presented.removeprefix("*.")
    label, dot, rest = host.partition(".")
    return presented.startswith("*.") and "." in tail and bool(label and dot) and rest == tail


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise ValueError("it ends in a number but is no IPv4 address of four decimal parts") from error


def _ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError("an IPv6 zone (%…) means nothing on another machine")
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise ValueError("it has a colon but is no IPv6 address") from error
    if address.ipv4_mapped is None:
        return address.compressed
    high, low = divmod(int(address.ipv4_mapped), 1 << 16)
    return f"::ffff:{high:x}:{low:x}"  # one spelling for every version of Python


def _a_label(label: str) -> str:
    if not label:
        raise ValueError("it has an empty part between two dots, or none at all")
    ascii_label = label.lower() if label.isascii() else _to_ascii(label)
    if len(ascii_label) > LONGEST_LABEL:
        raise ValueError(f"the part {label!r} is longer than {LONGEST_LABEL} characters")
    if not LABEL.fullmatch(ascii_label):
        raise ValueError(f"the part {label!r} holds something that no host name has")
    if ascii_label.startswith(ACE_PREFIX):
        _check_punycode(ascii_label)
    return ascii_label


def _check_punycode(label: str) -> None:
    try:
        decoded = label[len(ACE_PREFIX) :].encode("ascii").decode("punycode")
    except UnicodeError as error:
        raise ValueError(f"the part {label!r} starts as an A-label but is none") from error
    if decoded.isascii():
        raise ValueError(f"the part {label!r} starts as an A-label but is none")


def _to_ascii(label: str) -> str:
    import unicodedata
    from encodings.idna import nameprep

    refusal = f"clients do not agree on the A-label of {label!r}: write it as xn--… as the app asks for it"
    if any(character in DEVIATIONS for character in label):
        raise ValueError(refusal)
    mapped = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    try:
        prepared = nameprep(label)
    except UnicodeError as error:
        raise ValueError(f"the part {label!r} holds something that no host name has") from error
    known = all(unicodedata.ucd_3_2_0.category(c) in LETTERS_AND_DIGITS or c == "-" for c in mapped)
    if mapped != prepared or not known or unicodedata.category(mapped[0])[0] == "M":
        raise ValueError(refusal)
    if mapped.isascii():
        return mapped
    return ACE_PREFIX + mapped.encode("punycode").decode("ascii")
