"""What can be wrong with a forged chain besides its keys, and what looks wrong and is not: one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from pinfuse.policy.rules import Reason, Rules
from pinfuse.proof import forge

DAYS = timedelta(days=3)
"""More than a forged certificate is valid."""
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
ANYTHING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
ED25519 = ed25519.Ed25519PublicKey.from_public_bytes(bytes(31) + b"\1")
ED448 = ed448.Ed448PublicKey.from_public_bytes(bytes(56) + b"\1")
CURVE_BITS = {"P-224": 224, "P-256": 256, "secp256k1": 256, "P-384": 384}
CURVES = {"P-224": ec.SECP224R1, "P-256": ec.SECP256R1, "secp256k1": ec.SECP256K1, "P-384": ec.SECP384R1}


@dataclass(frozen=True, slots=True)
class Fault:
    """A chain (DER, leaf first); ``reason`` None: nothing is wrong with it but its keys. ``at``: the certificate."""

    words: str
    chain: tuple[bytes, ...]
    reason: Reason | None = None
    at: int = -1


def faults(host: str, make: forge.Forger, rules: Rules, *, whole: bool) -> Iterator[Fault]:
    """What can be tried for one host under these rules; ``whole``: all of it, which is enough for one host."""
    yield from _leaves(host, make, rules)
    yield from _keys(host, make, rules)
    if whole:
        yield from _names(host, make)
        yield from _paths(host, make, rules)


def _leaves(host: str, make: forge.Forger, rules: Rules) -> Iterator[Fault]:
    ca = make.authority()
    name = forge.subject_of(ca)

    def leaf(**more: Any) -> tuple[bytes, ...]:
        return make.server(host, name, **more), ca

    yield Fault("for another host", (make.server("other.invalid", name), ca), Reason.HOST, 0)
    yield Fault("expired", leaf(shift=-DAYS), Reason.EXPIRED, 0)
    yield Fault("not yet valid", leaf(shift=DAYS), Reason.EXPIRED, 0)
    yield Fault("dates beyond 2050", leaf(longer=forge.BEYOND_2050))
    yield Fault("dates that begin beyond 2050", leaf(shift=forge.BEYOND_2050), Reason.EXPIRED, 0)
    yield Fault("an unknown critical extension", leaf(extension=UNKNOWN), Reason.PATH, 0)
    for words, usage in (("for servers", SERVERS), ("for anything", ANYTHING)):
        yield Fault(words, leaf(extension=usage))
    if rules.certificate_roles:
        yield Fault("CA as server", leaf(ca=True), Reason.ROLE, 0)
        yield Fault("for clients only", leaf(extension=CLIENTS), Reason.ROLE, 0)


def _names(host: str, make: forge.Forger) -> Iterator[Fault]:
    ca = make.authority()
    name = forge.subject_of(ca)
    wrong = {"for nobody": None, "for an address": "192.0.2.99"}
    parent = "" if _is_address(host) else host.partition(".")[2]
    if parent:
        wrong |= {"for a host that ends like it": f"x{host}", "for a label below it": f"a.{host}"}
    if "." in parent:
        for words, star in (("two stars", "**."), ("a letter and a star", "a*."), ("a star and a letter", "*a.")):
            wrong[f"for {words} beside it"] = star + parent
        wrong["for a star without a dot"] = "*" + host.partition(".")[0][1:] + "." + parent
        wrong["for all hosts below it"] = f"*.{host}"
        wrong["for a star further up"] = f"{host.partition('.')[0]}.*.{parent.partition('.')[2]}"
    for words, other in wrong.items():
        yield Fault(words, (make.server(other, name), ca), Reason.HOST, 0)
    yield Fault("for several hosts", (make.server(f"other.invalid {host} 192.0.2.99", name), ca))
    if parent:
        yield Fault("for its name in capitals", (make.server(host.upper(), name), ca))
    if "." in parent:
        yield Fault("for all hosts beside it", (make.server(f"*.{parent}", name), ca))


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


def _keys(host: str, make: forge.Forger, rules: Rules) -> Iterator[Fault]:
    ca = make.authority()
    name = forge.subject_of(ca)

    def weak(is_weak: bool, reason: Reason) -> tuple[Reason | None, int]:
        return (reason, 0) if is_weak else (None, -1)

    for bits, rsa_key in ((1024, forge.RSA_1024), (2047, forge.RSA_2047), (2048, forge.RSA_2048)):
        chain = make.server(host, name, key=rsa_key.public_key()), ca
        yield Fault(f"RSA of {bits} bits", chain, *weak(bits < rules.min_rsa_bits, Reason.RSA_BITS))
    for words, curve in CURVES.items():
        chain = make.server(host, name, key=forge.curve_key(curve)), ca
        yield Fault(words, chain, *weak(CURVE_BITS[words] < rules.min_ec_bits, Reason.EC_BITS))
    for words, key, bits in (("Ed25519", ED25519, 256), ("Ed448", ED448, 448)):
        chain = make.server(host, name, key=key), ca
        yield Fault(words, chain, *weak(bits < rules.min_ec_bits, Reason.EC_BITS))
    for bits in (224, 256, 384):
        chain = forge.other_digest(make.server(host, name), bits), ca
        yield Fault(f"SHA-{bits}", chain, *weak(bits < rules.min_digest_bits, Reason.DIGEST))


def _paths(host: str, make: forge.Forger, rules: Rules) -> Iterator[Fault]:
    """A server, an authority, and one above it."""
    top = make.authority("top")

    def chain(above: bytes = top, digest: int = 512, ca: bool = True, **more: Any) -> tuple[bytes, ...]:
        middle = make.server("middle.invalid", forge.subject_of(above), name="middle", ca=ca, **more)
        middle = middle if digest == 512 else forge.other_digest(middle, digest)
        return make.server(host, forge.subject_of(middle)), middle, above

    yield Fault("by an authority below another", chain())
    yield Fault("by an expired authority", chain(shift=-DAYS), Reason.EXPIRED, 1)
    yield Fault("by an authority with an unknown critical extension", chain(extension=UNKNOWN), Reason.PATH, 1)
    stranger = (*chain()[:2], make.authority("stranger"))
    yield Fault("under an authority of another name", stranger, Reason.PATH, 2)
    yield Fault("under an expired anchor", chain(make.authority("top", shift=-DAYS)))
    yield Fault("under an anchor with SHA-224", chain(forge.other_digest(top, 224)))
    if rules.certificate_roles:
        none = make.authority(ca=False)
        yield Fault("issuer that is no CA", (make.server(host, forge.subject_of(none)), none), Reason.ROLE, 1)
        yield Fault("by an authority that is none", chain(ca=False), Reason.ROLE, 1)
        yield Fault("by an authority that may not sign", chain(extension=_usage(False)), Reason.ROLE, 1)
        yield Fault("by an authority that may sign", chain(extension=_usage(True)))
        for words, length, reason, at in (("a path that is too long", 0, Reason.ROLE, 2),
                                          ("a path that is just short enough", 1, None, -1)):  # fmt: skip
            above = make.server("above.invalid", forge.subject_of(top), name="above", ca=True, path_length=length)
            yield Fault(words, chain(above), reason, at)
    if rules.min_rsa_bits > 1024:
        key: forge.PublicKey = forge.RSA_1024.public_key()
        yield Fault("by an authority with RSA of 1,024 bits", chain(key=key), Reason.RSA_BITS, 1)
    if rules.min_ec_bits > 224:
        key = forge.curve_key(ec.SECP224R1)
        yield Fault("by an authority with P-224", chain(key=key), Reason.EC_BITS, 1)
    if rules.min_digest_bits > 224:
        yield Fault("by an authority with SHA-224", chain(digest=224), Reason.DIGEST, 1)


def _usage(may_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(not may_sign, False, False, False, False, may_sign, may_sign, False, False)
