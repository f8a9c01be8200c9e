"""Paths: only what signatures say, whatever else is presented, in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pinfuse.errors import OutsideError
from pinfuse.x509 import path as room
from pinfuse.x509 import roots
from pinfuse.x509.certificates import Certificate
from pinfuse.x509.path import BuiltPath, build_path
from tests import pki
from tests.pki import Entity

ROOT = pki.authority("Root")
MIDDLE = pki.authority("Middle", ROOT)
LEAF = pki.server("api.example.com", issuer=MIDDLE)
STRANGER = pki.authority("Stranger")
NAMESAKE = pki.authority("Middle", STRANGER)
OTHER_ROOT = pki.authority("Other Root")
CROSS = pki.authority("Middle", OTHER_ROOT, key=MIDDLE.key)
"""The same authority, vouched for by another root."""
STALE_CROSS = pki.authority("Middle", OTHER_ROOT, key=MIDDLE.key, end=pki.NOW - pki.DAY)
OLD_MIDDLE = pki.authority("Old Middle", ROOT, digest=pki.SHA1)
OLD_LEAF = pki.server("old.example.com", issuer=OLD_MIDDLE, digest=pki.SHA1)
ED_ROOT = pki.authority("Ed Root", key=pki.make_key(pki.ED))
ED_LEAF = pki.server("ed.example.com", issuer=ED_ROOT)
RSA_ROOT = pki.authority("RSA Root", key=pki.make_key(pki.RSA))
RSA_LEAF = pki.server("rsa.example.com", issuer=RSA_ROOT, key=pki.make_key(pki.RSA, 1, 1024))
SELF = pki.server("self.example.com")
Chain = list[Entity]

PATHS: dict[str, tuple[Chain, Chain]] = {
    "in order": ([LEAF, MIDDLE, ROOT], [LEAF, MIDDLE, ROOT]),
    "out of order": ([LEAF, ROOT, MIDDLE], [LEAF, MIDDLE, ROOT]),
    "root not sent": ([LEAF, MIDDLE], [LEAF, MIDDLE]),
    "middle not sent": ([LEAF, ROOT], [LEAF]),
    "appended stranger": ([LEAF, MIDDLE, STRANGER, ROOT], [LEAF, MIDDLE, ROOT]),
    "same name, other key": ([LEAF, NAMESAKE, MIDDLE, ROOT], [LEAF, MIDDLE, ROOT]),
    "only the namesake": ([LEAF, NAMESAKE, STRANGER], [LEAF]),
    "twice": ([LEAF, LEAF, MIDDLE, MIDDLE, ROOT], [LEAF, MIDDLE, ROOT]),
    "self-signed": ([SELF], [SELF]),
    "self-signed and more": ([SELF, ROOT], [SELF]),
    "SHA-1": ([OLD_LEAF, OLD_MIDDLE, ROOT], [OLD_LEAF, OLD_MIDDLE, ROOT]),
    "Ed25519": ([ED_LEAF, ED_ROOT], [ED_LEAF, ED_ROOT]),
    "RSA": ([RSA_LEAF, RSA_ROOT], [RSA_LEAF, RSA_ROOT]),
    "cross-signed, first root": ([LEAF, MIDDLE, CROSS, ROOT, OTHER_ROOT], [LEAF, MIDDLE, ROOT]),
    "cross-signed, other root": ([LEAF, CROSS, MIDDLE, OTHER_ROOT, ROOT], [LEAF, CROSS, OTHER_ROOT]),
    "cross-signed, one root sent": ([LEAF, MIDDLE, CROSS, OTHER_ROOT], [LEAF, CROSS, OTHER_ROOT]),
    "cross-signed, one is over": ([LEAF, STALE_CROSS, MIDDLE, OTHER_ROOT, ROOT], [LEAF, MIDDLE, ROOT]),
    "leaf last": ([ROOT, MIDDLE, LEAF], [ROOT]),
}


@pytest.fixture(autouse=True)
def no_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's own roots would make these tests differ between machines."""
    monkeypatch.setattr(roots, "bundle", lambda: None)


