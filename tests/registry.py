"""Files out of packages of npm and PyPI, by the SHA-256 of the file; fetched once by the registries' own clients."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("PINFUSE_TEST_CACHE") or Path.home() / ".cache" / "pinfuse-tests")
SECONDS = 300
WHEEL = ("--only-binary=:all:", "--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_28_aarch64")


@dataclass(frozen=True, slots=True)
class Packed:
    """One file: ``npm:name@version`` or ``pypi:name==version`` (a wheel), its path there, and its SHA-256 in hex.

    A path with ``!`` goes on inside a tar archive of the package.
    """

    package: str
    member: str
    sha256: str

    def fetch(self) -> Path:
        """The file in the cache, checked; skips the calling test where the registry does not answer."""
        kept = CACHE / self.sha256 / self.member.rsplit("/", 1)[-1]
        if not kept.is_file():
            self._keep(kept)
        found = hashlib.sha256(kept.read_bytes()).hexdigest()
        assert found == self.sha256, f"{self.package} holds another {self.member}: {found}"
        return kept

    def _keep(self, kept: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="pinfuse-registry-") as name:
            _download(self.package, Path(name))
            (archive,) = Path(name).iterdir()
            outer, _, inner = self.member.partition("!")
            out = Path(name) / "out"
            _extract(archive, outer, out)
            if inner:
                _extract(out / outer, inner, out)
            kept.parent.mkdir(parents=True, exist_ok=True)
            beside = kept.with_name(f"{kept.name}.{os.getpid()}")
            shutil.copyfile(out / (inner or outer), beside)
            beside.replace(kept)


def _download(package: str, folder: Path) -> None:
    registry, _, name = package.partition(":")
    if registry == "npm":
        command = ["npm", "pack", "--silent", name]
    else:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--python-version", "3.11", *WHEEL, name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        pytest.skip(f"{package} could not be fetched: {done.stderr.strip()[-200:]}")


def _extract(archive: Path, member: str, out: Path) -> None:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            wheel.extract(member, out)
    else:
        with tarfile.open(archive) as ball:
            ball.extract(member, out, filter="data")
