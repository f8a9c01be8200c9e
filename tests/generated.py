"""Thousands of questions, put together at random out of certificates that are right or wrong in one way each."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules, SealedPin
from tests.chains import END, NOW, START, Identity, make

SETS, QUESTIONS = 32, 72
"""How many rule sets, and how many questions for each: 2,304 in all."""
HOSTS = (
    "api.example.com", "API.Example.COM.", "a.example.com", "b.a.example.com", "example.com", "xapi.example.com",
    "api.example.com.evil.test", "apiexample.com", ".example.com", "com", "192.0.2.7", "192.0.2.8", "[2001:db8::7]",
    "2001:DB8:0::7", "", "a b.example.com", "x" * 260, "api.example.com%eth0", "-.example.com", "xn--bcher-kva.example",
)  # fmt: skip
NAMES = (
    ("api.example.com",), ("*.example.com",), ("*.com",), ("*",), ("a.example.com", "api.example.com"),
    ("example.com",), ("API.EXAMPLE.COM",), ("api.example.com.",), ("192.0.2.7",), ("2001:db8::7", "*.example.com"), (),
    ("*.a.example.com",), ("xn--bcher-kva.example",), ("api.*.com",),
)  # fmt: skip
PATTERNS = (
    (HostMatch.EXACT, "api.example.com"), (HostMatch.EXACT, "a.example.com"), (HostMatch.ONE_LABEL, "example.com"),
    (HostMatch.ANY_DEPTH, "example.com"), (HostMatch.ANY_DEPTH, "a.example.com"), (HostMatch.EXACT, "192.0.2.7"),
    (HostMatch.EXACT, "2001:db8::7"), (HostMatch.EXACT, "xn--bcher-kva.example"),
    (HostMatch.ONE_LABEL, "a.example.com"),
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    chain: tuple[bytes, ...]
    host: str | None
    now: int
    flags: int


@functools.cache
def authorities() -> tuple[Identity, ...]:
    """Roots and intermediates of two families, each fault once."""
    found = []
    for family in ("one", "two"):
        root = make(f"root {family}", ca=True)
        usual = make(f"ca {family}", root, ca=True, length=0, usage="key_cert_sign")
        found += [root, usual, make(f"sub {family}", usual, ca=True), make(f"ca {family}", root, ca=True, length=1)]
        found += [
            make(f"ca {family}", root, ca=False),
            make(f"ca {family}", root, ca=True, basic=False),
            make(f"ca {family}", root, ca=True, usage="digital_signature"),
            make(f"ca {family}", root, ca=True, kind="rsa1024-old"),
            make(f"ca {family}", root, ca=True, kind="rsa2048-new"),
            make(f"ca {family}", root, ca=True, kind="p224-short"),
            make(f"ca {family}", root, ca=True, kind="ed25519-ca"),
            make(f"ca {family}", root, ca=True, dates=(START - timedelta(days=900), START)),
            make(f"ca {family}", root, ca=True, weak=True),
            make(f"ca {family}", root, ca=True, odd=True),
            make(f"root {family}", ca=True, dates=(START - timedelta(days=900), START), weak=True),
        ]
    return tuple(found)


@functools.cache
def leaves() -> tuple[Identity, ...]:
    """Server certificates below each kind of authority, with names that fit, nearly fit, and do not."""
    found, issuers = [], authorities()
    for number, names in enumerate(NAMES):
        for issuer in (issuers[1], issuers[2], issuers[0], issuers[16]):
            found.append(make(f"leaf {number}", issuer, names=names))
    faults = (
        {"ca": True}, {"kind": "rsa1024-leaf"}, {"kind": "rsa2048-leaf"}, {"kind": "p224-leaf"}, {"kind": "p384-leaf"},
        {"kind": "ed25519-leaf"}, {"dates": (END, END + timedelta(days=9))},
        {"dates": (START - timedelta(days=9), START)},
        {"digest": hashes.SHA384()}, {"weak": True}, {"odd": True}, {"extended": (ExtendedKeyUsageOID.CLIENT_AUTH,)},
        {"extended": (ExtendedKeyUsageOID.SERVER_AUTH,)}, {"usage": "digital_signature"},
    )  # fmt: skip
    for number, fault in enumerate(faults):
        for issuer in (issuers[1], issuers[16]):
            found.append(make(f"odd {number}", issuer, names=("api.example.com", "*.example.com"), **fault))  # type: ignore[arg-type]
    return tuple(found)


def sets(seed: int) -> Iterator[tuple[Rules, list[Question]]]:
    """Every rule set with its questions, the same for the same seed (but for the keys, which are new each time)."""
    rng = random.Random(seed)
    for _ in range(SETS):
        rules = _rules(rng)
        yield rules, [_question(rng, rules) for _ in range(QUESTIONS)]


def _rules(rng: random.Random) -> Rules:
    hosts = []
    for match, name in rng.sample(PATTERNS, rng.randrange(1, 7)):
        first_use = rng.choice(tuple(PinKind)) if rng.random() < 0.35 else None
        hosts.append(
            HostRule(
                match,
                name,
                tuple(_pin(rng) for _ in range(rng.randrange(1, 5))) if first_use is None else (),
                expires=rng.choice((None, None, NOW - 5, NOW + 5)),
                block_when_expired=rng.random() < 0.4,
                first_use=first_use,
            )
        )
    return Rules(
        tuple(hosts),
        enforce=rng.random() < 0.85,
        block_unlisted=rng.random() < 0.2,
        refuse_no_host=rng.random() < 0.7,
        check_all=rng.random() < 0.3,
        certificate_roles=rng.random() < 0.8,
        min_rsa_bits=rng.choice((0, 2048, 2048)),
        min_ec_bits=rng.choice((0, 256, 256, 384)),
        min_digest_bits=rng.choice((0, 256, 256, 384)),
        first_use_all=rng.random() < 0.3,
        first_use_limit=rng.choice((0, 1, 2, 100)),
    )


def _pin(rng: random.Random) -> SealedPin:
    one = rng.choice(leaves()) if rng.random() < 0.5 else rng.choice((*authorities(), *authorities()[:2] * 20))
    return one.pin(rng.choice(tuple(PinKind)))


def _question(rng: random.Random, rules: Rules) -> Question:
    chain = [rng.choice(leaves())]
    by_name = {}
    for one in authorities():
        by_name.setdefault(one.certificate.subject, []).append(one)
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        above = by_name.get(chain[-1].certificate.issuer, [])
        if not above or chain[-1].certificate.issuer == chain[-1].certificate.subject:
            break
        chain.append(above[0] if rng.random() < 0.7 else rng.choice(above))
    ders = [one.der for one in chain]
    spoil = rng.random()
    if spoil < 0.06:
        rng.shuffle(ders)
    elif spoil < 0.12:
        ders.append(rng.choice((*leaves(), *authorities())).der)
    elif spoil < 0.16:
        number = rng.randrange(len(ders))
        ders[number] = ders[number][: rng.randrange(len(ders[number]))]
    elif spoil < 0.18:
        ders = rng.choice(([], ders * 6, [b"", *ders], [b"\x30" * 70_000]))
    host = None if rng.random() < 0.15 else rng.choice((*HOSTS, *["api.example.com"] * 20))
    now = rng.choice((*[NOW] * 8, NOW - 40_000_000, NOW + 40_000_000, NOW + 5, NOW - 5))
    return Question(tuple(ders), host, now, rng.randrange(4))
