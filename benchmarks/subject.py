"""The apps that are measured: a real one of 18 MB with 16 DEX files, out of a pinned npm package; one that is grown."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

PACKAGE = "appium-uiautomator2-server@10.6.6"
MEMBER = "package/apks/appium-uiautomator2-server-v10.6.6.apk"
SHA256 = "8ff760a2a86b487f53090fbdcd5b0360e67d02bb811887d527a9557b0d59c80d"
CACHE = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"


class SubjectError(Exception):
    """The app could not be fetched, or is not the one that was pinned."""


def subject() -> Path:
    """The path of the app, fetched by npm if need be; raises `SubjectError`."""
    apk = CACHE / Path(MEMBER).name
    if not apk.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        _fetch(apk)
    found = hashlib.sha256(apk.read_bytes()).hexdigest()
    if found != SHA256:
        raise SubjectError(f"{apk}: SHA-256 is {found}, pinned is {SHA256}; delete it and run again")
    return apk


def grown(ipa: Path, size: int, target: Path) -> Path:
    """A copy of an IPA with pictures of noise beside its program until it has ``size`` bytes."""
    noise, piece = random.Random(1), 1_000_000
    shutil.copyfile(ipa, target)
    with zipfile.ZipFile(target, "a") as archive:
        main = next(name for name in archive.namelist() if name.startswith("Payload/") and ".app/" in name)
        folder = main[: main.index(".app/") + 5]
        for number in range(max(0, size - ipa.stat().st_size) // piece):
            archive.writestr(f"{folder}noise/{number}.png", noise.randbytes(piece))
    return target


def _fetch(apk: Path) -> None:
    if shutil.which("npm") is None:
        raise SubjectError("npm is not installed; give an app of your own with --apk")
    done = subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=CACHE, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise SubjectError(f"npm could not fetch {PACKAGE}: {done.stderr[-500:]}")
    with tarfile.open(CACHE / done.stdout.split()[-1]) as package:
        member = package.extractfile(MEMBER)
        if member is None:
            raise SubjectError(f"{PACKAGE} has no {MEMBER}")
        apk.write_bytes(member.read())
