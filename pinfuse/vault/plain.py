"""The clear text inside the vault: the compiled rules as bytes, and back (``docs/vault-format.md``)."""

from __future__ import annotations

import struct

from pinfuse.errors import PinError
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules, SealedPin, Settings

VERSION = 4
HEAD = struct.Struct(">BBHHH32sH32sHH")
"""Version, flags, least RSA bits, EC bits and digest bits, self-test seed, hosts remembered at most, key of the memory,
number of rules, of them for addresses."""
PLACE_SIZE = 3
"""Bytes of one place in the table that follows: where a rule stands. Rules for addresses first, then by name."""
MOST_RULES = 0xFFFF
FLAGS = ("enforce", "block_unlisted", "refuse_no_host", "check_all", "certificate_roles", "first_use_all")
"""The switches of `Rules`, from the lowest bit on."""
HAS_EXPIRY, BLOCK_WHEN_EXPIRED, FIRST_USE, KIND_SHIFT = 1, 2, 4, 3
LONGEST_NAME = 253
MOST_PINS = 255
MOST_SETTINGS = 8192
"""Bytes of settings; what is behind them is padding."""


def encode(rules: Rules, seed: bytes, memory_key: bytes) -> bytes:
    """The rules as bytes, without padding; seed and key have 32 bytes. Raises `PinError` for what no vault can hold."""
    flags = sum(1 << bit for bit, name in enumerate(FLAGS) if getattr(rules, name))
    least = (rules.min_rsa_bits, rules.min_ec_bits, rules.min_digest_bits)
    if len(rules.hosts) > MOST_RULES:
        raise PinError(f"{len(rules.hosts)} hosts; {MOST_RULES} are possible", where="pins", todo="use wildcard hosts")
    addresses = sum(map(_is_address, rules.hosts))
    out = bytearray(
        HEAD.pack(
            VERSION, flags, *least, seed, rules.first_use_limit, memory_key, len(rules.hosts), addresses
        )
    )
    encoded = [_encode_rule(rule) for rule in rules.hosts]
    places, at = [], HEAD.size + PLACE_SIZE * len(encoded)
    for part in encoded:
        places.append(at)
        at += len(part)
    for number in sorted(range(len(encoded)), key=lambda number: _order(rules.hosts[number])):
        out += places[number].to_bytes(PLACE_SIZE, "big")
    return bytes(out) + b"".join(encoded) + _encode_settings(rules.settings)


def _is_address(rule: HostRule) -> bool:
    """True for an IP literal, as the stub tells them apart (``core/host.c``)."""
    return ":" in rule.name or rule.name.rpartition(".")[2].isdigit()


def _order(rule: HostRule) -> tuple[bool, bytes, int]:
    return not _is_address(rule), rule.name.encode("ascii", "replace"), rule.match


def _encode_rule(rule: HostRule) -> bytes:
    name = rule.name.encode("ascii")
    if not 0 < len(name) <= LONGEST_NAME:
        raise PinError(f"the host name has {len(name)} characters; {LONGEST_NAME} are allowed", where=rule.name[:60])
    if not (rule.first_use is None) <= len(rule.pins) <= (MOST_PINS if rule.first_use is None else 0):
        raise PinError(f"a host has {len(rule.pins)} pins; 1 to {MOST_PINS} are possible", where=rule.name)
    flags = (HAS_EXPIRY if rule.expires is not None else 0) | (BLOCK_WHEN_EXPIRED if rule.block_when_expired else 0)
    if rule.first_use is not None:
        flags |= FIRST_USE | rule.first_use << KIND_SHIFT
    out = bytearray([rule.match, len(name)]) + name + bytes([flags])
    if rule.expires is not None:
        out += struct.pack(">q", rule.expires)
    out.append(len(rule.pins))
    for pin in rule.pins:
        out += bytes([pin.kind]) + pin.sha256
    return bytes(out)


def settings_bytes(settings: Settings) -> bytes:
    """Keys and values as the stub hands them out; raises `PinError` for what does not fit."""
    if any("\0" in text for pair in settings for text in pair):
        raise PinError("a text has a zero byte in it", where="settings", todo="take it out")
    out = "".join(f"{key}\0{value}\0" for key, value in settings).encode()
    if len(out) > MOST_SETTINGS:
        raise PinError(
            f"the texts of [notification] and [report] have {len(out)} bytes; {MOST_SETTINGS} are possible",
            where="settings",
            todo="use shorter texts or fewer languages",
        )
    return out


def _encode_settings(settings: Settings) -> bytes:
    out = settings_bytes(settings)
    return len(out).to_bytes(2, "big") + out


def _decode_settings(plain: bytes, at: int) -> Settings:
    size = int.from_bytes(plain[at : at + 2], "big")
    data = plain[at + 2 : at + 2 + size]
    if len(plain) < at + 2 or len(data) != size or size > MOST_SETTINGS:
        raise ValueError("the settings are cut short")
    *texts, end = data.decode().split("\0")
    if end or len(texts) % 2:
        raise ValueError("the settings are no pairs")
    return tuple(zip(texts[::2], texts[1::2], strict=True))


def decode(plain: bytes) -> tuple[Rules, bytes]:
    """Rules and self-test seed; raises `ValueError` for anything that `encode` does not write."""
    try:
        version, flags, rsa, ec, digest, seed, limit, _, count, _ = HEAD.unpack_from(plain)
        if version != VERSION:
            raise ValueError(f"vault version {version}")
        at, hosts = HEAD.size + PLACE_SIZE * count, []
        for _ in range(count):
            rule, at = _decode_rule(plain, at)
            hosts.append(rule)
        settings = _decode_settings(plain, at)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("the rules are cut short") from error
    switches = {name: bool(flags >> bit & 1) for bit, name in enumerate(FLAGS)}
    least = {"min_rsa_bits": rsa, "min_ec_bits": ec, "min_digest_bits": digest}
    return Rules(tuple(hosts), first_use_limit=limit, settings=settings, **least, **switches), seed


def _decode_rule(plain: bytes, at: int) -> tuple[HostRule, int]:
    match, length = HostMatch(plain[at]), plain[at + 1]
    name = plain[at + 2 : at + 2 + length].decode("ascii")
    at += 2 + length
    flags, expires = plain[at], None
    at += 1
    if flags & HAS_EXPIRY:
        (expires,) = struct.unpack_from(">q", plain, at)
        at += 8
    pins, count = [], plain[at]
    at += 1
    for _ in range(count):
        pins.append(SealedPin(PinKind(plain[at]), plain[at + 1 : at + 33]))
        at += 33
    first_use = PinKind(flags >> KIND_SHIFT & 3) if flags & FIRST_USE else None
    return HostRule(match, name, tuple(pins), expires, bool(flags & BLOCK_WHEN_EXPIRED), first_use), at
