"""Texts of a set that a phone shows or connects to: what may stand in them, checked before they are sealed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from pinfuse.errors import PinError
from pinfuse.policy.hosts import parse_host
from pinfuse.policy.keys import Kind

PLACEHOLDERS = ("app", "host", "reason")
"""What may stand in braces in a message: the app's name, the host, the reason's word."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
"""A language tag as Android and iOS give it (BCP 47): language, script, region."""
URL_CHARACTERS = re.compile(r"[!-~]+")
LOWEST_PRINTED, DELETE, LAST_CONTROL = " ", "\x7f", "\x9f"

Fault = tuple[str, str]
"""What is wrong, and what helps."""


def fault_of(kind: Kind, text: str) -> Fault | None:
    """What stands against this text as a value of this kind; None for nothing, and for other kinds."""
    check = CHECKS.get(kind)
    return None if check is None else check(text)


def language_fault(tag: str) -> Fault | None:
    """What is wrong with a language tag."""
    if LANGUAGE.fullmatch(tag):
        return None
    return f"{tag[:40]!r} is no language", "write a tag such as de, pt-BR or zh-Hant"


def _line(text: str) -> Fault | None:
    if not text.strip():
        return "it is empty", "leave it out for the built-in text"
    if any(_is_control(char) for char in text):
        return "a control character stands in it", "write one line of plain text"
    return None


def _message(text: str) -> Fault | None:
    fault = _line(text.replace("\n", " ").replace("\t", " "))
    if fault:
        return fault
    names = re.findall(r"\{([^{}]*)\}", text)
    wrong = [name for name in names if name not in PLACEHOLDERS]
    if wrong or text.count("{") != len(names) or text.count("}") != len(names):
        what = f"{{{wrong[0][:20]}}} is no placeholder" if wrong else "a brace stands alone"
        return what, "these are known: " + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    return None


def _url(text: str) -> Fault | None:
    todo = "write an address such as https://example.com/help"
    if not text.startswith("https://") or not URL_CHARACTERS.fullmatch(text):
        return "it is no https:// address", todo
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
        named = parse_host(host)
    except (ValueError, PinError):
        return "it names no host", todo
    if named.match:
        return "it names no single host", todo
    if "@" in parts.netloc or parts.fragment or "\\" in text:
        return "it holds a user name, a fragment or a backslash", "everybody can read it: leave these out"
    return None


def _is_control(char: str) -> bool:
    return char < LOWEST_PRINTED or DELETE <= char <= LAST_CONTROL or char in "\u2028\u2029"


CHECKS: Mapping[Kind, Callable[[str], Fault | None]] = {Kind.LINE: _line, Kind.MESSAGE: _message, Kind.URL: _url}
