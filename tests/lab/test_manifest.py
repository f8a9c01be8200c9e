"""What a build changes in a package, as the package parsers of Android 7, 9, 11, 14, 15 and 16 see it.

Each app goes through the parser before and after the build, and all that the parser made of it is compared: nothing but
what ``expected`` names may differ.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.demo.build_app import aapt2_and_framework
from examples.demo.run import APP, World
from tests.conftest import build_options, pinfuse
from tests.corpus import corpus
from tests.fixtures.dex import Class, Source, build
from tests.integration.test_nsc import OWN, Tool, fuse
from tests.lab import harness
from tests.lab.framework import LEVELS, java_for
from tests.lab.parsers import Parsed, Refused, parse
from tools.maven import ArtifactError

FIRST = str(0x7FFFFFFF)
LEAST = 21
"""No build without it: real apps are raised to it."""
BOOT_AWARE = {24: 1 << 8, 28: 1 << 8, 34: 1 << 28, 35: 1 << 28, 36: 1 << 28}
"""The bit of ``partiallyDirectBootAware`` among a package's flags; a field of its own at API 30."""
FLAGS = {24: ".applicationInfo.privateFlags", 28: ".applicationInfo.privateFlags"}
MOST = 16
"""Providers that a build adds at most."""
MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="org.example.some">
  <uses-sdk android:minSdkVersion="21" android:targetSdkVersion="34"/>{}
