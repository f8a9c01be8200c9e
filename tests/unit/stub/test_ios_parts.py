"""Parts of the iOS stub that need no iOS, compiled for this machine: its own signature, the dialog's texts, limits."""

from __future__ import annotations

import ctypes
import hashlib
import random
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinfuse.policy.rules import Rules
from pinfuse.stub.build.ios import IOS
from pinfuse.stub.build.native import SOURCES
from pinfuse.vault import plain
from pinfuse.vault.seal import OVERHEAD, WELL_SIZES
from tests.fuzz.run import signature
from tests.hoststub import FLAGS, compiler

TEAM = b"ABCDE12345"
LINKEDIT_AT, ROOM, ADDRESS = 0x4000, 0x1000, 0x1_0000_0000
GLUE = """
#include "process.h"
unsigned char image[0x5000] __asm__("___dso_handle");
const unsigned char *plain;
const unsigned char *zq_opened(void) { return plain; }
#include "often.h"
static zq_often limit;
int allows(const char *host, double now, double again, unsigned most) {
    limit.again = again, limit.most = most, limit.span = 60;
    return zq_allows(&limit, host, now);
}
void forget(void) { limit = (zq_often){.begun = 0}; }
"""


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ctypes.CDLL]:
    folder = tmp_path_factory.mktemp("ios")
    (folder / "glue.c").write_text(GLUE)
    ios = [SOURCES / "ios" / f"{name}.c" for name in ("often", "team", "texts")]
    core = [SOURCES / "core" / f"{name}.c" for name in ("base", "hash", "rules")]
    more = ("-fblocks", "-Wno-ignored-attributes", f"-I{SOURCES / 'ios'}")
    if "clang" not in compiler():
        pytest.skip("clang is not here, and blocks need it")
    subprocess.run([compiler(), *FLAGS, *more, folder / "glue.c", *ios, *core, "-o", folder / "parts.so"], check=True)
    yield ctypes.CDLL(str(folder / "parts.so"))


def segment(name: bytes, address: int, offset: int, size: int) -> bytes:
    return struct.pack("<II16sQQQQIIII", 0x19, 72, name, address, size, offset, size, 1, 1, 0, 0)


def commands(size: int, at: int = LINKEDIT_AT) -> list[bytes]:
    """Of a library whose signature lies at the start of __LINKEDIT."""
    text = segment(b"__TEXT", ADDRESS, 0, LINKEDIT_AT)
    last = segment(b"__LINKEDIT", ADDRESS + LINKEDIT_AT, LINKEDIT_AT, ROOM)
    return [text, last, struct.pack("<IIII", 0x1D, 16, at, size)]


def signer(stub: ctypes.CDLL, blob: bytes, loads: list[bytes] | None = None) -> bytes | None:
    """What the stub takes for the team's digest, when its image holds this signature."""
    loads = commands(len(blob)) if loads is None else loads
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x100000C, 0, 6, len(loads), sum(map(len, loads)), 0, 0)
    image = (head + b"".join(loads)).ljust(LINKEDIT_AT, b"\0") + blob.ljust(ROOM, b"\0")
    (ctypes.c_uint8 * len(image)).in_dll(stub, "___dso_handle")[:] = image
    out = (ctypes.c_uint8 * 32)()
    return bytes(out) if stub.zq_team_signer(out) else None


def test_the_team_of_its_own_signature(stub: ctypes.CDLL) -> None:
    assert signer(stub, signature(TEAM)) == hashlib.sha256(b"team:" + TEAM).digest()
    assert signer(stub, signature(b"X")) == hashlib.sha256(b"team:X").digest()


def altered(blob: bytes, at: int, value: int) -> bytes:
    return blob[:at] + struct.pack(">I", value) + blob[at + 4 :]


GOOD = signature(TEAM)
NO_TEAM = {
    "ad hoc": signature(b""),
    "no signature": b"",
    "another magic": altered(GOOD, 0, 0xFADE0CC1),
    "longer than it is": altered(GOOD, 4, len(GOOD) + 1),
    "no blobs": altered(GOOD, 8, 0),
    "no directory": altered(GOOD, 12, 2),
    "directory outside": altered(GOOD, 16, len(GOOD)),
    "directory far outside": altered(GOOD, 16, 0xFFFF_FFF0),
    "another magic inside": altered(GOOD, 20, 0xFADE0C01),
    "directory too long": altered(GOOD, 24, len(GOOD)),
    "before teams were": altered(GOOD, 28, 0x20100),
    "team outside": altered(GOOD, 20 + 48, len(GOOD) - 20),
    "team far outside": altered(GOOD, 20 + 48, 0xFFFF_FFFF),
    "team without an end": GOOD[:-1] + b"x",
    "team too long": signature(b"X" * 65),
}


@pytest.mark.parametrize("what", NO_TEAM)
def test_a_signature_that_names_no_team_gives_none(stub: ctypes.CDLL, what: str) -> None:
    assert signer(stub, NO_TEAM[what]) is None


WRONG_COMMANDS = {
    "outside of __LINKEDIT": commands(len(GOOD), at=LINKEDIT_AT - 8),
    "behind __LINKEDIT": commands(len(GOOD), at=LINKEDIT_AT + ROOM - 8),
    "without __LINKEDIT": [commands(0)[0], commands(len(GOOD))[2]],
    "without __TEXT": commands(len(GOOD))[1:],
    "a command without end": [commands(0)[0], struct.pack("<II", 0x1D, 0xFFFF_FFF8)],
    "a command of nothing": [commands(0)[0], struct.pack("<II", 0x1D, 0)],
}


