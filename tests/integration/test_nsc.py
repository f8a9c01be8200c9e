"""Layer A3 in whole apps made by aapt2: what it reads of them afterwards, and what Android would make of it."""

from __future__ import annotations

import re
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples.demo.build_app import aapt2_and_framework
from examples.demo.run import World
from pinfuse.android.nsc.write import ATTRIBUTE, FILE
from tests.conftest import pinfuse, signing_options
from tests.fixtures.dex import Class, Source, build
from tests.oracles import ORACLES
from tests.unit.nsc.reference import Phone, parse, to_xml
from tests.unit.policy.test_set_file import HASH, OTHER
from tools.maven import ArtifactError

OWN = """<network-security-config>
  <domain-config cleartextTrafficPermitted="{clear}">
    <domain includeSubdomains="true">example.com</domain>
  </domain-config>
</network-security-config>"""
STRINGS = """<resources><string name="app_name">Über &amp; more</string>
<string name="styled">This is <b>bold</b> and <i>so</i> on</string></resources>"""
MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="org.example.nsc"
  android:versionCode="3" android:versionName="1.3">
  <uses-sdk android:minSdkVersion="24" android:targetSdkVersion="34"/>
  <application android:label="@string/app_name" {}/>
</manifest>"""
SET = """[set]
name = "nsc"
{more}
[[pin]]
host = "api.example.com"
trust = ["{one}", "{two}"]
[[pin]]
host = "**.example.org"
trust = ["{two}"]
[android]
nsc-pins = {wanted}
"""


@dataclass(frozen=True)
class Tool:
    aapt2: Path
    framework: Path

    def run(self, *words: object) -> str:
        done = subprocess.run([str(self.aapt2), *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def app(self, folder: Path, attributes: str = "", configs: Mapping[str, str] | None = None) -> Path:
        """An app with a styled string and, where they are given, configs by the name of their folder."""
        for name, text in {"values/strings.xml": STRINGS, **(configs or {})}.items():
            path = folder / "res" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "AndroidManifest.xml").write_text(MANIFEST.format(attributes))
        self.run("compile", "--dir", folder / "res", "-o", folder / "res.zip")
        app, manifest = folder / "app.apk", folder / "AndroidManifest.xml"
        self.run("link", "-I", self.framework, "--manifest", manifest, "-o", app, folder / "res.zip")
        with zipfile.ZipFile(app, "a") as archive:
            archive.writestr("classes.dex", build(Source((Class("Lorg/example/A;"),))))
        return app


@pytest.fixture(scope="module")
def tool() -> Tool:
    try:
        return Tool(*aapt2_and_framework(Path(tempfile.mkdtemp(prefix="pinfuse-aapt2-"))))
    except ArtifactError as error:
        pytest.skip(f"aapt2 is not here: {error}")


@dataclass(frozen=True)
class Built:
    done: Any
    output: Path

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(self.output) as archive:
            return archive.read(name)

    def phone(self, name: str = FILE) -> Phone:
        return parse(to_xml(self.read(name)))


def fuse(app: Path, world: World, more: str = "", wanted: str = "true") -> Built:
    text = SET.format(one=HASH, two=OTHER, more=more, wanted=wanted)
    (app.parent / "set.toml").write_text(text)
    output = app.with_suffix(".out.apk")
    done = pinfuse("build", app, "--set", app.parent / "set.toml", "--no-proof", *signing_options(world), "-o", output)
    return Built(done, output)


def resources(tool: Tool, apk: Path) -> dict[str, str]:
    """Name → id, as aapt2 reads the table."""
    said = tool.run("dump", "resources", apk)
    return {name: number for number, name in re.findall(r"resource (0x[0-9a-f]{8}) (\S+)", said)}


@pytest.mark.parametrize("others", [False, True], ids=["no files", "files"])
def test_an_app_without_a_config_gets_one(tool: Tool, world: World, tmp_path: Path, others: bool) -> None:
    app = tool.app(tmp_path, 'android:usesCleartextTraffic="true"', {"xml/paths.xml": "<paths/>"} if others else {})
    built = fuse(app, world)
    assert built.done.exit_code == 0, built.done.stderr
    assert f"readable in {FILE}" in built.done.stdout + built.done.stderr
    assert "A3 network security config" in built.done.stdout + built.done.stderr
    before, after = resources(tool, app), resources(tool, built.output)
    (added,) = after.keys() - before.keys()
    assert {name: after[name] for name in before} == before
    assert added == ("raw/zqk" if others else "xml/zqk")
    said = tool.run("dump", "xmltree", built.output, "--file", "AndroidManifest.xml")
    assert f"networkSecurityConfig({ATTRIBUTE:#010x})=@{after[added]}" in said
    shown = tool.run("dump", "xmltree", built.output, "--file", FILE)
    assert shown.count("E: domain ") == 2
    assert "T: 'api.example.com'" in shown
    strings = tool.run("dump", "strings", built.output)
    for text in ("Über & more", "This is bold and so on", FILE):
        assert text in strings
    phone = built.phone()
    assert phone.base.cleartext is True
    assert {one.removeprefix("sha256/") for one in (HASH, OTHER)} == phone.of("api.example.com").pins
    assert phone.of("x.example.org").pins == {OTHER.removeprefix("sha256/")}
    assert not phone.of("example.com").pins
    for name, oracle in ORACLES.items():
        if name != "dexdump" and oracle.available():
            assert oracle.check(built.output) == [], name


def test_a_config_of_the_app_is_extended_in_every_configuration(tool: Tool, world: World, tmp_path: Path) -> None:
    configs = {"xml/nsc.xml": OWN.format(clear="true"), "xml-v28/nsc.xml": OWN.format(clear="false")}
    app = tool.app(tmp_path, 'android:networkSecurityConfig="@xml/nsc"', configs)
    built = fuse(app, world)
    assert built.done.exit_code == 0, built.done.stderr
    with zipfile.ZipFile(app) as old, zipfile.ZipFile(built.output) as new:
        assert FILE not in new.namelist()
        assert old.read("resources.arsc") == new.read("resources.arsc")
    for name, clear in (("res/xml/nsc.xml", True), ("res/xml-v28/nsc.xml", False)):
        phone = built.phone(name)
        assert len(phone.of("api.example.com").pins) == 2
        assert phone.of("api.example.com").cleartext is phone.of("www.example.com").cleartext is clear
        assert not phone.of("www.example.com").pins
        assert "api.example.com" in tool.run("dump", "xmltree", built.output, "--file", name)


def test_nothing_is_readable_where_the_set_does_not_ask(tool: Tool, world: World, tmp_path: Path) -> None:
    built = fuse(tool.app(tmp_path), world, wanted="false")
    assert built.done.exit_code == 0, built.done.stderr
    with zipfile.ZipFile(built.output) as archive:
        assert FILE not in archive.namelist()
        assert not any(b"api.example.com" in archive.read(name) for name in archive.namelist())


def test_what_cannot_be_written_is_said_and_stops_a_release(tool: Tool, world: World, tmp_path: Path) -> None:
    alone = OWN.format(clear="true").replace("example.com", "example.org").replace('"true">', '"false">')
    app = tool.app(tmp_path, 'android:networkSecurityConfig="@xml/nsc"', {"xml/nsc.xml": alone})
    built = fuse(app, world)
    assert built.done.exit_code == 0
    assert "example.org alone" in built.done.stdout + built.done.stderr
    assert built.phone("res/xml/nsc.xml").of("api.example.com").pins
    (tmp_path / "app.out.apk").unlink()
    release = 'release = true\n[coverage]\nrequire = "report"'
    words = ("--no-proof", *signing_options(world), "-o", built.output)
    stopped = pinfuse("build", app, "--set", _release(app, release), *words)
    assert stopped.exit_code == 1, stopped.stderr
    assert "example.org alone" in stopped.stderr
    assert not built.output.exists()


def _release(app: Path, more: str) -> Path:
    path = app.parent / "release.toml"
    text = SET.format(one=HASH, two=OTHER, more=more, wanted="true")
    path.write_text(text.replace(f'trust = ["{OTHER}"]', f'trust = ["{OTHER}", "{HASH}"]'))
    return path


@pytest.mark.parametrize(
    ("attributes", "configs", "said"),
    [
        ('android:networkSecurityConfig="@xml/nsc"', {"xml/nsc.xml": "<paths/>"}, "its root is <paths>"),
        ('android:networkSecurityConfig="@string/app_name"', {}, "is not there"),
        ('android:usesCleartextTraffic="@bool/clear"',
         {"values/b.xml": '<resources><bool name="clear">true</bool></resources>'}, "is a reference"),
    ],
)  # fmt: skip
def test_an_app_that_cannot_take_pins_is_refused_in_words(
    tool: Tool, world: World, tmp_path: Path, attributes: str, configs: dict[str, str], said: str
) -> None:
    built = fuse(tool.app(tmp_path, attributes, configs), world)
    assert built.done.exit_code == 3
    assert said in built.done.stderr
    assert "nsc-pins = false" in built.done.stderr
    assert not built.output.exists()
