"""Android's aapt, the platform's own resource reader: the app's badge and the tree of its manifest."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.oracles._run import run

MANIFEST = "AndroidManifest.xml"
COMPLAINTS = ("ERROR", "W/", "E/", "error:", "AndroidManifest.xml:")
MIN_SDK = re.compile(r"^sdkVersion:'(\d+)'", re.MULTILINE)


def available() -> bool:
    return shutil.which("aapt") is not None


def check(apk: Path) -> list[str]:
    complaints = []
    for command in (("dump", "badging", apk), ("dump", "xmltree", apk, MANIFEST)):
        said = run("aapt", *command)
        complaints += said.lines(*COMPLAINTS) or said.failure("aapt")
    return complaints


def min_sdk(apk: Path) -> int:
    """The oldest API level the manifest allows, 1 when it names none (as the platform reads it)."""
    found = MIN_SDK.search(run("aapt", "dump", "badging", apk).stdout)
    return int(found[1]) if found else 1
