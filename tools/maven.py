"""Jars from Maven Central (androidx: Google's), by coordinates and SHA-256, fetched by Maven's own client."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(os.environ.get("PINFUSE_M2") or Path.home() / ".m2" / "repository")
FETCH_SECONDS = 900
PROJECT = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>pinfuse</groupId><artifactId>fetch</artifactId><version>1</version><packaging>pom</packaging>
  <repositories>
    <repository><id>central</id><url>https://repo.maven.apache.org/maven2</url></repository>
    <repository><id>google</id><url>https://maven.google.com</url></repository>
  </repositories>
  <build><plugins><plugin>
    <groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
    <configuration><artifactItems>ITEMS</artifactItems></configuration>
  </plugin></plugins></build>
</project>
"""
"""A project that only names what is wanted; the plugin copies it beside the project, and both are thrown away."""


class ArtifactError(Exception):
    """A jar could not be fetched, or is not the one that was pinned."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One jar, or another file: ``group:name:version[:type]``, and the SHA-256 of its bytes in hex."""

    coordinates: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where Maven keeps the jar; it need not exist yet."""
        group, name, version, kind = self.parts
        return REPOSITORY.joinpath(*group.split("."), name, version, f"{name}-{version}.{kind}")

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """Group, name, version and type."""
        group, name, version, *kind = self.coordinates.split(":")
        return group, name, version, (*kind, "jar")[0]

    def fetch(self) -> Path:
        """The path of the jar, downloaded if need be and checked; raises `ArtifactError`."""
        if not self.path.is_file():
            download([self])
        with self.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            raise ArtifactError(f"{self.path}: SHA-256 is {found}, pinned is {self.sha256}; delete it and run again")
        return self.path


def fetch_all(artifacts: Sequence[Artifact]) -> list[Path]:
    """The paths of many, with one run of Maven for all that are not here yet; raises `ArtifactError`."""
    absent = [one for one in artifacts if not one.path.is_file()]
    if absent:
        download(absent)
    return [one.fetch() for one in artifacts]


def download(artifacts: Sequence[Artifact]) -> None:
    """Let Maven fetch these, and nothing that they depend on, into the repository."""
    wanted = ", ".join(one.coordinates for one in artifacts)
    if shutil.which("mvn") is None:
        raise ArtifactError(f"mvn is not installed (Debian: maven), and not here: {wanted}")
    with tempfile.TemporaryDirectory(prefix="pinfuse-maven-") as folder:
        project = Path(folder) / "pom.xml"
        project.write_text(PROJECT.replace("ITEMS", "".join(map(_item, artifacts))))
        command = ["mvn", "-q", "-B", "-f", str(project), "dependency:copy", f"-Dmaven.repo.local={REPOSITORY}"]
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FETCH_SECONDS)
    if run.returncode or not all(one.path.is_file() for one in artifacts):
        raise ArtifactError(f"mvn could not fetch {wanted}: {run.stdout[-500:]}{run.stderr[-500:]}")


def _item(artifact: Artifact) -> str:
    names = ("groupId", "artifactId", "version", "type")
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, artifact.parts, strict=True))
    return f"<artifactItem>{fields}</artifactItem>"
