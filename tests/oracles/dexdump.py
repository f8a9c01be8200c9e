"""Android's dexdump: its DEX verifier accepts every DEX file, and every instruction can be decoded."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from tests.oracles._run import run


def available() -> bool:
    return shutil.which("dexdump") is not None


def check(apk: Path) -> list[str]:
    with zipfile.ZipFile(apk) as archive:
        if "classes.dex" not in archive.namelist():
            return []
    said = run("dexdump", "-d", "-o", "/dev/null", apk)
    return [line.strip() for line in said.stderr.splitlines() if line.strip()] or said.failure("dexdump")
