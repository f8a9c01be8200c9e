"""Android's zipalign: stored entries on 4 bytes, stored libraries on pages (16 KiB where the tool knows them)."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from tests.oracles._run import run

ALIGNMENT = "4"
BAD = "(BAD"


def available() -> bool:
    return shutil.which("zipalign") is not None


@cache
def page_options() -> tuple[str, ...]:
    """``-P 16`` since build-tools 35, before that ``-p`` (4 KiB)."""
    usage = run("zipalign")
    return ("-P", "16") if "-P" in usage.stdout + usage.stderr else ("-p",)


def check(apk: Path) -> list[str]:
    said = run("zipalign", "-c", "-v", *page_options(), ALIGNMENT, apk)
    bad = [line.strip() for line in said.stdout.splitlines() if BAD in line]
    return bad or said.failure("zipalign")
