"""What the stub tells Java of native sessions: by a thread of its own, bounded, and only of what was refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from pinfuse.policy.rules import PinKind, Reason
from tests.hoststub import compiler
from tests.native.compile import run
from tests.native.phone import CLIENT, C, Phone, Said
from tests.native.test_sessions import served
from tests.native.world import HOST, World, rules

TOLD = re.compile(r"told (\d+) certificate (-?\d+) refused (\d) missed (\d+) host (\S*) digests(.*)")


def told(said: Said) -> list[tuple[str, ...]]:
    """Reason, certificate, refused, missed, host, digests, one row for each message."""
    assert said["attached"] == [0], "the thread that told is gone"
    return [found.groups() for line in said.text.splitlines() if (found := TOLD.fullmatch(line))]


def digests(around: World, name: str, count: int) -> str:
    chain = x509.load_pem_x509_certificates(around.files[name][0].read_bytes())
    return "".join(f" {one.fingerprint(SHA256()).hex()}" for one in chain[:count])


@pytest.mark.parametrize("way", ("connect", "state", "ex"))
def test_a_refusal_is_told_once_with_all_that_is_known(way: str, around: World, leaf_phone: Phone) -> None:
    said = leaf_phone.client(way, around.port("other"), HOST, around.trust, TOLD="1")
    assert not served(said, around.settle("other"))
    assert told(said) == [(str(Reason.PIN.value), "-1", "1", "0", HOST, digests(around, "other", 2))]


def test_what_was_let_through_is_told_to_nobody(around: World, leaf_phone: Phone) -> None:
    for name, host in (("good", HOST), ("other", "elsewhere.example")):
        said = leaf_phone.client("connect", around.port(name), host, around.trust, TOLD="0")
        assert served(said, around.settle(name))
        assert told(said) == [] and said["heard"] == [0]


@pytest.mark.parametrize("way", ("resume", "resume12"))
@pytest.mark.parametrize("enforce", [True, False])
def test_report_mode_tells_what_it_would_have_refused(enforce: bool, way: str, around: World, tmp_path: Path) -> None:
    """And nothing of a resumed session that shows less than the one before."""
    pinned = replace(rules(PinKind.ANY_KEY, around.root), enforce=enforce)
    phone = Phone(tmp_path / "lib", pinned)
    said = phone.client(way, around.port("good"), HOST, around.trust, TOLD="0")
    assert served(said, around.settle("good")) and said["reused"] == [1]
    assert told(said) == []
    said = phone.client(way, around.port("other"), HOST, around.trust, TOLD="2")
    assert served(said, around.settle("other")) is not enforce
    assert {row[:5] for row in told(said)} == {(str(Reason.PIN.value), "-1", str(int(enforce)), "0", HOST)}
    assert len(told(said)) == 2


@pytest.mark.parametrize("block", [True, False])
def test_report_mode_and_a_host_that_is_not_listed(block: bool, around: World, tmp_path: Path) -> None:
    pinned = replace(rules(PinKind.LEAF_KEY, around.leaf), enforce=False, block_unlisted=block)
    said = Phone(tmp_path / "lib", pinned).client(
        "connect", around.port("stranger"), "stranger.example", around.trust, TOLD=str(int(block))
    )
    assert served(said, around.settle("stranger"))
    assert [row[0] for row in told(said)] == [str(Reason.UNLISTED.value)] * block


def test_without_a_host_none_is_told(around: World, leaf_phone: Phone) -> None:
    said = leaf_phone.client("connect", around.port("other"), "-", around.trust, TOLD="1")
    assert [(row[0], row[4]) for row in told(said)] == [(str(Reason.PIN.value), "")]


def test_a_closed_vault_is_told_too(around: World, leaf_phone: Phone) -> None:
    said = leaf_phone.client("connect", around.port("good"), HOST, around.trust, TOLD="1", VAULT_CLOSED="1")
    assert not served(said, around.settle("good"))
    assert [row[0] for row in told(said)] == [str(Reason.VAULT.value)]


def test_what_happened_before_there_was_java_is_told_afterwards(around: World, leaf_phone: Phone) -> None:
    words = ("connect", around.port("other"), HOST, around.trust)
    said = leaf_phone.run(("client", "machine", "client"), *words, environment={"TOLD": "1"})
    assert len(told(said)) == 1
    (leaf_phone.folder / "twice.c").write_text(
        '#include <dlfcn.h>\nint run(int n, char **w) { ((int (*)(int, char **))dlsym(dlopen(w[0], RTLD_NOW), "run"))'
        "(n - 2, w + 2); return !dlopen(w[1], RTLD_NOW); }"
    )
    run(compiler(), *CLIENT, "-shared", leaf_phone.folder / "twice.c", "-o", leaf_phone.folder / "libtwice.so")
    paths = leaf_phone.folder / "libclient.so", leaf_phone.folder / "libmachine.so"
    said = leaf_phone.run(("twice",), *paths, *words, environment={"TOLD": "1"})
    assert said.code == 0 and around.settle("other") == 0
    assert [row[0] for row in told(said)] == [str(Reason.VAULT.value)]


def test_a_crowd_is_told_as_far_as_there_is_room_and_the_rest_is_counted(around: World, tmp_path: Path) -> None:
    phone = Phone(tmp_path / "lib", rules(PinKind.LEAF_KEY, around.leaf))
    crowd, client = phone.folder / "libcrowd.so", phone.folder / "libclient.so"
    run(compiler(), *CLIENT, "-shared", C / "crowd.c", "-lpthread", "-o", crowd)
    words = (client, "connect", around.port("other"), HOST, around.trust)
    said = phone.run(("machine", "crowd"), *words, environment={"TOLD": "12"})
    assert said.code == 12
    assert said["heard"] == [12], "told and counted, twelve in all"


def test_what_there_was_no_room_for_is_counted_in_the_next_message(around: World, tmp_path: Path) -> None:
    """Twelve before there is Java, of which eight wait; then one more."""
    phone = Phone(tmp_path / "lib", rules(PinKind.LEAF_KEY, around.leaf))
    (phone.folder / "before.c").write_text(
        "#include <dlfcn.h>\n#include <unistd.h>\ntypedef int run_it(int, char **);\n"
        "static run_it *of(char *p) { return (run_it *)dlsym(dlopen(p, RTLD_NOW), \"run\"); }\n"
        "int run(int n, char **w) { of(w[0])(n - 2, w + 2); if (!dlopen(w[1], RTLD_NOW)) return 9; usleep(300000);"
        "return of(w[2])(n - 3, w + 3); }"
    )
    for name, source in (("before", phone.folder / "before.c"), ("crowd", C / "crowd.c")):
        out = phone.folder / f"lib{name}.so"
        run(compiler(), *CLIENT, "-shared", source, "-lpthread", "-o", out)
    paths = [phone.folder / f"lib{name}.so" for name in ("crowd", "machine", "client")]
    words = (*paths, "connect", around.port("other"), HOST, around.trust)
    said = phone.run(("before",), *words, environment={"TOLD": "13"})
    rows = told(said)
    assert [row[3] for row in rows] == ["0"] * 8 + ["4"], said.text
    assert [row[0] for row in rows] == [str(Reason.VAULT.value)] * 8 + [str(Reason.PIN.value)]
