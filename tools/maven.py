"""Jars from Maven Central, by coordinates and SHA-256, fetched by Maven's own client into the local repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(os.environ.get("PINFUSE_M2") or Path.home() / ".m2" / "repository")
FETCH_SECONDS = 900


class ArtifactError(Exception):
    """A jar could not be fetched, or is not the one that was pinned."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One jar: ``group:name:version`` and the SHA-256 of its bytes in hex."""

    coordinates: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where Maven keeps the jar; it need not exist yet."""
        group, name, version = self.coordinates.split(":")
        return REPOSITORY.joinpath(*group.split("."), name, version, f"{name}-{version}.jar")

    def fetch(self) -> Path:
        """The path of the jar, downloaded if need be and checked; raises `ArtifactError`."""
        if not self.path.is_file():
            self._download()
        with self.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            raise ArtifactError(f"{self.path}: SHA-256 is {found}, pinned is {self.sha256}; delete it and run again")
        return self.path

    def _download(self) -> None:
        if shutil.which("mvn") is None:
            raise ArtifactError(f"{self.coordinates} is not here and mvn is not installed (Debian: maven)")
        command = [
            "mvn", "-q", "-B", "dependency:get", "-Dtransitive=false",
            f"-Dartifact={self.coordinates}", f"-Dmaven.repo.local={REPOSITORY}",
        ]  # fmt: skip
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FETCH_SECONDS)
        if run.returncode or not self.path.is_file():
            raise ArtifactError(f"mvn could not fetch {self.coordinates}: {run.stdout[-500:]}{run.stderr[-500:]}")
