"""pyaxmlparser: a second, older reader of binary XML and of the resource table."""

from __future__ import annotations

import logging
from pathlib import Path


def available() -> bool:
    try:
        import pyaxmlparser  # noqa: F401 - only whether it is here
    except ImportError:
        return False
    return True


def check(apk: Path) -> list[str]:
    from pyaxmlparser import APK

    logging.getLogger("pyaxmlparser").setLevel(logging.ERROR)
    try:
        read = APK(str(apk))
        complaints = [] if read.is_valid_APK() else ["is_valid_APK() is false"]
        return complaints if read.package else [*complaints, "no package name"]
    except Exception as error:  # a foreign reader may raise anything; that is its complaint
        return [f"{type(error).__name__}: {error}"]
