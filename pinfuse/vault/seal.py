"""Sealing and opening a well; the format is in ``docs/vault-format.md``, its other reader is ``stub/core/vault.c``."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pinfuse.errors import CheckFailed, PinError
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules, SealedPin
from pinfuse.vault import plain
from pinfuse.vault.random import Rng
from pinfuse.vault.selftest import selftest_identity

WELL_SIZES = (16384, 131072, 1048576)
"""Bytes of a well; the payload has a stub for each, and the smallest that holds the rules is taken."""
SALT_SIZE = 32
SLOT_COUNT = 16
SLOT_SIZE = 48
SLOTS_SIZE = SLOT_COUNT * SLOT_SIZE
MATERIAL_SIZE = 64
TAG_SIZE = 16
OVERHEAD = 2048
"""Bytes of a well that are not clear text: salt, slots, tag and gaps."""
GAP_SIZE = OVERHEAD - SALT_SIZE - SLOTS_SIZE - TAG_SIZE
LONGEST_PACKAGE = 256
LAYOUT, SLOT_OF_SIGNER, SLOT_OF_PACKAGE, RULES, MEMORY = b"\x01", b"\x02", b"\x03", b"\x04", b"\x06"
"""What a key is for: the first byte of every HKDF info."""


class VaultClosed(CheckFailed):
    """No key slot opens, or the sealed rules are not genuine."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a vault is bound to: the app's id, and 32 bytes for each of its signers (``docs/vault-format.md``)."""

    package: str
    signers: tuple[bytes, ...]
    any_signer: bool = False
    further: tuple[str, ...] = ()
    """Ids of other programs in the app, for whom the same vault opens."""


@dataclass(frozen=True, slots=True)
class OpenVault:
    """What was sealed: the rules as compiled, and the 32-byte seed of the self-test identity."""

    rules: Rules
    selftest_seed: bytes


@dataclass(frozen=True, slots=True)
class _Layout:
    """Offsets in the well of slots, sealed rules and the 64 bytes of key material."""

    slots: int
    sealed: int
    sealed_size: int
    material: tuple[int, ...]
    mask: bytes

    def material_of(self, well: bytes) -> bytes:
        return bytes(well[at] ^ self.mask[i % len(self.mask)] for i, at in enumerate(self.material))

    def aad_of(self, well: bytes) -> bytes:
        digest = hashlib.sha256(well[: self.sealed])
        digest.update(well[self.sealed + self.sealed_size :])
        return digest.digest()


def seal(rules: Rules, binding: Binding, selftest_seed: bytes, rng: Rng) -> bytes:
    """A well of the smallest of ``WELL_SIZES`` that holds the rules; it looks random and opens only for ``binding``.

    The rule of the self-test host is added to ``rules``. Raises `PinError` when rules or signers are more than a
    vault holds.
    """
    clear = plain.encode(_with_selftest(rules, selftest_seed), selftest_seed, memory_key(binding.package))
    infos = _slot_infos(binding)
    size = _size_for(len(clear), len(rules.hosts))
    well = bytearray(rng.bytes(size))
    at = _layout(bytes(well[:SALT_SIZE]), size)
    material, data_key = at.material_of(bytes(well)), rng.bytes(32)
    numbers = _shuffled(SLOT_COUNT, rng)[: len(infos)]
    for number, info in zip(numbers, infos, strict=True):
        key = _derive(well, material, info)
        slot = ChaCha20Poly1305(key[:32]).encrypt(_nonce(key, number), data_key, b"")
        well[at.slots + number * SLOT_SIZE : at.slots + (number + 1) * SLOT_SIZE] = slot
    key = _derive(well, data_key + material, RULES)
    sealed = ChaCha20Poly1305(key[:32]).encrypt(key[32:], clear.ljust(size - OVERHEAD, b"\0"), at.aad_of(bytes(well)))
    well[at.sealed : at.sealed + at.sealed_size] = sealed
    return bytes(well)


def open_well(well: bytes, package: str, signers: Sequence[bytes]) -> OpenVault:
    """Open a well as the stub in the app would; raises `VaultClosed` when it would not open there."""
    if len(well) not in WELL_SIZES:
        raise VaultClosed(f"the well has {len(well)} bytes, and none has so many")
    at = _layout(well[:SALT_SIZE], len(well))
    material = at.material_of(well)
    data_key = _open_slots(well, at, material, Binding(package, tuple(signers), any_signer=True))
    key = _derive(well, data_key + material, RULES)
    sealed = well[at.sealed : at.sealed + at.sealed_size]
    try:
        clear = ChaCha20Poly1305(key[:32]).decrypt(key[32:], sealed, at.aad_of(well))
        rules, seed = plain.decode(clear)
    except (InvalidTag, ValueError) as error:
        raise VaultClosed("the sealed rules are not genuine") from error
    return OpenVault(replace(rules, hosts=rules.hosts[:-1]), seed)


