"""The vault: what Python seals, Python and the C core open, and nobody else."""

from __future__ import annotations

import ctypes
import random
from dataclasses import replace

import pytest

from pinfuse.errors import PinError
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules, SealedPin
from pinfuse.vault import (
    Binding,
    SeededRandom,
    SystemRandom,
    VaultClosed,
    open_well,
    seal,
    selftest_identity,
)
from pinfuse.vault.plain import MOST_SETTINGS, decode, encode, settings_bytes
from pinfuse.vault.seal import OVERHEAD, WELL_SIZES
from pinfuse.vault.selftest import MOMENT
from tests.hoststub import HostStub

WELL_SIZE = WELL_SIZES[0]

PIN = SealedPin(PinKind.ANY_KEY, bytes(range(32)))
RULES = Rules(
    (
        HostRule(HostMatch.EXACT, "api.example.com", (PIN, SealedPin(PinKind.LEAF_KEY, bytes(32)))),
        HostRule(HostMatch.ANY_DEPTH, "example.org", (PIN,), 1_900_000_000, True),
        HostRule(HostMatch.ONE_LABEL, "example.net", (), 1_900_000_000, first_use=PinKind.ANY_KEY),
    ),
    first_use_limit=300,
    enforce=False,
    check_all=True,
    min_digest_bits=384,
    settings=(("title", "Gesperrt – ü"), ("message.zh-Hant", "{app}\n{host}"), ("report", "https://example.com/r")),
)
SIGNER, OTHER = b"s" * 32, b"o" * 32
SEED = b"q" * 32


BINDING = Binding("org.example.app", (SIGNER,))


def well(binding: Binding = BINDING) -> bytes:
    return seal(RULES, binding, SEED, SystemRandom())


def opens(data: bytes, package: str = "org.example.app", signers: tuple[bytes, ...] = (SIGNER,)) -> bool:
    """Whether both readers open it; they must agree."""
    try:
        open_well(data, package, signers)
        here = True
    except VaultClosed:
        here = False
    assert HostStub(data).open(package, signers) is here
    return here


def test_what_was_sealed_comes_back() -> None:
    opened = open_well(well(), "org.example.app", [SIGNER])
    assert (opened.rules, opened.selftest_seed) == (RULES, SEED)


def test_clear_text_round_trip() -> None:
    assert decode(encode(RULES, SEED, bytes(32))) == (RULES, SEED)


@pytest.mark.parametrize(
    ("package", "signers", "expected"),
    [
        ("org.example.app", (SIGNER,), True),
        ("org.example.app", (OTHER, SIGNER), True),
        ("org.example.app", (OTHER,), False),
        ("org.example.app", (), False),
        ("org.example.apq", (SIGNER,), False),
        ("org.example.app.x", (SIGNER,), False),
        ("", (SIGNER,), False),
    ],
)
def test_it_opens_for_its_package_and_signer_only(package: str, signers: tuple[bytes, ...], expected: bool) -> None:
    data = well()
    if package:
        assert opens(data, package, signers) is expected
    else:
        assert not HostStub(data).open(package, signers)


def test_several_signers_and_any_signer() -> None:
    several = well(Binding("org.example.app", tuple(bytes([n]) * 32 for n in range(16))))
    assert opens(several, signers=(bytes([15]) * 32,))
    assert not opens(several, signers=(OTHER,))
    loose = well(Binding("org.example.app", (), any_signer=True))
    assert opens(loose, signers=())
    assert not opens(loose, package="org.example.other", signers=())


def test_one_vault_serves_several_programs_of_an_app() -> None:
    app, extension = "org.example.app", "org.example.app.share"
    data = well(Binding(app, (SIGNER,), further=(extension,)))
    for program in (app, extension):
        assert opens(data, program, (SIGNER,))
        assert not opens(data, program, (OTHER,))
    assert not opens(data, "org.example.app.other", (SIGNER,))
    loose = well(Binding(app, (), any_signer=True, further=(extension,)))
    assert opens(loose, extension, ())
    with pytest.raises(PinError, match="in each of 9 programs"):
        well(Binding(app, (SIGNER, OTHER), further=tuple(f"{app}.{n}" for n in range(8))))


def test_an_altered_bit_closes_it_wherever_it_is() -> None:
    data = well(Binding("org.example.app", (SIGNER,)))
    chosen = random.Random(7)
    for at in [*range(0, WELL_SIZE, 331), *(chosen.randrange(WELL_SIZE) for _ in range(40)), WELL_SIZE - 1]:
        altered = bytearray(data)
        altered[at] ^= 1 << chosen.randrange(8)
        assert not opens(bytes(altered)), at


def test_nothing_is_readable_and_no_two_are_alike() -> None:
    one, two = well(), well()
    for data in (one, two):
        for text in (b"example", b"api", PIN.sha256, PIN.sha256[:8], selftest_identity(SEED).host.encode()):
            assert text not in data
    same = sum(a == b for a, b in zip(one, two, strict=True))
    assert same < WELL_SIZE / 100
    assert one[:4] != two[:4]