</manifest>"""
BARE = "<application/>"
NAMED = """<application><service android:name=".S" android:process="@string/whole"/>
  <service android:name=".T" android:process="@string/private"/></application>"""
STRINGS = """<resources><string name="whole" translatable="false">org.example.whole</string>
  <string name="private" translatable="false">:p</string></resources>"""
ODD = """<uses-permission android:name="android.permission.INTERNET" android:maxSdkVersion="33"/>
  <uses-feature android:name="android.hardware.camera" android:required="false"/>
  <application android:label="Odd" android:process="org.example.odd" android:directBootAware="true"
      android:allowBackup="false" android:largeHeap="true" android:usesCleartextTraffic="true">
    <meta-data android:name="key" android:value="7"/>
    <activity android:name=".A" android:process=":a" android:exported="true" android:launchMode="singleTask">
      <intent-filter android:autoVerify="true"><action android:name="android.intent.action.VIEW"/>
        <category android:name="android.intent.category.DEFAULT"/>
        <data android:scheme="https" android:host="example.org" android:pathPrefix="/x"/></intent-filter>
    </activity>
    <activity-alias android:name=".B" android:targetActivity=".A" android:exported="false"/>
    <service android:name=".S" android:process="org.example.whole" android:exported="false"/>
    <service android:name=".I" android:process=":i" android:isolatedProcess="true" android:exported="false"/>
    <receiver android:name=".R" android:process=":r" android:exported="false" android:directBootAware="true"/>
    <provider android:name=".P" android:authorities="a.b;c.d" android:exported="false" android:initOrder="2147483647"/>
  </application>"""


@dataclass(frozen=True, slots=True)
class Case:
    """An app before and after the build, and what the build adds to its manifest."""

    before: Path
    after: Path
    processes: tuple[str, ...]
    """Of each provider that is added, in order."""
    min_sdk: int = 0
    """Raised to this where it was lower."""
    config: bool = False
    """A network security config is added."""


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    try:
        return Tool(*aapt2_and_framework(tmp_path_factory.mktemp("aapt2")))
    except ArtifactError as error:
        pytest.skip(f"aapt2 is not here: {error}")


def linked(tool: Tool, folder: Path, inside: str, strings: Mapping[str, str] | None = None) -> Path:
    """An app of one manifest, one class, and strings by the name of their folder."""
    folder.mkdir()
    (folder / "AndroidManifest.xml").write_text(MANIFEST.format(inside))
    app, compiled = folder / "app.apk", []
    for name, text in (strings or {}).items():
        (folder / "res" / name).mkdir(parents=True)
        (folder / "res" / name / "strings.xml").write_text(text)
    if strings:
        compiled = [folder / "res.zip"]
        tool.run("compile", "--dir", folder / "res", "-o", compiled[0])
    tool.run("link", "-I", tool.framework, "--manifest", folder / "AndroidManifest.xml", "-o", app, *compiled)
    with zipfile.ZipFile(app, "a") as archive:
        archive.writestr("classes.dex", build(Source((Class("Lorg/example/A;"),))))
    return app


def built(app: Path, world: World, out: Path) -> Path:
    done = pinfuse("build", app, *build_options(world), "--no-proof", "-o", out)
    assert done.exit_code == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def cases(tool: Tool, world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder = tmp_path_factory.mktemp("manifest")
    demo, own = "org.example.pinfuse.demo", harness.PACKAGE
    made = {
        "demo": Case(APP, built(APP, world, folder / "demo.apk"), (demo, f"{demo}:check")),
    }
    for target in (21, 36):
        app = harness.build_harness("plain", [], folder / "harness", target_sdk=target).apk
        made[f"harness {target}"] = Case(app, built(app, world, folder / f"harness-{target}.apk"), (own, f"{own}:work"))
    some = "org.example.some"
    for name, inside, processes in (
        ("bare", BARE, (some,)),
        ("named", NAMED, (some, "org.example.whole", f"{some}:p")),
        ("odd", ODD, ("org.example.odd", f"{some}:a", "org.example.whole", f"{some}:r")),
    ):
        app = linked(tool, folder / name, inside, {"values": STRINGS} if name == "named" else None)
        made[name] = Case(app, built(app, world, folder / f"{name}.apk"), processes)
    for name, attributes, configs in (
        ("config added", "", {}),
        ("own config", 'android:networkSecurityConfig="@xml/own"', {"xml/own.xml": OWN.format(clear="true")}),
    ):
        app = tool.app(folder / name.replace(" ", "-"), attributes, configs)
        done = fuse(app, world)
        assert done.done.exit_code == 0, done.done.stderr
        made[name] = Case(app, done.output, ("org.example.nsc",), config=not configs)
    return made


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """What differs, by where it is: before and after, None for absent."""
    names = before.keys() | after.keys()
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def provider(level: int, number: int, package: str, process: str) -> dict[str, str]:
    """What must stand there of a provider of ours, the rest being what the parser gives to every provider."""
    name = "zqk.P" + (str(number) if number else "")
    base = f".providers[{name}]" + (".info" if level <= 28 else "")
    wanted = {
        "name": name, "packageName": package, "authority": f"{package}.zqk{number or ''}", "exported": "false",
        "initOrder": FIRST, "enabled": "true", "directBootAware": "true", "multiprocess": "false", "flags": "0",
        "grantUriPermissions": "false", "isSyncable": "false", "processName": process,
    }  # fmt: skip
    if level >= 30:
        for old, new in (("multiprocess", "multiProcess"), ("isSyncable", "syncable")):
            wanted[new] = wanted.pop(old)
    elif process == package:
        del wanted["processName"]  # what is not said is the application's, filled in when the parser is asked for it
    return {f"{base}.{key}": value for key, value in wanted.items()}


def check(level: int, case: Case, before: Parsed, after: Parsed) -> None:
    """Nothing differs but what is expected, and all of that does."""
    assert isinstance(before, dict), before
    assert isinstance(after, dict), after
    found = changes(before, after)
    package = before[".packageName"]
    for number, process in enumerate(case.processes):
        ours = {key: found.pop(key)[1] for key in list(found) if re.match(rf"\.providers\[zqk\.P{number or ''}\]", key)}
        assert provider(level, number, package, process).items() <= ours.items()
    prefix = ".applicationInfo" if level <= 28 else ""
    if level >= 28:
        factory = before.get(f"{prefix}.appComponentFactory")
        assert found.pop(f"{prefix}.appComponentFactory") == (factory, "zqk.F")
    if case.config:
        where, (none, added) = next((key, value) for key, value in found.items() if "networkSecurityConfigRes" in key)
        assert (where, none) == (f"{prefix}.networkSecurityConfigRes", "0")
        assert added and int(added) >> 24 == 0x7F
        del found[where]
    least = f"{prefix}.minSdkVersion"
    if int(before[least]) < case.min_sdk:
        assert found.pop(least) == (before[least], str(case.min_sdk))
        target = f"{prefix}.targetSdkVersion"  # an app without <uses-sdk> gets one that says what holds without it: 1
        assert found.pop(target, ("0", "1")) == ("0", "1")
    flags = FLAGS.get(level, ".mBooleans")
    if level == 30:
        assert found.pop(".partiallyDirectBootAware", ("false", "true")) == ("false", "true")
    elif flags in found:
        old, new = map(int, map(str, found.pop(flags)))
        assert new == old | BOOT_AWARE[level] != old
    assert found == {}


@pytest.mark.parametrize("level", LEVELS)
def test_a_build_adds_what_it_says_and_nothing_else(cases: dict[str, Case], level: int) -> None:
    apks = [apk for case in cases.values() for apk in (case.before, case.after)]
    parsed = parse(level, apks)
    for number, (name, case) in enumerate(cases.items()):
        before, after = parsed[2 * number], parsed[2 * number + 1]
        assert isinstance(before, dict), (name, before)
        assert len(before) > 40, "the parser saw something"
        check(level, case, before, after)


@pytest.mark.parametrize("level", [LEVELS[0], LEVELS[-1]])
def test_a_process_named_by_a_resource(tool: Tool, world: World, tmp_path: Path, level: int) -> None:
    """One string is the name; one that changes with the language is none for the system, and a build refuses it."""
    app = linked(tool, tmp_path / "a", NAMED, {"values": STRINGS, "values-de": STRINGS})
    same = linked(tool, tmp_path / "b", NAMED, {"values": STRINGS})
    (before, after) = parse(level, [app, same])
    assert isinstance(before, dict) and isinstance(after, dict)
    assert processes(level, before) == {"org.example.some"}
    assert processes(level, after) == {"org.example.some", "org.example.whole", "org.example.some:p"}
    done = pinfuse("build", app, *build_options(world), "--no-proof", "-o", tmp_path / "out.apk")
    assert done.exit_code != 0
    assert "not one string in every configuration" in done.stderr


def altered(apk: Path, out: Path, change: Callable[[bytes], bytes]) -> Path:
    """The app with another manifest."""
    with zipfile.ZipFile(apk) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, change(data) if name == "AndroidManifest.xml" else data)
    return out


def later(manifest: bytes) -> bytes:
    """The first provider of ours with another order: one bit of one number."""
    at = manifest.index((0x7FFFFFFF).to_bytes(4, "little"))
    return manifest[:at] + bytes([0xFE]) + manifest[at + 1 :]


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_wrong_is_noticed(cases: dict[str, Case], tool: Tool, tmp_path: Path, level: int) -> None:
    demo = cases["demo"]
    damaged = [
        altered(demo.after, tmp_path / "cut.apk", lambda data: data[: len(data) // 2]),
        altered(demo.after, tmp_path / "pool.apk", lambda data: data[:8] + b"\xff" * 8 + data[16:]),
        linked(tool, tmp_path / "a", '<application><provider android:name="zqk.P"/></application>'),
        linked(tool, tmp_path / "b", '<application><provider android:name="zqk.P" android:authorities="x" '
               'android:process="nodot" android:exported="false"/></application>'),
    ]  # fmt: skip
    changed = altered(demo.after, tmp_path / "changed.apk", later)
    *refused, before, after, moved = parse(level, [*damaged, demo.before, demo.after, changed])
    assert [type(one) for one in refused] == [Refused] * len(damaged), refused
    check(level, demo, before, after)
    with pytest.raises(AssertionError):
        check(level, demo, before, moved)
    with pytest.raises(AssertionError):
        check(level, demo, after, before)


def processes(level: int, parsed: Mapping[str, str]) -> set[str]:
    """The processes of an app: the application's, and what components name, isolated services left out."""
    package = parsed[".packageName"]
    own = parsed.get(".applicationInfo.processName" if level <= 28 else ".processName", package)
    info = r"(?:\.info)?" if level <= 28 else ""
    named = re.compile(rf"(\.(?:activities|services|receivers|providers)\[[^\]]+\]{info})\.processName")
    found = {own}
    for where, process in parsed.items():
        if (match := named.fullmatch(where)) and not int(parsed.get(match[1] + ".flags", "0")) & 2:
            found.add(process)
    return found