def _open_slots(well: bytes, at: _Layout, material: bytes, binding: Binding) -> bytes:
    for info in _slot_infos(binding, limit=False):
        key = _derive(well, material, info)
        for number in range(SLOT_COUNT):
            slot = well[at.slots + number * SLOT_SIZE : at.slots + (number + 1) * SLOT_SIZE]
            try:
                return ChaCha20Poly1305(key[:32]).decrypt(_nonce(key, number), slot, b"")
            except InvalidTag:
                continue
    raise VaultClosed("no key slot opens for this package and these signers")


def _with_selftest(rules: Rules, seed: bytes) -> Rules:
    identity = selftest_identity(seed)
    pin = SealedPin(PinKind.LEAF_KEY, identity.spki_sha256)
    return replace(rules, hosts=(*rules.hosts, HostRule(HostMatch.EXACT, identity.host, (pin,))))


def memory_key(package: str) -> bytes:
    """The vault's part of the key that seals what an install remembers (``docs/first-use.md``).

    It is the same in every build of an app, so that an update still opens what the version before remembered.
    """
    return HKDF(SHA256(), 32, salt=None, info=MEMORY).derive(package.encode())


def _slot_infos(binding: Binding, *, limit: bool = True) -> list[bytes]:
    """The HKDF info of each key that may open the vault."""
    infos = []
    for package in (name.encode() for name in (binding.package, *binding.further)):
        if not 0 < len(package) <= LONGEST_PACKAGE:
            raise PinError(f"the app's id has {len(package)} bytes; {LONGEST_PACKAGE} are possible")
        infos += [SLOT_OF_SIGNER + signer + package for signer in binding.signers]
        infos += [SLOT_OF_PACKAGE + package] if binding.any_signer else []
    if limit and not 0 < len(infos) <= SLOT_COUNT:
        programs = f" in each of {1 + len(binding.further)} programs" if binding.further else ""
        what = f"{len(infos)} keys are to open the vault, one for each signer{programs}; 1 to {SLOT_COUNT} are possible"
        raise PinError(what, where="vault")
    return infos


def _size_for(clear: int, hosts: int) -> int:
    fitting = [size for size in WELL_SIZES if clear <= size - OVERHEAD]
    if not fitting:
        raise PinError(
            f"{hosts} hosts and their pins need {clear} bytes, and a vault holds {WELL_SIZES[-1] - OVERHEAD}",
            where="pins",
            todo="use wildcard hosts, or fewer pins",
        )
    return fitting[0]


def _layout(salt: bytes, size: int) -> _Layout:
    sealed_size = size - OVERHEAD + TAG_SIZE
    seed = HKDF(SHA256(), 36, salt=salt, info=LAYOUT).derive(salt)
    gap1, gap2, step, place = struct.unpack_from(">HHHH", seed, 2)
    gap1, gap2, step = gap1 % (GAP_SIZE // 2), gap2 % (GAP_SIZE // 2), step | 1
    sizes = (SLOTS_SIZE, sealed_size) if seed[0] & 1 else (sealed_size, SLOTS_SIZE)
    first = SALT_SIZE + gap1
    second = first + sizes[0] + gap2
    gaps = (*range(SALT_SIZE, first), *range(first + sizes[0], second), *range(second + sizes[1], size))
    material = tuple(gaps[(place + i * step & 0xFFFFFFFF) % GAP_SIZE] for i in range(MATERIAL_SIZE))
    slots, sealed = (first, second) if seed[0] & 1 else (second, first)
    return _Layout(slots, sealed, sealed_size, material, seed[10:36])


def _derive(well: bytes | bytearray, key: bytes, info: bytes) -> bytes:
    """32 bytes of key and 12 of nonce."""
    return HKDF(SHA256(), 44, salt=bytes(well[:SALT_SIZE]), info=info).derive(key)


def _nonce(key: bytes, number: int) -> bytes:
    """The nonce of slot ``number``: that of the key with the number in its last byte."""
    return key[32:43] + bytes([key[43] ^ number])


def _shuffled(count: int, rng: Rng) -> list[int]:
    numbers = list(range(count))
    return sorted(numbers, key=lambda number: (rng.bytes(8), number))
