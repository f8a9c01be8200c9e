"""The lab's own app, made anew for each set of libraries: manifest by aapt2, code by javac and dalvik-dx."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.demo.build_app import ANDROID, DX, aapt2_and_framework, write_entry
from tests.lab.device import lab_classes, run
from tests.lab.libraries import Library

APP = Path(__file__).with_name("app")
PACKAGE, APPLICATION = "org.example.pinfuse.harness", "harness.HarnessApplication"
FACTORY, PROVIDERS, CLIENTS = "harness.HarnessFactory", ("harness.StartProvider",), "harness.Clients"
TARGET_SDK, MIN_SDK = 35, 21


@dataclass(frozen=True)
class Harness:
    """The finished app, and the jars that it needs beside it."""

    apk: Path
    dex: tuple[str, ...]
    jars: tuple[Path, ...]


def manifest(out: Path, target_sdk: int = TARGET_SDK, min_sdk: int = MIN_SDK) -> Path:
    """An APK with nothing but the manifest in binary form."""
    out.mkdir(parents=True, exist_ok=True)
    aapt2, framework = aapt2_and_framework(out)
    source = out / "AndroidManifest.xml"
    text = (APP / "AndroidManifest.xml").read_text()
    for name, level in (("target", target_sdk), ("min", min_sdk)):
        text = re.sub(rf'{name}SdkVersion="\d+"', f'{name}SdkVersion="{level}"', text)
    source.write_text(text)
    linked = out / "linked.apk"
    run(aapt2, "link", "-I", framework, "--manifest", source, "-o", linked)
    return linked


def compile_app(variant: str, libraries: Sequence[Library], out: Path) -> Path:
    """The app's class files; they are compiled against the real classes of Android and the real libraries."""
    jars = [ANDROID.fetch(), lab_classes()]
    for one in libraries:
        path = one.artifact.fetch()
        if path.suffix == ".aar":
            with zipfile.ZipFile(path) as archive:
                path = Path(archive.extract("classes.jar", out / one.name))
        jars.append(path)
    sources = sorted(path for part in ("common", variant) for path in (APP / "java" / part).rglob("*.java"))
    classes = out / "classes"
    run(
        "javac", "--release", "8", "-nowarn", "-Xlint:-options", "-proc:none", "-encoding", "UTF-8",
        "-cp", os.pathsep.join(map(str, jars)), "-d", classes, *sources,
    )  # fmt: skip
    return classes


def to_dex(inputs: Sequence[Path], out: Path) -> None:
    """Class files (a folder, jars) to one DEX file of API level 26, whose lambdas are still those of Java 8."""
    run(
        "java", "-Xmx1g", "-XX:+UseSerialGC", "-cp", DX.fetch(), "com.android.dx.command.Main", "--dex",
        "--min-sdk-version=26", f"--output={out}", *inputs,
    )  # fmt: skip


def repacked(library: Library, out: Path) -> Path:
    """A jar of its Java 8 class files alone, as dx wants it."""
    with zipfile.ZipFile(out, "w") as target:
        for name, data in library.classes():
            target.writestr(name, data)
    return out


def resources(libraries: Sequence[Library]) -> dict[str, bytes]:
    """What libraries bring besides code, as the Android build puts it into the app: lists of services are joined."""
    found: dict[str, bytes] = {}
    for name, data in (entry for one in libraries for entry in one.resources()):
        joined = name in found and name.startswith("META-INF/services/")
        found[name] = found[name].rstrip() + b"\n" + data if joined else data
    return found


def build_harness(
    variant: str,
    libraries: Sequence[Library],
    out: Path,
    *,
    target_sdk: int = TARGET_SDK,
    min_sdk: int = MIN_SDK,
    assets: Mapping[str, bytes] | None = None,
) -> Harness:
    """The app with these libraries: its own code in classes.dex, the libraries' in classes2.dex; ``out`` is kept.

    A second call with the same ``out`` takes the DEX files of the first.
    """
    linked = manifest(out, target_sdk, min_sdk)
    inside = [one for one in libraries if one.form == "dex"]
    dex = [out / name for name in ("classes.dex", "classes2.dex")[: 1 + bool(inside)]]
    if not all(one.is_file() for one in dex):
        to_dex([compile_app(variant, libraries, out)], dex[0])
        if inside:
            to_dex([repacked(one, out / f"{one.name}.jar") for one in inside], dex[1])
    apk = out / f"harness-{target_sdk}-{min_sdk}.apk"
    with zipfile.ZipFile(linked) as source, zipfile.ZipFile(apk, "w") as target:
        for name in sorted(source.namelist()):
            write_entry(target, name, source.read(name))
        for one in dex:
            write_entry(target, one.name, one.read_bytes())
        for name, data in (resources(inside) | dict(assets or {})).items():
            write_entry(target, name, data)
    jars = tuple(one.artifact.fetch() for one in libraries if one.form == "jar")
    return Harness(apk, tuple(one.name for one in dex), jars)


def plugin(kind: str, app: Path, out: Path) -> bytes:
    """A DEX file for the app in ``app`` to load at run time: ``naming`` SSLContext, or ``quiet``."""
    classes = out / kind
    sources = sorted((APP / "plugin" / kind).rglob("*.java"))
    run("javac", "--release", "8", "-nowarn", "-Xlint:-options", "-cp", app / "classes", "-d", classes, *sources)
    to_dex([classes], out / f"{kind}.dex")
    return (out / f"{kind}.dex").read_bytes()
