"""Which format a file has: found by its first bytes, never by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pinfuse.errors import UnsupportedApp
from pinfuse.formats import App


def _open_apk(path: Path) -> App:
    from pinfuse.android.apk import ApkFile

    return ApkFile(path)


FORMATS: Mapping[bytes, Callable[[Path], App]] = {
    b"PK\x03\x04": _open_apk,
    b"PK\x05\x06": _open_apk,
    b"dex\n": _open_apk,
}
"""First bytes of a file → how it is opened; a DEX in front of an archive (Janus) is for that reader to refuse."""


def open_app(path: Path) -> App:
    """Open an app of any known format.

    Raises `pinfuse.errors.UnsupportedApp` for a file of no known format, `OSError` as the system gives it.
    """
    with path.open("rb") as file:
        magic = file.read(4)
    for start, opener in FORMATS.items():
        if magic.startswith(start):
            return opener(path)
    raise UnsupportedApp(
        "this is not an app that pinfuse knows: the file starts with " + (magic.hex(" ") or "nothing"),
        where=path.name,
        todo="give a finished APK",
    )