@pytest.mark.parametrize("what", WRONG_COMMANDS)
def test_load_commands_that_do_not_lead_to_it(stub: ctypes.CDLL, what: str) -> None:
    assert signer(stub, GOOD, WRONG_COMMANDS[what]) is None


def test_damaged_signatures_end_in_a_team_or_in_none(stub: ctypes.CDLL) -> None:
    rng = random.Random(20)
    right = signer(stub, GOOD)
    others = 0
    for _ in range(2000):
        blob = bytearray(GOOD)
        for _ in range(rng.randint(1, 3)):
            blob[rng.randrange(len(blob))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        others += signer(stub, bytes(blob)) not in (right, None)
    assert 0 < others < 1000, "a team of other letters is another team"


BUILT_IN = "Bank did not connect to api.example.com, because the server could not prove that it is the right one."
SETTINGS = (
    ("title", "Stop"), ("title.de", "Halt"), ("title.zh-Hant", "停"), ("title.zh-TW", "停止"), ("title.zh", "止"),
    ("message", "{app}: {host} ({reason})"), ("message.pt-BR", "{reason} em {host} {app}"), ("show", "always"),
)  # fmt: skip


Settings = tuple[tuple[str, str], ...]


def text(
    stub: ctypes.CDLL, key: str, language: str, settings: Settings | None, host: str = "api.example.com"
) -> str:
    """A text of the dialog; settings None: the vault is closed."""
    clear = plain.encode(Rules((), settings=settings or ()), bytes(32), bytes(32))
    kept = ctypes.create_string_buffer(clear, WELL_SIZES[0] - OVERHEAD)
    opened = None if settings is None else ctypes.addressof(kept)
    ctypes.c_void_p.in_dll(stub, "plain").value = opened
    out = ctypes.create_string_buffer(6144)
    stub.zq_text(*(word.encode() for word in (key, language, "Bank", host, "pin")), out)
    return out.value.decode()


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Halt"), ("de-AT", "Halt"), ("en", "Stop"), ("", "Stop"), ("d", "Stop"), ("den", "Stop"),
        ("zh-Hant-TW", "停"), ("zh-Hans-TW", "停止"), ("zh-TW", "停止"), ("zh-Hans-CN", "止"), ("zh", "止"),
    ],
)  # fmt: skip
def test_the_title_is_in_the_language_of_the_phone(stub: ctypes.CDLL, language: str, title: str) -> None:
    assert text(stub, "title", language, SETTINGS) == title


def test_placeholders_are_filled_in_once(stub: ctypes.CDLL) -> None:
    assert text(stub, "message", "en", SETTINGS) == "Bank: api.example.com (pin)"
    assert text(stub, "message", "pt-BR", SETTINGS) == "pin em api.example.com Bank"
    assert text(stub, "message", "pt-PT", SETTINGS, host="{app}") == "Bank: {app} (pin)"
    assert text(stub, "message", "en", SETTINGS, host="") == "Bank: ? (pin)"
    assert text(stub, "message", "en", (("message", "{app"),)) == "{app"


@pytest.mark.parametrize("settings", [None, (), (("link", "https://help.example"),)])
def test_what_a_set_does_not_say_is_built_in(stub: ctypes.CDLL, settings: Settings | None) -> None:
    assert text(stub, "title", "de", settings) == "Connection blocked"
    assert text(stub, "button", "de", settings) == "OK"
    assert text(stub, "message", "de", settings) == BUILT_IN
    assert "connect to a server, because" in text(stub, "message", "de", settings, host="")


def test_a_long_text_is_cut_and_nothing_is_written_behind_it(stub: ctypes.CDLL) -> None:
    long = (("message", "{app}" * 600),)
    cut = text(stub, "message", "en", (("message", "x" * 4000 + "{host}" * 600),), host="h" * 250)
    assert text(stub, "message", "en", long) == "Bank" * 600
    assert len(cut) == 6143 and cut.startswith("x" * 4000 + "h" * 250)


def test_the_same_is_told_once_in_a_while_and_all_so_often(stub: ctypes.CDLL) -> None:
    def told(host: str, now: float) -> bool:
        return bool(stub.allows(host.encode(), *map(ctypes.c_double, (now, 5)), 4))

    stub.forget()
    assert [told("a", at) for at in (1000, 1004.9, 1005)] == [True, False, True]
    assert told("b", 1005) and told("c", 1005), "other hosts"
    assert not told("d", 1006), "four in a minute"
    assert [told("d", at) for at in (1060, 1061)] == [True, False]


def test_hosts_beyond_those_that_are_kept_push_out_the_oldest(stub: ctypes.CDLL) -> None:
    def told(host: str, now: float) -> bool:
        return bool(stub.allows(host.encode(), *map(ctypes.c_double, (now, 1e12)), 1000))

    stub.forget()
    assert all(told(f"h{number}", 1000) for number in range(33))
    assert [told(host, 1001) for host in ("h0", "h2", "h32")] == [True, False, False]
    assert [told(host, 9000) for host in ("h0", "h2", "new")] == [False, False, True], "time alone forgets no host"


def test_the_sources_are_those_that_are_built() -> None:
    assert {path.stem for path in Path(SOURCES / "ios").glob("*.c")} == set(IOS)
