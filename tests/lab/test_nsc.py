"""Network security configs through Android 15's own parser and its own choice of a domain, on a JVM.

The classes are Robolectric's android-all; only the clock and the process id, which are native, are stand-ins. What is
fed in are the events of the compiled XML, as aapt2 reads it too (``tests/integration/test_nsc.py``).
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pinfuse.android.nsc.pins import DomainPins, Wishes
from pinfuse.stub.build.shim import ANDROID
from tests.lab.device import run
from tests.unit.nsc.reference import Broken, parse, to_xml
from tests.unit.nsc.test_merge import NAMES, configs, domain, merged, own, pins, text
from tools.maven import ArtifactError

JAVA = Path(__file__).parent / "nsc"
HOSTS = [*NAMES, *(f"z.{one}" for one in NAMES), "else.net"]


@dataclass(frozen=True)
class Found:
    """What Android says of one host."""

    cleartext: bool
    until: str | None
    pins: frozenset[str]


Answer = dict[str, Found] | str
"""By host, or why the whole config is refused."""


@pytest.fixture(scope="module")
def android(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Our program and the jar with Android's classes."""
    if not shutil.which("javac"):
        pytest.skip("no JDK is here")
    try:
        jar = ANDROID.fetch()
    except ArtifactError as error:
        pytest.skip(f"android-all is not here: {error}")
    out = tmp_path_factory.mktemp("nsc")
    options = ("-nowarn", "--release", "8", "-Xlint:-options")
    run("javac", *options, "-cp", jar, "-d", out, *sorted(JAVA.rglob("*.java")))
    yield out, jar


def events(element: ElementTree.Element) -> Iterator[str]:
    yield f"<{element.tag}"
    yield from (f"@{key}={value}" for key, value in element.attrib.items())
    if element.text:
        yield f'"{element.text}'
    for child in element:
        yield from events(child)
    yield f">{element.tag}"


def ask(android: tuple[Path, Path], trees: Sequence[ElementTree.Element], folder: Path) -> list[Answer]:
    """Android's answers to all configs, in one process."""
    lines = [line for tree in trees for line in ("config", *events(tree), *(f"?{host}" for host in HOSTS))]
    file = folder / "configs"
    file.write_text("\n".join(lines) + "\n")
    words = ["java", "-Xmx256m", "-cp", os.pathsep.join(map(str, android)), "Nsc", str(file)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers: list[Answer] = []
    for line in done.stdout.splitlines():
        host, _, rest = line.partition(" ")
        if host == "refused":
            answers.append(rest)
            continue
        if host == HOSTS[0]:
            answers.append({})
        clear, until, keys = rest.split(" ")
        known = answers[-1]
        assert isinstance(known, dict)
        found = frozenset(keys.split(",")) if keys else frozenset()
        known[host] = Found(clear == "true", None if until == "-" else until, found)
    assert len(answers) == len(trees)
    return answers


def tree_of(xml: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<network-security-config>{xml}</network-security-config>")


def wanted(rng: random.Random) -> tuple[DomainPins, ...]:
    return tuple(
        pins(one, rng.randrange(3), below=rng.random() < 0.5) for one in rng.sample(NAMES, rng.randrange(1, 4))
    )


def test_generated_configs_hold_for_android_itself(android: tuple[Path, Path], tmp_path: Path) -> None:
    rng, sources, wishes, conflicts = random.Random(99), [], [], []
    for _ in range(300):
        xml = "".join(configs(rng, rng.sample(NAMES, len(NAMES))))
        chosen = wanted(rng)
        made, _, _ = merged(xml, *chosen)
        sources += [tree_of(xml), to_xml(made.data)]
        wishes.append(Wishes(chosen))
        conflicts.append(made.conflicts)
    answers = ask(android, sources, tmp_path)
    pinned = 0
    for number, wish in enumerate(wishes):
        before, after = answers[2 * number], answers[2 * number + 1]
        assert isinstance(before, dict)
        assert isinstance(after, dict), after
        reference = parse(sources[2 * number + 1])
        for host in HOSTS:
            was, now, mine = before[host], after[host], wish.of(host)
            assert (now.pins, now.until) == (reference.of(host).pins, reference.of(host).until)
            assert was.cleartext is now.cleartext
            if was.pins:
                assert now.pins == was.pins
            elif now.pins:
                assert mine
                assert now.pins == set(map(text, mine.keys))
                pinned += 1
            elif mine:
                assert conflicts[number]
    assert pinned > 500


def test_what_the_reference_refuses_android_refuses(android: tuple[Path, Path], tmp_path: Path) -> None:
    bad = [domain("a.example") * 2, "<domain-config/>", domain("a.example", more=own(0) + own(1)),
           domain("a.example", more=domain("a.example"))]  # fmt: skip
    answers = ask(android, [*map(tree_of, bad), tree_of(domain("example.com", more=own(1)))], tmp_path)
    assert [type(one) for one in answers] == [str] * len(bad) + [dict]
    for xml in bad:
        with pytest.raises(Broken):
            parse(tree_of(xml))
