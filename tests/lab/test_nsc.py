"""Network security configs through Android's own parser, choice of a domain and check of pins, at six API levels.

What is fed in is compiled XML, which the system's own reader reads (``parsers.py``), as files and as resources of whole
apps; only the authorities that a phone trusts are a stand-in.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import random
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from examples.demo.build_app import aapt2_and_framework
from examples.demo.pki import authority, server
from examples.demo.run import World
from pinfuse.android.nsc.pins import DomainPins, Wishes
from tests.conftest import pinfuse, signing_options
from tests.integration.test_nsc import Tool
from tests.lab.device import run
from tests.lab.framework import LEVELS, compile_jar, framework
from tests.lab.parsers import SOURCES, natives, parse, programs
from tests.unit.nsc.reference import Broken, to_binary, to_xml
from tests.unit.nsc.reference import parse as reference
from tests.unit.nsc.test_merge import NAMES, configs, decides, domain, merged, own, pins, text
from tools.maven import ArtifactError

HOSTS = [*NAMES, *(f"z.{one}" for one in NAMES), "else.net"]
MANY = 35
"""The level that all generated configs go through; the others take a third of them."""
HOST = "api.example.com"
SET = """[set]
name = "nsc"
[[pin]]
host = "api.example.com"
trust = ["sha256/{}", "sha256/{}"]
[android]
nsc-pins = true
"""
OWN = """<network-security-config>
  <base-config>{}</base-config>
  <domain-config cleartextTrafficPermitted="true"><domain includeSubdomains="true">example.com</domain></domain-config>
  <domain-config><domain>own.example.org</domain><pin-set><pin digest="SHA-256">{}</pin></pin-set></domain-config>
</network-security-config>"""
OVERRIDES = '<trust-anchors><certificates src="system" overridePins="true"/></trust-anchors>'


@dataclass(frozen=True)
class Found:
    """What Android says of one host."""

    cleartext: bool
    until: str | None
    pins: frozenset[str]


Answer = dict[str, Found] | str
"""By host, or why the whole config is refused."""


@functools.cache
def stand_ins() -> Path:
    """The class files of ``framework/before``."""
    out = Path(tempfile.mkdtemp(prefix="pinfuse-before-"))
    options = ("-nowarn", "--release", "8", "-Xlint:-options")
    run("javac", *options, "-cp", compile_jar(), "-d", out, *sorted((SOURCES / "before").rglob("*.java")))
    return out


def tell(level: int, lines: Sequence[str], folder: Path, roots: Path | None = None) -> list[str]:
    """What the program ``Nsc`` answers to each line, in one JVM."""
    android, file = framework(level), folder / "lines"
    file.write_text("\n".join(lines) + "\n")
    words = ("Nsc", str(level), natives(), android.jar, file)
    settings = (f"-Dlab.roots={roots}",) if roots else ()
    command = android.command(*words, path=[programs()], before=[stand_ins()], settings=settings)
    environment = os.environ | {"ANDROID_ROOT": "/system", "ANDROID_DATA": "/data"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def found_in(line: str) -> tuple[str, Found]:
    """An answer about a host."""
    host, clear, until, keys = line.split(" ")
    found = frozenset(keys.split(",")) if keys else frozenset()
    return host, Found(clear == "true", None if until == "-" else until, found)


def ask(level: int, sources: Sequence[bytes], folder: Path) -> list[Answer]:
    """Android's answers to all configs."""
    lines = []
    for number, data in enumerate(sources):
        file = folder / f"{number}.xml"
        file.write_bytes(data)
        lines += [f"config {file}", *(f"?{host}" for host in HOSTS)]
    answers: list[Answer] = []
    for line in tell(level, lines, folder):
        if line == "taken":
            answers.append({})
        elif line.startswith("refused"):
            answers.append(line)
        else:
            known = answers[-1]
            assert isinstance(known, dict)
            known.update([found_in(line)])
    assert len(answers) == len(sources)
    return answers