@pytest.fixture
def trust(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    def these(*entities: Entity) -> None:
        file = tmp_path / "roots.pem"
        file.write_bytes(b"".join(entity.pem for entity in entities))
        monkeypatch.setattr(roots, "bundle", lambda: file)

    return these


def ders(chain: Chain) -> tuple[bytes, ...]:
    return tuple(entity.der for entity in chain)


@pytest.mark.parametrize(("presented", "expected"), PATHS.values(), ids=PATHS)
def test_the_path_is_what_the_signatures_say(presented: Chain, expected: Chain) -> None:
    built = build_path(ders(presented), now=pki.NOW)
    assert built.chain == ders(expected)
    assert built == BuiltPath(ders(expected), "", len(presented) - len(expected), False)


def test_authorities_that_signed_each_other_end() -> None:
    one = pki.authority("One")
    two = pki.authority("Two", one)
    one_by_two = pki.authority("One", two, key=one.key)
    two_by_one = pki.authority("Two", one, key=two.key)
    leaf = pki.server("a.example", issuer=one)
    built = build_path(ders([leaf, one_by_two, two_by_one]))
    assert built.chain == ders([leaf, one_by_two, two_by_one])


def test_many_authorities_of_one_name_cost_bounded_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(room, "signed", lambda child, parent: bool(calls.append((child, parent))))
    same = [pki.authority("Same", issuer_name="Same") for _ in range(99)]
    build_path(ders([pki.server("a.example", issuer=same[0]), *same]))
    assert 0 < len(calls) <= room.MOST_CHECKS


def test_authorities_that_all_signed_each_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "signed", lambda child, parent: True)
    count = 9
    keys = [pki.make_key(pki.EC, number) for number in range(count)]
    mesh = [
        pki.issue(f"CA {a}", ca=True, key=keys[a], issuer_name=f"CA {b}")
        for a in range(count) for b in range(count) if a != b
    ]  # fmt: skip
    built = build_path(ders([pki.issue("leaf", issuer_name="CA 0"), *mesh]))
    assert len(built.chain) <= room.LONGEST_PATH


def test_a_path_is_never_longer_than_the_stub_reads() -> None:
    line = [pki.authority("CA 0")]
    for number in range(1, 15):
        line.append(pki.authority(f"CA {number}", line[-1]))
    assert len(build_path(ders(line[::-1])).chain) == room.LONGEST_PATH


def test_a_leaf_that_does_not_parse_is_left_to_the_stub() -> None:
    junk = LEAF.der[:-9]
    assert build_path([junk, MIDDLE.der]) == BuiltPath((junk,), "", 1)
    assert build_path([]) == BuiltPath(())


def test_certificates_that_do_not_parse_are_left_out() -> None:
    built = build_path([LEAF.der, b"junk", MIDDLE.der])
    assert (built.chain, built.left_out) == (ders([LEAF, MIDDLE]), 1)


def test_a_root_of_this_machine_completes_the_path(trust: Callable[..., None]) -> None:
    trust(STRANGER, ROOT)
    assert build_path(ders([LEAF, MIDDLE])) == BuiltPath(ders([LEAF, MIDDLE, ROOT]), "", 0, True)


def test_of_two_roots_the_trusted_one_is_chosen(trust: Callable[..., None]) -> None:
    trust(OTHER_ROOT)
    built = build_path(ders([LEAF, MIDDLE, CROSS, ROOT]), now=pki.NOW, system_roots=True)
    assert built == BuiltPath(ders([LEAF, CROSS, OTHER_ROOT]), "", 2, True)


@pytest.mark.parametrize(
    ("presented", "words"),
    [
        ([LEAF, MIDDLE, ROOT], "ends at CN=Root, which is no root of this machine"),
        ([LEAF, MIDDLE], "whose issuer CN=Root was not presented"),
        ([LEAF], "whose issuer CN=Middle was not presented"),
    ],
)
def test_untrusted_paths_say_why(trust: Callable[..., None], presented: Chain, words: str) -> None:
    trust(STRANGER)
    built = build_path(ders(presented), system_roots=True)
    assert words in built.untrusted
    assert build_path(ders(presented)).untrusted == ""


def test_a_root_of_the_same_name_and_another_key_is_not_the_root(trust: Callable[..., None]) -> None:
    trust(pki.authority("Root"))
    assert "no root of this machine" in build_path(ders([LEAF, MIDDLE, ROOT]), system_roots=True).untrusted


def test_no_roots_at_all_is_said() -> None:
    with pytest.raises(OutsideError, match="no file of trusted roots") as caught:
        build_path(ders([LEAF]), system_roots=True)
    assert caught.value.exit_code == 6


def test_the_bundle_is_where_openssl_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    file = tmp_path / "bundle.pem"
    file.write_bytes(ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert roots.bundle() == file
    assert roots.roots_named(Certificate.from_der(MIDDLE.der).raw_issuer) == (Certificate.from_der(ROOT.der),)
