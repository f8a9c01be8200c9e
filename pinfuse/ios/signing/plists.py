"""Property lists out of files that may be hostile."""

from __future__ import annotations

import plistlib
from typing import Any

from pinfuse.errors import DamagedApp

LARGEST = 64 << 20
"""Bytes; CodeResources of an app with as many files as an archive holds have a third of it."""
DEEPEST, MOST_VALUES = 32, 1 << 17
"""A binary one can tell of one value many times, and be larger than it looks."""


def load_plist(data: bytes, where: str, most: int = MOST_VALUES) -> dict[str, Any]:
    """A property list whose top is a dictionary; ``where`` names it. Raises `DamagedApp` for anything else, and for
    one with more than ``most`` values.
    """
    if len(data) > LARGEST:
        raise DamagedApp(f"its property list has {len(data)} bytes", where=where)
    try:
        told = plistlib.loads(data)
    except Exception as error:  # the library lets every kind of error of its parsers through
        raise DamagedApp("it is no property list", where=where) from error
    if not isinstance(told, dict):
        raise DamagedApp("it is no property list of names and values", where=where)
    _require_plain(told, where, most)
    return told


def _require_plain(told: dict[str, Any], where: str, most: int) -> None:
    waiting: list[tuple[Any, int]] = [(told, 1)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        if not isinstance(value, dict | list):
            continue
        count += len(value) + 1
        if depth > DEEPEST or count > most:
            raise DamagedApp("its property list has too many values, or too deep ones", where=where)
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            raise DamagedApp("a name in its property list is no text", where=where)
        waiting += ((one, depth + 1) for one in (value.values() if isinstance(value, dict) else value))