def tree_of(xml: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<network-security-config>{xml}</network-security-config>")


def wanted(rng: random.Random) -> tuple[DomainPins, ...]:
    return tuple(
        pins(one, rng.randrange(3), below=rng.random() < 0.5) for one in rng.sample(NAMES, rng.randrange(1, 4))
    )


@dataclass(frozen=True)
class Generated:
    """A config before and after its merge with what is wished, and whether conflicts were told."""

    before: bytes
    after: bytes
    wish: Wishes
    conflicts: bool


@functools.cache
def generated() -> tuple[Generated, ...]:
    rng, found = random.Random(99), []
    for _ in range(300):
        xml = "".join(configs(rng, rng.sample(NAMES, len(NAMES))))
        chosen = wanted(rng)
        made, _, _ = merged(xml, *chosen)
        found.append(Generated(to_binary(tree_of(xml)), made.data, Wishes(chosen), bool(made.conflicts)))
    return tuple(found)


@pytest.mark.parametrize("level", LEVELS)
def test_generated_configs_hold_for_android_itself(level: int, tmp_path: Path) -> None:
    cases = generated() if level == MANY else generated()[:100]
    answers = ask(level, [data for one in cases for data in (one.before, one.after)], tmp_path)
    pinned = 0
    for number, one in enumerate(cases):
        before, after = answers[2 * number], answers[2 * number + 1]
        assert isinstance(before, dict)
        assert isinstance(after, dict), after
        said = reference(to_xml(one.after))
        for host in HOSTS:
            was, now, mine = before[host], after[host], decides(one.wish, host)
            assert (now.pins, now.until) == (said.of(host).pins, said.of(host).until)
            assert was.cleartext is now.cleartext
            if was.pins:
                assert now.pins == was.pins
            elif now.pins:
                assert mine
                assert now.pins == set(map(text, mine.keys))
                pinned += 1
            elif mine:
                assert one.conflicts
    assert pinned > 1.6 * len(cases)


@pytest.mark.parametrize("level", LEVELS)
def test_what_the_reference_refuses_android_refuses(level: int, tmp_path: Path) -> None:
    bad = [domain("a.example") * 2, "<domain-config/>", domain("a.example", more=own(0) + own(1)),
           domain("a.example", more=domain("a.example"))]  # fmt: skip
    good = domain("example.com", more=own(1))
    answers = ask(level, [to_binary(tree_of(one)) for one in (*bad, good)], tmp_path)
    assert [type(one) for one in answers] == [str] * len(bad) + [dict]
    for xml in bad:
        with pytest.raises(Broken):
            reference(tree_of(xml))


def spki(certificate: x509.Certificate) -> str:
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


@dataclass(frozen=True)
class Shop:
    """Apps that pin a server, what servers present, and the roots that the phone trusts."""

    apps: dict[str, Path]
    chains: dict[str, Path]
    roots: Path
    pinned: frozenset[str]
    own: str


def chain_of(folder: Path, name: str, *certificates: x509.Certificate) -> Path:
    """Certificates as a server presents them."""
    path = folder / f"{name}.pem"
    path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
    return path


@pytest.fixture(scope="module")
def shop(world: World, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    try:
        tool = Tool(*aapt2_and_framework(folder))
    except ArtifactError as error:
        pytest.skip(f"aapt2 is not here: {error}")
    first, second, third = authority("First"), authority("Second"), authority("Nobody's")
    good, other, backup = server(HOST, first), server(HOST, second), server(HOST, first)
    stranger = server(HOST, third)
    wanted = spki(good.certificate), spki(backup.certificate)
    (folder / "set.toml").write_text(SET.format(*wanted))
    named = 'android:networkSecurityConfig="@xml/own"'
    apps = {}
    for name, attributes, files in (
        ("none", "", {}),
        ("own", named, {"xml/own.xml": OWN.format("", spki(other.certificate))}),
        ("overrides", named, {"xml/own.xml": OWN.format(OVERRIDES, spki(other.certificate))}),
    ):
        app = tool.app(folder / name, attributes, files)
        out = folder / f"{name}.apk"
        done = pinfuse("build", app, "--set", folder / "set.toml", "--no-proof", *signing_options(world), "-o", out)
        assert done.exit_code == 0, done.stderr
        apps[name], apps[f"{name}, before"] = out, app
    roots = folder / "roots.pem"
    roots.write_bytes(b"".join(one.certificate.public_bytes(Encoding.PEM) for one in (first, second)))
    chains = {
        "good": chain_of(folder, "good", good.certificate, first.certificate),
        "backup": chain_of(folder, "backup", backup.certificate),
        "other": chain_of(folder, "other", other.certificate, second.certificate),
        "appended": chain_of(folder, "appended", other.certificate, second.certificate, good.certificate),
        "stranger": chain_of(folder, "stranger", stranger.certificate, third.certificate),
    }
    return Shop(apps, chains, roots, frozenset(wanted), spki(other.certificate))


def ask_apps(level: int, shop: Shop, folder: Path, questions: Sequence[str]) -> dict[str, list[str]]:
    """Each app's answers to the same questions; its config is the one that the package parser found."""
    lines, prefix = [], ".applicationInfo" if level <= 28 else ""
    for parsed, apk in zip(parse(level, list(shop.apps.values())), shop.apps.values(), strict=True):
        assert isinstance(parsed, dict), parsed
        resource, target = (parsed[f"{prefix}.{name}"] for name in ("networkSecurityConfigRes", "targetSdkVersion"))
        lines += [f"app {apk} {resource} {target}", *questions]
    said, size = tell(level, lines, folder, shop.roots), len(questions) + 1
    assert said[::size] == ["taken"] * len(shop.apps)
    return {name: said[at * size + 1 : (at + 1) * size] for at, name in enumerate(shop.apps)}


@pytest.mark.parametrize("level", LEVELS)
def test_the_pins_of_a_built_app_are_checked(shop: Shop, level: int, tmp_path: Path) -> None:
    chains = [f"!{HOST} {shop.chains[name]}" for name in ("good", "backup", "other", "appended", "stranger")]
    hosts = [f"?{one}" for one in (HOST, "www.example.com", "own.example.org", "else.net")]
    elsewhere = f"!else.net {shop.chains['other']}"
    answers = ask_apps(level, shop, tmp_path, [*chains, elsewhere, *hosts])
    refused = "refused Pin verification failed"
    nobody = "refused java.security.cert.CertPathValidatorException: Trust anchor for certification path not found."
    for name in ("none", "own"):
        assert answers[name][:6] == ["allowed", "allowed", refused, refused, nobody, "allowed"]
        assert answers[f"{name}, before"][:5] == ["allowed"] * 4 + [nobody]
    assert answers["overrides"][:5] == ["allowed"] * 4 + [nobody]

    host, found = found_in(answers["none"][6])
    assert (host, found.pins, found.until) == (HOST, shop.pinned, None)
    before, after = (dict(map(found_in, answers[name][6:])) for name in ("own, before", "own"))
    assert after.pop(HOST) == Found(True, None, shop.pinned)
    assert before.pop(HOST) == Found(True, None, frozenset())
    assert after == before
    assert after["own.example.org"].pins == {shop.own}


@pytest.mark.parametrize("level", LEVELS)
def test_pins_that_are_over_check_nothing(shop: Shop, level: int, tmp_path: Path) -> None:
    lines = []
    for until in (date(2020, 1, 1), date(2199, 1, 1)):
        file = tmp_path / f"{until}.xml"
        file.write_bytes(merged("", pins(HOST, 0, until=until))[0].data)
        lines += [f"config {file}", f"!{HOST} {shop.chains['good']}"]
    said = tell(level, lines, tmp_path, shop.roots)
    assert said == ["taken", "allowed", "taken", "refused Pin verification failed"]
