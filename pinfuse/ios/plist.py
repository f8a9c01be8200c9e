"""Property lists written in the form in which they were read, and never with something lost on the way."""

from __future__ import annotations

import plistlib
from collections.abc import Mapping
from typing import Any

from pinfuse.errors import UnsupportedApp
from pinfuse.ios.signing.plists import load_plist

LARGEST = 4 << 20
"""Bytes of an Info.plist."""
BINARY = b"bplist"


def read_plist(data: bytes, where: str) -> dict[str, Any]:
    """Names and values; raises `pinfuse.errors.DamagedApp` for what is no property list."""
    return load_plist(data, where)


def write_plist(value: Mapping[str, Any], like: bytes, where: str) -> bytes:
    """``value`` in the form of ``like``, binary or XML; raises `UnsupportedApp` where that form does not hold it."""
    form = plistlib.FMT_BINARY if like.startswith(BINARY) else plistlib.FMT_XML
    try:
        data = plistlib.dumps(dict(value), fmt=form, sort_keys=False)
    except (ValueError, TypeError, OverflowError) as error:
        raise UnsupportedApp(f"its property list cannot be written again: {error}", where=where) from error
    if load_plist(data, where) != value:
        raise UnsupportedApp("its property list would lose something when it is written again", where=where)
    return data


def text_of(info: Mapping[str, Any], key: str) -> str:
    """A value that must be text; empty where it is none."""
    value = info.get(key)
    return value if isinstance(value, str) else ""
