"""Every table and key of a set file, once: the loader and the JSON Schema for editors are both made from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pinfuse.policy.model import (
    Checks,
    Fallback,
    FirstUseScope,
    FusionSet,
    Match,
    Mode,
    Notification,
    Require,
    Show,
    WebView,
)

DIGESTS = {"none": 0, "sha256": 256, "sha384": 384, "sha512": 512}
"""``min-digest`` → least bits of a signature's digest."""
LONGEST_TEXT = 1000
FIRST_USE = "first-use"
MOST_REMEMBERED = 512
"""Hosts that one install remembers (``stub/core/memory.h``)."""


class Kind(StrEnum):
    """What a value must be."""

    TEXT = "text"
    FLAG = "true or false"
    NUMBER = "a whole number"
    DATE = "a date"
    TRUST = "a path or hash, or a list of them"
    LINE = "one line of text"
    MESSAGE = "a text, maybe with placeholders"
    URL = "an https address"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it holds, and its words for people. ``choices`` limit a text, ``least`` and ``most`` a number."""

    kind: Kind
    about: str
    choices: tuple[str, ...] = ()
    default: str | bool | int | None = None
    required: bool = False
    least: int = 0
    most: int = 0


NONE = FusionSet()
CHECKS = Checks()


def _choice(kind: type[StrEnum], about: str, default: StrEnum | None) -> Key:
    return Key(Kind.TEXT, about, tuple(kind), default.value if default else None)


def _fallback(about: str, default: Fallback, *others: Fallback) -> Key:
    return Key(Kind.TEXT, about, tuple(one.value for one in (default, *others)), default.value)


TRANSLATED: Mapping[str, Key] = {
    "title": Key(Kind.LINE, "Title of the dialog."),
    "message": Key(Kind.MESSAGE, "Its text; {app}, {host} and {reason} are filled in."),
    "button": Key(Kind.LINE, "Its button."),
}
"""What of ``[notification]`` may stand in ``[notification.LANGUAGE]`` too."""

TABLES: Mapping[str, Mapping[str, Key]] = {
    "set": {
        "name": Key(Kind.TEXT, "Name of the set.", required=True),
        "description": Key(Kind.TEXT, "What the set is for."),
        "icon": Key(Kind.TEXT, "A word or picture that stands for the set."),
        "release": Key(Kind.FLAG, "Warnings become errors, and the debug key is refused.", default=NONE.release),
    },
    "pinning": {
        "mode": _choice(Mode, "enforce refuses sessions; report only tells the verdict.", NONE.mode),
        "unlisted-hosts": _fallback("Hosts without a pin.", NONE.unlisted_hosts, Fallback.BLOCK),
        "no-host": _fallback(
            "Sessions of unknown host whose trust manager is the app's.", NONE.no_host, Fallback.SYSTEM
        ),
        "first-use-scope": Key(
            Kind.TEXT,
            "all: hosts without a pin are trusted on first use too.",
            tuple(FirstUseScope),
            NONE.first_use.scope.value,
        ),
        "first-use-limit": Key(
            Kind.NUMBER,
            "How many hosts are remembered at most, besides those that a [[pin]] names exactly.",
            default=NONE.first_use.limit,
            least=1,
            most=MOST_REMEMBERED,
        ),
    },
    "pin": {
        "host": Key(Kind.TEXT, "A host, *.host (one label) or **.host (any depth and the apex).", required=True),
        "trust": Key(Kind.TRUST, 'Files of certificates, sha256/… hashes, or "first-use".', required=True),
        "match": _choice(Match, "What of the certificate is pinned.", None),
        "backup": Key(Kind.TRUST, "The keys that will be used next."),
        "expires": Key(Kind.DATE, "The day (00:00 UTC) from which the pin no longer holds."),
        "after-expiry": _fallback("Who decides after that day.", Fallback.SYSTEM, Fallback.BLOCK),
    },
    "checks": {
        "apply-to": Key(Kind.TEXT, "all: hosts without a pin are checked too.", ("pinned", "all"), "pinned"),
        "certificate-roles": Key(Kind.FLAG, "basicConstraints and key usage.", default=CHECKS.certificate_roles),
        "min-rsa-bits": Key(Kind.NUMBER, "0: off.", default=CHECKS.min_rsa_bits, most=16384),
        "min-ec-bits": Key(Kind.NUMBER, "0: off.", default=CHECKS.min_ec_bits, most=521),
        "min-digest": Key(Kind.TEXT, "Weakest digest of a signature; none: off.", tuple(DIGESTS), "sha256"),
    },
    "notification": {
        **TRANSLATED,
        "link": Key(Kind.URL, "An https:// address for more."),
        "show": _choice(Show, "How often the dialog is shown for one host.", Notification().show),
    },
    "report": {
        "url": Key(Kind.URL, "An https:// address that is told of every refusal, as JSON."),
    },
    "coverage": {
        "require": _choice(Require, "all: what cannot be covered fails the build (default for a release).", None),
        "webview": _choice(WebView, "strict: a WebView's proceed() becomes cancel().", NONE.coverage.webview),
    },
    "android": {
        "nsc-pins": Key(
            Kind.FLAG,
            "true: pins stand readable in the network security config too, where the system checks them.",
            default=NONE.android.nsc_pins,
        ),
    },
    "ios": {
        "ats-pins": Key(
            Kind.FLAG,
            "true: pins stand readable in the Info.plist too, where the system checks them.",
            default=NONE.ios.ats_pins,
        ),
    },
}
ARRAYS = ("pin",)
"""Tables that are written ``[[…]]``."""
TRANSLATABLE = "notification"
"""The table that may hold a table for each language."""
