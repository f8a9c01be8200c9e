"""Passwords as apksigner takes them: ``pass:…``, ``env:NAME``, ``file:PATH`` or ``stdin``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pinfuse.errors import SigningError

WORDS = "give pass:PASSWORD, env:NAME, file:PATH or stdin"
LONGEST = 4096


def read_password(spec: str | None, option: str) -> bytes | None:
    """The password that ``spec`` stands for; None for none. Raises `SigningError`, which never shows a password."""
    if spec is None:
        return None
    kind, colon, rest = spec.partition(":")
    reader = READERS.get(kind)
    if reader is None or (kind != "stdin" and not colon):
        raise SigningError("this is no way to give a password", where=option, todo=WORDS)
    return reader(rest, option)


def _environment(name: str, option: str) -> bytes:
    if name not in os.environ:
        raise SigningError(f"there is no environment variable {name}", where=option, todo=WORDS)
    return os.environ[name].encode()


def _file(name: str, option: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(LONGEST).split(b"\n")[0].rstrip(b"\r")
    except OSError as error:
        raise SigningError(f"{name} cannot be read: {error.strerror}", where=option, todo=WORDS) from error


def _stdin(_: str, __: str) -> bytes:
    return sys.stdin.readline(LONGEST).rstrip("\r\n").encode()


READERS: Mapping[str, Callable[[str, str], bytes]] = {
    "pass": lambda text, _: text.encode(),
    "env": _environment,
    "file": _file,
    "stdin": _stdin,
}
