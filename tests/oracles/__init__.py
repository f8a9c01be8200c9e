"""Readers that we did not write, each with ``available() -> bool`` and ``check(apk) -> complaints``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tests.oracles import aapt, androguard, apksigner, dexdump, pyaxmlparser, zipalign


class Oracle(Protocol):
    """One foreign reader."""

    def available(self) -> bool:
        """Whether the tool is on this machine."""

    def check(self, apk: Path) -> list[str]:
        """What the tool complains about, nothing for a file it reads without complaint."""


ORACLES: Mapping[str, Oracle] = {
    "apksigner": apksigner,
    "zipalign": zipalign,
    "aapt": aapt,
    "dexdump": dexdump,
    "androguard": androguard,
    "pyaxmlparser": pyaxmlparser,
}
