"""At least sixty chains and the verdict that each must get (`tests.chains` has the parts they are made of)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from cryptography.x509.oid import ExtendedKeyUsageOID

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules
from tests.chains import APP_TRUST, END, HOST, NOW, START, VALIDATED, Case, make, rules_for, world

LEAF, ANY, WHOLE = PinKind.LEAF_KEY, PinKind.ANY_KEY, PinKind.CERTIFICATE
OUTSIDE = 40_000_000
"""More seconds than a certificate of the tests is valid on either side of NOW."""


@functools.cache
def cases() -> tuple[Case, ...]:
    """All of them, each name once."""
    found = tuple(case for group in GROUPS for case in group())
    assert len({case.name for case in found}) == len(found)
    return found


def pins() -> Iterator[Case]:
    """What a pin matches, with and without provenance."""
    w = world()
    other = w.foreign_leaf.pin(ANY)
    leaf, ca, root = (rules_for(other, one.pin(ANY)) for one in (w.leaf, w.ca, w.root))
    yield Case("leaf key", rules_for(w.leaf.pin(LEAF)), w.chain, HOST, Reason.OK, 0, 0)
    yield Case("leaf key without provenance", rules_for(w.leaf.pin(LEAF)), w.chain, HOST, Reason.OK, 0, 0, flags=0)
    yield Case("backup pin", rules_for(other, w.leaf.pin(LEAF)), w.chain, HOST, Reason.OK, 0, 1)
    yield Case("any key, leaf", leaf, w.chain, HOST, Reason.OK, 0, 1, flags=0)
    yield Case("any key, intermediate", ca, w.chain, HOST, Reason.OK, 1, 1)
    yield Case("any key, root", root, w.chain, HOST, Reason.OK, 2, 1)
    yield Case("intermediate without provenance", ca, w.chain, HOST, Reason.PROVENANCE, 1, 1, flags=0)
    yield Case("root without provenance", root, w.chain, HOST, Reason.PROVENANCE, 2, 1, flags=APP_TRUST)
    yield Case("leaf kind never matches a CA", rules_for(w.ca.pin(LEAF)), w.chain, HOST, Reason.PIN)
    yield Case("whole certificate", rules_for(w.leaf.pin(WHOLE)), w.chain, HOST, Reason.OK, 0, 0, flags=0)
    yield Case("whole CA certificate", rules_for(w.ca.pin(WHOLE)), w.chain, HOST, Reason.OK, 1, 0)
    yield Case("whole CA, no provenance", rules_for(w.ca.pin(WHOLE)), w.chain, HOST, Reason.PROVENANCE, 1, 0, flags=0)
    yield Case("foreign chain", leaf, w.foreign, HOST, Reason.OK, 0, 0)
    yield Case("foreign chain, not pinned", rules_for(w.leaf.pin(LEAF)), w.foreign, HOST, Reason.PIN)
    renewed = make(HOST, w.ca, kind=f"p256-{HOST}", names=(HOST,), dates=(START + timedelta(days=9), END))
    yield Case("renewed, same key", rules_for(w.leaf.pin(LEAF)), (renewed.der, w.ca.der), HOST, Reason.OK, 0, 0)
    yield Case("renewed, whole pinned", rules_for(w.leaf.pin(WHOLE)), (renewed.der, w.ca.der), HOST, Reason.PIN)


def paths() -> Iterator[Case]:
    """Chains that do not hang together, and the appended certificate (CVE-2016-2402)."""
    w = world()
    leaf, ca = rules_for(w.leaf.pin(LEAF)), rules_for(w.ca.pin(ANY))
    appended = (*w.foreign, w.leaf.der)
    yield Case("pinned leaf appended", leaf, appended, HOST, Reason.PATH, 2)
    yield Case("pinned CA appended, no provenance", ca, (*w.foreign, w.ca.der), HOST, Reason.PATH, 2, flags=0)
    yield Case("pinned CA appended, any key", ca, (*w.foreign, w.ca.der), HOST, Reason.PATH, 2)
    namesake = make("ca", None, kind="p256-namesake", ca=True)
    stray = make(HOST, namesake, kind="p256-stray", names=(HOST,))
    linked = (stray.der, w.ca.der, w.root.der)
    yield Case("linked by name only, no provenance", ca, linked, HOST, Reason.PROVENANCE, 1, 0, flags=0)
    yield Case("out of order", leaf, (w.leaf.der, w.root.der, w.ca.der), HOST, Reason.PATH, 1)
    odd = make(HOST, w.ca, kind=f"p256-{HOST}", names=(HOST,), odd=True)
    yield Case("unknown critical extension", leaf, (odd.der, w.ca.der), HOST, Reason.PATH, 0)
    odd_ca = make("ca", w.root, kind="p256-ca", ca=True, odd=True)
    yield Case("unknown critical extension of the CA", leaf, (w.leaf.der, odd_ca.der), HOST, Reason.PATH, 1)
    alone = make(HOST, names=(HOST,))
    yield Case("self-signed and pinned", rules_for(alone.pin(LEAF)), (alone.der,), HOST, Reason.OK, 0, 0, flags=0)
    yield Case("leaf alone", leaf, (w.leaf.der,), HOST, Reason.OK, 0, 0, flags=0)


def hosts() -> Iterator[Case]:
    """Which rule a host selects, and whether the certificate is for that host."""
    w = world()
    pin = w.leaf.pin(LEAF)
    exact = rules_for(pin)
    one = rules_for(pin, match=HostMatch.ONE_LABEL, name="wild.example.com")
    deep = rules_for(pin, match=HostMatch.ANY_DEPTH, name="example.com")
    for name in (HOST.upper(), HOST + ".", "Api.Example.Com."):
        yield Case(f"spelt {name}", exact, w.chain, name, Reason.OK, 0, 0)
    yield Case("one label", one, w.chain, "a.wild.example.com", Reason.OK, 0, 0)
    yield Case("one label is not two", one, w.foreign, "a.b.wild.example.com", Reason.UNLISTED)
    yield Case("one label is not none", one, w.foreign, "wild.example.com", Reason.UNLISTED)
    yield Case("any depth", deep, w.chain, HOST, Reason.OK, 0, 0)
    yield Case("any depth, pin", deep, w.foreign, HOST, Reason.PIN)
    yield Case("any depth, apex", deep, w.chain, "example.com", Reason.HOST, 0)
    yield Case("near miss of a suffix", deep, w.foreign, "notexample.com", Reason.UNLISTED)
    yield Case("suffix attack", exact, w.foreign, HOST + ".evil.example", Reason.UNLISTED)
    yield Case("other host's rule", rules_for(pin, name="b.example.com"), w.chain, "b.example.com", Reason.HOST, 0)
    both = Rules((*deep.hosts, HostRule(HostMatch.EXACT, HOST, (w.foreign_leaf.pin(LEAF),))))
    yield Case("the exact rule wins", both, w.chain, HOST, Reason.PIN)
    yield Case("unlisted", exact, w.foreign, "www.example.com", Reason.UNLISTED)
    blocked = replace(exact, block_unlisted=True)
    yield Case("unlisted, blocked", blocked, w.foreign, "www.example.com", Reason.UNLISTED, allowed=False)
    for literal in ("192.0.2.7", "2001:db8::7"):
        for spelling in (literal, f"[{literal}]", *(("2001:0DB8:0:0:0:0:0:7",) if ":" in literal else ())):
            if spelling != "[192.0.2.7]":
                yield Case(f"address {spelling}", rules_for(pin, name=literal), w.chain, spelling, Reason.OK, 0, 0)
    yield Case("other address", rules_for(pin, name="192.0.2.8"), w.chain, "192.0.2.8", Reason.HOST, 0)
    yield Case("no host, leaf's name", exact, w.chain, None, Reason.OK, 0, 0)
    yield Case("no host, leaf's name, pin", exact, w.foreign, None, Reason.PIN)
    away = make("www.example.net", w.foreign_root, names=("www.example.net",))
    unknown = (away.der, w.foreign_root.der)
    yield Case("no host, no rule", exact, unknown, None, Reason.UNLISTED)
    yield Case("no host, no rule, app trust", exact, unknown, None, Reason.HOST, flags=VALIDATED | APP_TRUST)
    lenient = replace(exact, refuse_no_host=False)
    yield Case("no host, app trust, lenient", lenient, unknown, None, Reason.UNLISTED, flags=VALIDATED | APP_TRUST)
    numbered = make("192.0.2.7", w.foreign_root, names=("192.0.2.7",))
    by_number = rules_for(pin, name="192.0.2.7")
    yield Case("no host, leaf's address", by_number, (numbered.der, w.foreign_root.der), None, Reason.PIN)
    star = make("*.example.com", w.foreign_root, names=("*.example.com",))
    yield Case("no host, wildcard leaf", exact, (star.der, w.foreign_root.der), None, Reason.PIN)


def times() -> Iterator[Case]:
    """Dates of certificates and of pins."""
    w = world()
    pin = w.leaf.pin(LEAF)
    yield Case("too early", rules_for(pin), w.chain, HOST, Reason.EXPIRED, 0, now=NOW - OUTSIDE)
    yield Case("too late", rules_for(pin), w.chain, HOST, Reason.EXPIRED, 0, now=NOW + OUTSIDE)
    old = make("ca", w.root, kind="p256-ca", ca=True, dates=(START - timedelta(days=90), START))
    yield Case("expired CA", rules_for(pin), (w.leaf.der, old.der), HOST, Reason.EXPIRED, 1)
    past = make("root", None, kind="p256-root", ca=True, dates=(START - timedelta(days=90), START))
    yield Case("expired anchor", rules_for(pin), (w.leaf.der, w.ca.der, past.der), HOST, Reason.OK, 0, 0)
    yield Case("pin not yet expired", rules_for(pin, expires=NOW + 1), w.foreign, HOST, Reason.PIN)
    yield Case("pin expired, system", rules_for(pin, expires=NOW), w.foreign, HOST, Reason.UNLISTED)
    block = rules_for(pin, expires=NOW, block_when_expired=True)
    yield Case("pin expired, block", block, w.chain, HOST, Reason.EXPIRED)


def strict() -> Iterator[Case]:
    """The four strict checks, each on and off."""
    w = world()
    pin = w.leaf.pin(LEAF)
    same = f"p256-{HOST}"
    no_ca = make("ca", w.root, kind="p256-ca")
    no_sign = make("ca", w.root, kind="p256-ca", ca=True, usage="crl_sign")
    yield Case("issuer is no CA", rules_for(pin), (w.leaf.der, no_ca.der), HOST, Reason.ROLE, 1)
    off = rules_for(pin, certificate_roles=False)
    yield Case("issuer is no CA, check off", off, (w.leaf.der, no_ca.der), HOST, Reason.OK, 0, 0)
    yield Case("issuer may not sign", rules_for(pin), (w.leaf.der, no_sign.der), HOST, Reason.ROLE, 1)
    short_root = make("root", None, kind="p256-root", ca=True, length=0)
    yield Case("path length", rules_for(pin), (w.leaf.der, w.ca.der, short_root.der), HOST, Reason.ROLE, 2)
    ca_leaf = make(HOST, w.root, kind="p256-caleaf", ca=True, names=(HOST,))
    yield Case("CA as server", rules_for(w.root.pin(ANY)), (ca_leaf.der, w.root.der), HOST, Reason.ROLE, 0)
    yield Case("CA as server, pinned", rules_for(ca_leaf.pin(ANY)), (ca_leaf.der, w.root.der), HOST, Reason.OK, 0, 0)
    client = make(HOST, w.ca, kind=same, names=(HOST,), extended=(ExtendedKeyUsageOID.CLIENT_AUTH,))
    yield Case("client certificate", rules_for(pin), (client.der, w.ca.der), HOST, Reason.ROLE, 0)
    serving = make(HOST, w.ca, kind=same, names=(HOST,), extended=(ExtendedKeyUsageOID.SERVER_AUTH,))
    yield Case("server certificate", rules_for(pin), (serving.der, w.ca.der), HOST, Reason.OK, 0, 0)
    for kind, reason in (("rsa1024", Reason.RSA_BITS), ("p224", Reason.EC_BITS), ("rsa2048", Reason.OK),
                         ("p384", Reason.OK), ("k256", Reason.OK), ("ed25519", Reason.OK)):
        one = make(HOST, w.ca, kind=kind, names=(HOST,))
        at = (0, 0) if reason is Reason.OK else (0, -1)
        yield Case(f"key {kind}", rules_for(one.pin(LEAF)), (one.der, w.ca.der), HOST, reason, *at)
        if reason is not Reason.OK:
            lax = rules_for(one.pin(LEAF), min_rsa_bits=0, min_ec_bits=0)
            yield Case(f"key {kind}, check off", lax, (one.der, w.ca.der), HOST, Reason.OK, 0, 0)
    rsa_ca = make("rsa ca", None, kind="rsa2048-ca", ca=True)
    sha224, sha1 = (make(HOST, issuer, kind=same, names=(HOST,), weak=True) for issuer in (w.ca, rsa_ca))
    yield Case("SHA-224", rules_for(pin), (sha224.der, w.ca.der), HOST, Reason.DIGEST, 0)
    yield Case("SHA-1", rules_for(pin), (sha1.der, rsa_ca.der), HOST, Reason.DIGEST, 0)
    none = rules_for(pin, min_digest_bits=0)
    yield Case("SHA-1, check off", none, (sha1.der, rsa_ca.der), HOST, Reason.OK, 0, 0)
    yield Case("SHA-256 under 384", rules_for(pin, min_digest_bits=384), w.chain, HOST, Reason.DIGEST, 0)
    for weak, reason in ((True, Reason.DIGEST), (False, Reason.OK)):
        one = make(HOST, rsa_ca, kind=same, names=(HOST,), pss=True, weak=weak)
        at = (0, 0) if reason is Reason.OK else (0, -1)
        yield Case(f"PSS {'SHA-224' if weak else 'SHA-256'}", rules_for(pin), (one.der, rsa_ca.der), HOST, reason, *at)
    old_root = make("root", None, kind="p256-root", ca=True, weak=True)
    yield Case("SHA-224 anchor", rules_for(pin), (w.leaf.der, w.ca.der, old_root.der), HOST, Reason.OK, 0, 0)
    everywhere = rules_for(pin, check_all=True)
    www = make("www.example.com", w.ca, kind="rsa1024", names=("www.example.com",))
    yield Case("all hosts", everywhere, (www.der, w.ca.der), "www.example.com", Reason.RSA_BITS, 0)
    yield Case("pinned hosts only", rules_for(pin), (www.der, w.ca.der), "www.example.com", Reason.UNLISTED)


def damaged() -> Iterator[Case]:
    """DER that is none, and limits."""
    w = world()
    pinned, leaf = rules_for(w.leaf.pin(LEAF)), w.leaf.der
    for name, der in {
        "empty": b"",
        "cut by one": leaf[:-1],
        "cut in the middle": leaf[: len(leaf) // 2],
        "one byte more": leaf + b"\0",
        "length of four bytes": b"\x30\x84\0\0\0\1" + leaf[4:],
        "indefinite length": b"\x30\x80" + leaf[4:] + b"\0\0",
        "another tag": b"\x31" + leaf[1:],
        "text": b"-----BEGIN CERTIFICATE-----",
    }.items():
        yield Case(f"leaf {name}", pinned, (der, w.ca.der), HOST, Reason.MALFORMED, 0)
    yield Case("damaged CA", pinned, (leaf, w.ca.der[:-3]), HOST, Reason.MALFORMED, 1)
    yield Case("no chain", pinned, (), HOST, Reason.MALFORMED)
    yield Case("eleven certificates", pinned, (leaf, *[w.ca.der] * 10), HOST, Reason.MALFORMED)
    yield Case("more than 64 KiB", pinned, (leaf, bytes(65536)), HOST, Reason.MALFORMED)
    yield Case("host too long", pinned, w.chain, "a" * 255, Reason.MALFORMED)
    yield Case("damaged, report only", replace(pinned, enforce=False), (leaf[:-1],), HOST, Reason.MALFORMED, 0,
               allowed=True)


def precedence() -> Iterator[Case]:
    """Two things wrong: the reason that comes first is said."""
    w = world()
    pinned = rules_for(w.leaf.pin(LEAF))
    late = NOW + OUTSIDE
    yield Case("malformed before path", pinned, (w.leaf.der, w.root.der, b"x"), HOST, Reason.MALFORMED, 2)
    yield Case("path before expired", pinned, (w.leaf.der, w.root.der), HOST, Reason.PATH, 1, now=late)
    ca = rules_for(w.ca.pin(ANY))
    yield Case("provenance before expired", ca, w.chain, HOST, Reason.PROVENANCE, 1, 0, now=late, flags=0)
    other = rules_for(w.leaf.pin(LEAF), name="b.example.com")
    yield Case("host before expired", other, w.chain, "b.example.com", Reason.HOST, 0, now=late)
    weak = make(HOST, w.ca, kind="rsa1024", names=(HOST,), extended=(ExtendedKeyUsageOID.CLIENT_AUTH,),
                weak=True)
    chain = (weak.der, w.ca.der)
    yield Case("expired before role", pinned, chain, HOST, Reason.EXPIRED, 0, now=late)
    yield Case("role before key", pinned, chain, HOST, Reason.ROLE, 0)
    no_role = replace(pinned, certificate_roles=False)
    yield Case("key before digest", no_role, chain, HOST, Reason.RSA_BITS, 0)
    yield Case("digest before pin", replace(no_role, min_rsa_bits=0), chain, HOST, Reason.DIGEST, 0)
    yield Case("report only", replace(pinned, enforce=False), w.foreign, HOST, Reason.PIN, allowed=True)


GROUPS = (pins, paths, hosts, times, strict, damaged, precedence)
