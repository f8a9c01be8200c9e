"""Android's own class linker and verifier (ART 11, evidence ``art``) take the facades, the shim and a renamed app.

One boot for all: the demo app as it was, as built, and two that are broken on purpose.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from examples.demo.run import APP, World
from pinfuse.android.dex.file import Dex, restamp
from pinfuse.coverage.art import said_by_art
from tests.art import machine
from tests.art.bootpath import JAVAC, boot_class_path, dex_files, run, to_dex, types
from tests.art.machine import DOUBTED, REJECTED, VERIFIED, Outcomes
from tests.conftest import build_options, pinfuse
from tools.maven import ArtifactError

BEFORE, BUILT, NO_CONTEXT, HALF = "before", "built", "facade of another class", "half renamed"
REAL_NAME, FACADE_NAME = "javax.net.ssl.SSLContext", "javax.net.ssl.SSLContexs"
OLD_LIBCORE = {"zqk.H"}
"""It calls, behind a look for LinkageError, SSLSocket.getHandshakeSession, which a libcore of Android 4.4 lacks."""
FACADE_SOURCE = """
package javax.net.ssl;
public class SSLContexs { public static SSLContexs getDefault() { return null; } }
"""
REAL_SOURCE = """
package javax.net.ssl;
public class SSLContext extends SSLContexs { public static SSLContext getDefault() { return null; } }
"""
"""As if an SSLContext were an SSLContexs, so that javac takes `MIXED_SOURCE`; on ART it is the other way round."""
MIXED_SOURCE = """
package app;
import javax.net.ssl.*;
class Whole { static SSLContexs get() { return SSLContexs.getDefault(); } }
class Half { static SSLContexs get() { return SSLContext.getDefault(); } }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("art")


@pytest.fixture(scope="module")
def said(world: World, folder: Path) -> dict[str, Outcomes]:
    if why := machine.absent():
        pytest.skip(why)
    apk = folder / "built.apk"
    done = pinfuse("build", APP, *build_options(world), "-o", apk)
    assert done.exit_code == 0, done.stderr
    before, built = dex_files(APP, folder / BEFORE), dex_files(apk, folder / BUILT)
    *app, shim = built
    broken = folder / "broken.dex"
    broken.write_bytes(extends_object(shim.read_bytes(), FACADE_NAME))
    try:
        boot = boot_class_path([*before, *built])
    except ArtifactError as error:
        pytest.skip(f"the boot class path is not here: {error}")
    machine.build(folder)
    apps = {BEFORE: before, BUILT: built, NO_CONTEXT: [*app, broken], HALF: [*built, mixed(folder / "mixed")]}
    return machine.ask(folder, boot, apps)


def extends_object(dex: bytes, name: str) -> bytes:
    """The DEX file in which one class extends Object instead of what it extends."""
    data = bytearray(dex)
    file = Dex(data, "shim")
    own, top = (file.find_type(f"L{one.replace('.', '/')};".encode()) for one in (name, "java.lang.Object"))
    count, at = file.classes
    (item,) = (at + 32 * n for n in range(count) if struct.unpack_from("<I", data, at + 32 * n) == (own,))
    struct.pack_into("<I", data, item + 8, top)
    restamp(data)
    return bytes(data)


def mixed(folder: Path) -> Path:
    """A class in which a method's result was renamed and the call inside was not; and its twin that is right."""
    folder.mkdir()
    sources = {"SSLContexs": FACADE_SOURCE, "SSLContext": REAL_SOURCE, "Mixed": MIXED_SOURCE}
    for name, text in sources.items():
        (folder / f"{name}.java").write_text(text)
    run([*JAVAC, "-d", str(folder), *(str(folder / f"{name}.java") for name in sources)])
    return to_dex({f"app/{name}.class": (folder / "app" / f"{name}.class").read_bytes() for name in ("Whole", "Half")})


def test_the_shim_and_the_facades_link_and_pass(said: dict[str, Outcomes]) -> None:
    shim = {name: one for name, one in said[BUILT].items() if name not in said[BEFORE]}
    assert {FACADE_NAME, "javax.net.ssl.TrustManagerFactorx", "zqk.F", "zqk.P", "zqk.P15"} <= shim.keys()
    assert {name for name, one in shim.items() if one.verdict != VERIFIED} == OLD_LIBCORE
    assert not {name: shim[name] for name in OLD_LIBCORE if shim[name].verdict != DOUBTED}


def test_what_inspect_quotes_is_what_art_says(said: dict[str, Outcomes]) -> None:
    quoted = said_by_art()
    assert quoted
    assert quoted == {name: said[BUILT][name].verdict for name in quoted}


def test_the_app_is_taken_as_before_though_it_was_renamed(said: dict[str, Outcomes], folder: Path) -> None:
    before, after = said[BEFORE], said[BUILT]
    assert {name: after[name].verdict for name in before} == {name: one.verdict for name, one in before.items()}
    assert {one.verdict for one in before.values()} == {VERIFIED, DOUBTED}
    named = [
        set(types(path.read_bytes())) for path in (*dex_files(APP, folder / "again"), folder / BUILT / "classes.dex")
    ]
    assert [REAL_NAME.replace(".", "/") in one for one in named] == [True, False]
    assert [FACADE_NAME.replace(".", "/") in one for one in named] == [False, True]


def test_a_facade_that_is_no_sslcontext_is_rejected(said: dict[str, Outcomes]) -> None:
    outcomes = said[NO_CONTEXT]
    rejected = {name for name, one in outcomes.items() if one.verdict == REJECTED}
    assert FACADE_NAME in rejected
    assert "not instance of" in outcomes[FACADE_NAME].detail, outcomes[FACADE_NAME]
    assert "javax.net.ssl.TrustManagerFactorx" not in rejected


def test_a_method_that_is_renamed_by_half_is_rejected(said: dict[str, Outcomes]) -> None:
    assert said[HALF]["app.Whole"].verdict == VERIFIED
    assert said[HALF]["app.Half"].verdict == REJECTED
    assert REAL_NAME in said[HALF]["app.Half"].detail
