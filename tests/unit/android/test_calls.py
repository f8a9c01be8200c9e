"""Who calls a method: on code of our own, and beside dexdump on real apps."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pinfuse.android.dex.calls import calls
from pinfuse.android.dex.file import Dex
from pinfuse.errors import DamagedApp
from tests.corpus import corpus
from tests.fixtures.dex import Body, Class, Method, Source, build

HANDLER = "Landroid/webkit/SslErrorHandler;"
PROCEED: Method = ("proceed", "V", ())
CANCEL: Method = ("cancel", "V", ())
ON_ERROR: Method = ("onReceivedSslError", "V", (HANDLER,))
Index = Callable[[str, Method], int]


def invoke(opcode: int, method: Method) -> Body:
    return lambda index: struct.pack("<BBHH", opcode, 0x10, index(HANDLER, method), 0) + b"\x0e\0"


def hidden(index: Index) -> bytes:
    """The bytes of the call as data: in a table of switches, and as the literal of a constant."""
    call = struct.pack("<BBH", 0x6E, 0x10, index(HANDLER, PROCEED))
    literal = b"\x14\x00" + call  # const v0, #…
    table = struct.pack("<HHi", 0x0100, 2, 0) + call * 2
    array = struct.pack("<HHI", 0x0300, 1, 5) + call + b"\x01\0"
    return literal + b"\x0e\0" + table + array + b"\x0e\0"


def found(*bodies: tuple[str, Body], method: bytes = b"proceed") -> list[str]:
    classes = tuple(Class(name, methods=(ON_ERROR,), bodies=(body,)) for name, body in bodies)
    data = build(Source(classes, ((HANDLER, PROCEED), (HANDLER, CANCEL))))
    hits = calls(Dex(data, "classes.dex"), HANDLER.encode(), (method,))
    for hit in hits:
        assert data[hit.offset] in (0x6E, 0x74)
    return [hit.caller.decode() for hit in hits]


@pytest.mark.parametrize("opcode", [0x6E, 0x74])
def test_a_call_is_found_with_its_class(opcode: int) -> None:
    callers = (("La/Clicks;", invoke(opcode, PROCEED)), ("La/Stops;", invoke(opcode, CANCEL)))
    assert found(*callers) == ["La/Clicks;"]
    assert found(*callers, method=b"cancel") == ["La/Stops;"]


def test_a_call_behind_tables_is_found_and_its_bytes_as_data_are_not() -> None:
    assert found(("La/Data;", hidden)) == []
    assert found(("La/Both;", lambda index: hidden(index) + invoke(0x6E, PROCEED)(index))) == ["La/Both;"]


def test_a_class_that_is_not_named_has_no_callers() -> None:
    data = build(Source((Class("La/B;"),)))
    assert calls(Dex(data, "classes.dex"), HANDLER.encode(), (b"proceed",)) == []


def test_code_outside_of_the_file_is_damage() -> None:
    classes = (Class("La/B;", methods=(ON_ERROR,), bodies=(invoke(0x6E, PROCEED),)),)
    data = bytearray(build(Source(classes, ((HANDLER, PROCEED),))))
    units = data.index(struct.pack("<HHHHII", 16, 1, 16, 0, 0, 4))
    struct.pack_into("<I", data, units + 12, 1 << 20)
    with pytest.raises(DamagedApp, match="lies outside"):
        calls(Dex(data, "classes.dex"), HANDLER.encode(), (b"proceed",))


ASKED = {
    b"Landroid/webkit/SslErrorHandler;": (b"proceed", b"cancel"),
    b"Ljava/lang/StringBuilder;": (b"append", b"toString"),
    b"Ljava/lang/Object;": (b"<init>",),
}
REAL = (
    "appium_appium-adb__b7bec0_selendroid-test-app.apk",
    "iBotPeaches_Apktool__issue2701.apk",
    "OWASP_owasp-mastg__r2pay-v0.9.apk",
)


def by_dexdump(file: Path) -> Counter[tuple[bytes, bytes, bytes]]:
    done = subprocess.run(["dexdump", "-d", str(file)], capture_output=True, check=True)
    counted: Counter[tuple[bytes, bytes, bytes]] = Counter()
    caller = b""
    for line in done.stdout.splitlines():
        if named := re.match(rb"\s+Class descriptor\s+: '(.*)'", line):
            caller = named[1]
        called = re.search(rb"\|[^|]*invoke-[^|]*(L[^ ]*;)\.([^:]+):", line)
        if called and called[2] in ASKED.get(called[1], ()):
            counted[caller, called[1], called[2]] += 1
    return counted


@pytest.mark.parametrize("name", REAL)
def test_the_same_calls_as_dexdump_finds(name: str, tmp_path: Path) -> None:
    if not shutil.which("dexdump"):
        pytest.skip("dexdump is not here")
    file = tmp_path / "classes.dex"
    with zipfile.ZipFile(corpus("android", name)) as archive:
        file.write_bytes(archive.read("classes.dex"))
    dex = Dex(file.read_bytes(), name)
    ours = Counter((c.caller, c.owner, c.name) for owner, names in ASKED.items() for c in calls(dex, owner, names))
    assert ours == by_dexdump(file)
    assert ours.total() > 1000


def test_classes_that_share_the_methods_of_one_are_refused() -> None:
    """Two thousand classes with the methods of one big one: a file of 300 KB that would be walked over for minutes."""
    many = tuple((f"m{number:05}", "V", ()) for number in range(4000))
    big = Class("La/Big;", methods=(ON_ERROR, *many), bodies=(invoke(0x6E, PROCEED),))
    idle = tuple(Class(f"La/C{number:05};") for number in range(2000))
    data = bytearray(build(Source((big, *idle), ((HANDLER, PROCEED),))))
    count, at = Dex(data, "classes.dex").classes
    rows = [at + 32 * number + 24 for number in range(count)]
    shared = max(struct.unpack_from("<I", data, row)[0] for row in rows)
    for row in rows:
        struct.pack_into("<I", data, row, shared)
    with pytest.raises(DamagedApp) as caught:
        calls(Dex(data, "classes.dex"), HANDLER.encode(), (b"proceed",))
    assert "methods" in caught.value.what


@pytest.mark.parametrize("table", [0x40, 0x48])
def test_more_types_or_prototypes_than_an_index_can_name_are_refused(table: int) -> None:
    data = bytearray(build(Source((Class("La/B;", methods=(ON_ERROR,)),)))) + bytes(12 * 70_000)
    struct.pack_into("<II", data, table, 70_000, 0x70)
    with pytest.raises(DamagedApp) as caught:
        Dex(data, "classes.dex")
    assert "70000" in caught.value.what