def test_a_seed_makes_it_reproducible_and_the_context_different() -> None:
    binding = Binding("org.example.app", (SIGNER,))
    first, again, other = (
        seal(RULES, binding, SEED, SeededRandom("seed", context)) for context in (b"a", b"a", b"b")
    )
    assert first == again != other


def test_the_selftest_identity_is_a_rule_of_every_vault() -> None:
    identity = selftest_identity(SEED)
    assert identity == selftest_identity(SEED)
    stub = HostStub(seal(replace(RULES, min_digest_bits=256), Binding("a", (SIGNER,)), SEED, SystemRandom()))
    assert stub.open("a", [SIGNER])
    assert stub.check(identity.chain, identity.host, MOMENT, 0) == (0, 0, 0, 0)


FITS = [(1, 16384), (200, 16384), (400, 131072), (2000, 131072), (10_000, 1048576)]


@pytest.mark.parametrize(("count", "size"), FITS)
def test_the_smallest_well_that_holds_the_rules(count: int, size: int) -> None:
    many = tuple(HostRule(HostMatch.EXACT, f"h{n}.example.com", (PIN,)) for n in range(count))
    well = seal(Rules(many), Binding("org.example.app", (b"s" * 32,)), b"q" * 32, SystemRandom())
    assert len(well) == size
    assert open_well(well, "org.example.app", [b"s" * 32]).rules.hosts == many
    stub = HostStub(well)
    assert stub.open("org.example.app", [b"s" * 32])
    for number in {0, count // 2, count - 1}:
        assert stub.check((b"0",), f"h{number}.example.com", 0, 1)[1] == Reason.MALFORMED
    assert stub.check((b"0",), f"h{count}.example.com", 0, 1)[1] == Reason.UNLISTED


@pytest.mark.parametrize("count", [25_000, 70_000])
def test_too_much_is_an_error_that_names_the_limit(count: int) -> None:
    many = tuple(HostRule(HostMatch.EXACT, f"h{n}.example.com", (PIN,)) for n in range(count))
    with pytest.raises(PinError, match=r"1046528|65535"):
        seal(Rules(many), Binding("org.example.app", (b"s" * 32,)), b"q" * 32, SystemRandom())


def settings_of(rules: Rules) -> bytes | None:
    stub = HostStub(seal(rules, BINDING, SEED, SystemRandom()))
    assert stub.open("org.example.app", [SIGNER])
    return stub.settings()


def test_the_stub_hands_out_the_settings_as_they_were_sealed() -> None:
    expected = "title\0Gesperrt – ü\0message.zh-Hant\0{app}\n{host}\0report\0https://example.com/r\0"
    assert settings_of(RULES) == expected.encode()
    assert settings_of(replace(RULES, settings=())) == b""
    many = tuple(HostRule(HostMatch.EXACT, f"h{n}.example.com", (PIN,)) for n in range(900))
    assert settings_of(replace(RULES, hosts=many)) == expected.encode()
    closed = HostStub(well())
    assert not closed.open("org.example.app", [OTHER])
    assert closed.settings() is None


def test_settings_have_a_limit_and_no_zero_byte() -> None:
    full = (("title", "x" * (MOST_SETTINGS - len("title\0\0"))),)
    assert settings_of(replace(RULES, settings=full)) == settings_bytes(full)
    for wrong, said in (((("title", full[0][1] + "x"),), "8192"), ((("title", "a\0b"),), "zero byte")):
        with pytest.raises(PinError, match=said):
            seal(replace(RULES, settings=wrong), BINDING, SEED, SystemRandom())


def test_settings_that_are_cut_short_are_none_for_both_readers() -> None:
    """The clear text ends before them, or says that they are longer than they may be."""
    clear = encode(replace(RULES, settings=(("a", "b"),)), SEED, bytes(32))
    stub = HostStub(well())
    at = len(clear) - len(b"\0\4a\0b\0")
    room = WELL_SIZE - OVERHEAD
    for size, data in ((MOST_SETTINGS + 1, clear), (room, clear), (4, clear)):
        altered = (data[:at] + size.to_bytes(2, "big") + data[at + 2 :]).ljust(room, b"\0")
        stub.plain = ctypes.create_string_buffer(altered, room)
        good = size == 4
        assert (stub.settings() == b"a\0b\0") is good
        if good:
            assert decode(altered)[0].settings == (("a", "b"),)
        else:
            with pytest.raises(ValueError, match="cut short"):
                decode(altered)
    for short in range(at, len(clear)):
        with pytest.raises(ValueError, match="cut short"):
            decode(clear[:short])
    stub.plain = ctypes.create_string_buffer(b"\3" + clear[1:].ljust(room - 1, b"\0"), room)
    assert stub.settings() is None