def test_real_apps(world: World, tmp_path: Path) -> None:
    """Every third app of the corpus, those that build; one test for all levels, so that each is built once."""
    real = {}
    for app in sorted(corpus("android").glob("*.apk"))[::3]:
        options = (*build_options(world), "--min-sdk", LEAST, "--no-proof")
        if pinfuse("build", app, *options, "-o", tmp_path / app.name).exit_code == 0:
            real[app.name] = app, tmp_path / app.name
    for level in filter(java_for, LEVELS):
        parsed = parse(level, [apk for pair in real.values() for apk in pair])
        seen = sum(
            check_real(level, *real[name], before, after)
            for name, before, after in zip(real, parsed[::2], parsed[1::2], strict=True)
        )
        assert seen >= len(real) // 2


def check_real(level: int, app: Path, out: Path, before: Parsed, after: Parsed) -> bool:
    """Nothing differs but what is expected, a provider for each process; False where this level takes neither."""
    if isinstance(before, Refused):
        assert isinstance(after, Refused), app
        return False
    assert isinstance(after, dict), (app, after)
    count = len({where.partition("]")[0] for where in after if where.startswith(".providers[zqk.P")})
    info = ".info" if level <= 28 else ""
    names = [f".providers[zqk.P{i or ''}]{info}.processName" for i in range(count)]
    ours = tuple(after.get(one, after[".packageName"]) for one in names)
    assert set(ours) == processes(level, before) or count == MOST, app
    assert len(set(ours)) == count, app
    check(level, Case(app, out, ours, min_sdk=LEAST), before, after)
    return True
