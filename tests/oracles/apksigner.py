"""Google's apksigner: do the signatures hold, for every Android version the manifest allows?"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.oracles._run import run

NOT_COVERED_BY_V1 = "not protected by signature"
"""A warning about the app's own files under META-INF, which no v1 signature ever covers; v2 does."""


def available() -> bool:
    return shutil.which("apksigner") is not None


def check(apk: Path) -> list[str]:
    said = run("apksigner", "verify", "--verbose", apk)
    warnings = [line for line in said.lines("ERROR", "WARNING", "DOES NOT") if NOT_COVERED_BY_V1 not in line]
    return warnings or said.failure("apksigner")


def schemes(apk: Path) -> set[str]:
    """The schemes that hold: ``v1``, ``v2``, ``v3``."""
    said = run("apksigner", "verify", "--verbose", apk)
    lines = said.lines("Verified using v")
    return {line.removeprefix("Verified using ").split()[0] for line in lines if line.endswith("true")}
