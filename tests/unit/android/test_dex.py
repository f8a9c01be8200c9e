"""The facade rename and its edges, on DEX files of our own and on the demo app's."""

from __future__ import annotations

import hashlib
import random
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo.run import APP
from pinfuse.android.dex import slot
from pinfuse.android.dex.edges import outside, references
from pinfuse.android.dex.file import Dex
from pinfuse.android.dex.rename import FACADES, SSL_CONTEXT, TRUST_MANAGER_FACTORY, keeps_order, mentions, rename
from pinfuse.errors import DamagedApp, UnsupportedApp
from pinfuse.stub.payload import load_payload
from tests.fixtures.dex import Class, Source, build

REAL, SHOWN = "Ljavax/net/ssl/SSLContext;", "Ljavax/net/ssl/SSLContexs;"
TAKES = ("use", "V", (REAL,))
CALL = (REAL, ("getInstance", REAL, ("Ljava/lang/String;",)))


def dex(*classes: Class, calls: tuple[tuple[str, tuple[str, str, tuple[str, ...]]], ...] = (CALL,)) -> Dex:
    return Dex(bytearray(build(Source(tuple(classes), calls))), "classes.dex")


def names(made: Dex) -> list[bytes]:
    return [made.string(index) for index in range(made.strings[0])]


def test_only_the_string_and_the_stamps_change() -> None:
    made = dex(Class("La/B;", methods=(TAKES,)))
    before = bytes(made.data)
    assert rename(made, [SSL_CONTEXT]) == 1
    after = bytes(made.data)
    assert before.replace(REAL.encode(), SHOWN.encode())[32:] == after[32:]
    assert after[12:32] == hashlib.sha1(after[32:]).digest()
    assert struct.unpack_from("<I", after, 8)[0] == zlib.adler32(after[12:])
    assert names(Dex(after, "x")) == sorted(names(Dex(after, "x")))


def test_arrays_and_dotted_names_follow() -> None:
    source = Source(strings=(f"[{REAL}", f"[[{REAL}", REAL, "javax.net.ssl.SSLContext", "javax.net.ssl.SSLContextSpi"))
    made = Dex(bytearray(build(source)), "x")
    assert rename(made, FACADES) == 4
    assert b"javax.net.ssl.SSLContexs" in names(made)
    assert b"javax.net.ssl.SSLContextSpi" in names(made)


def test_a_file_without_the_class_stays_as_it_is() -> None:
    made = dex(calls=())
    before = bytes(made.data)
    assert not mentions(made, SSL_CONTEXT)
    assert rename(made, FACADES) == 0
    assert bytes(made.data) == before


@pytest.mark.parametrize(
    ("neighbour", "fits"), [("Ljavax/net/ssl/SSLContexr;", True), ("Ljavax/net/ssl/SSLContexsA;", False),
                            ("Ljavax/net/ssl/SSLContexs;", False), ("Ljavax/net/ssl/SSLContextSpi;", True)],
)  # fmt: skip
def test_a_neighbour_in_the_way_is_seen(neighbour: str, fits: bool) -> None:
    made = Dex(build(Source(strings=(REAL, neighbour, "Lzzz;"))), "x")
    assert keeps_order(made, SSL_CONTEXT) is fits


def test_dexdump_still_reads_the_demo_apps_code(tmp_path: Path) -> None:
    if shutil.which("dexdump") is None:
        pytest.skip("dexdump is not here")
    with zipfile.ZipFile(APP) as archive:
        made = Dex(bytearray(archive.read("classes.dex")), "classes.dex")
    assert rename(made, FACADES) > 1
    (tmp_path / "out.dex").write_bytes(made.data)
    done = subprocess.run(["dexdump", "-d", str(tmp_path / "out.dex")], capture_output=True, text=True)
    assert done.returncode == 0
    assert SHOWN in done.stdout
    assert REAL not in done.stdout


def only(*made: Dex) -> list[str]:
    """What the edge scan finds in these files together."""

    def files() -> Iterator[Dex]:
        return iter(made)

    return [str(one) for file in made for one in outside(references(file, SSL_CONTEXT), files)]


def test_a_method_that_the_app_defines_is_harmless() -> None:
    assert only(dex(Class("La/B;", methods=(TAKES,)))) == []


def test_one_that_it_inherits_from_its_own_class_is_harmless() -> None:
    base, child = Class("La/B;", methods=(TAKES,)), Class("La/C;", "La/B;")
    assert only(dex(child, calls=(("La/C;", TAKES),)), dex(base)) == []


def test_one_of_the_platform_is_an_edge() -> None:
    """android.net.SSLSessionCache.install(SSLSessionCache, SSLContext) is such a one."""
    call = ("Landroid/net/SSLSessionCache;", ("install", "V", ("Landroid/net/SSLSessionCache;", REAL)))
    assert only(dex(calls=(CALL, call))) == ["android.net.SSLSessionCache.install"]


def test_one_inherited_from_outside_is_an_edge() -> None:
    child = Class("La/C;", "Lcom/phone/Library;")
    assert only(dex(child, calls=(("La/C;", TAKES),))) == ["a.C.use"]


def test_the_classs_own_methods_are_no_edge() -> None:
    assert only(dex(calls=(CALL,))) == []


def test_superclasses_in_a_circle_end() -> None:
    circle = (Class("La/B;", "La/C;"), Class("La/C;", "La/B;"))
    assert only(dex(*circle, calls=(("La/B;", TAKES),))) == ["a.B.use"]


def test_the_slot_takes_a_name_and_gives_it_back() -> None:
    shim = load_payload().shim.read_bytes()
    filled = slot.fill(shim, "androidx.core.app.CoreComponentFactory")
    assert len(filled) == len(shim)
    assert slot.read(filled) == "androidx.core.app.CoreComponentFactory"
    assert slot.read(shim) == ""
    assert slot.fill(filled, "") == shim
    slot.fill(shim, "a" * 250)
    for name in ("a" * 251, "com.exämple.Factory"):
        with pytest.raises(UnsupportedApp, match="appComponentFactory"):
            slot.fill(shim, name)


@pytest.mark.parametrize("seed", range(4))
def test_damage_is_read_or_refused_in_words(seed: int) -> None:
    good = build(Source((Class("La/B;", methods=(TAKES,)),), (CALL,)))
    rng = random.Random(seed)
    for _ in range(400):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            made = Dex(data, "classes.dex")
            for facade in (SSL_CONTEXT, TRUST_MANAGER_FACTORY):
                mentions(made, facade)
                keeps_order(made, facade)
                outside(references(made, facade), lambda made=made: iter((made,)))
        except DamagedApp as error:
            assert "classes.dex" in str(error)
