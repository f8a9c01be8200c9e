"""Where the bytes of a build's randomness come from: the system, or a seed."""

from __future__ import annotations

import secrets
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Rng(Protocol):
    """A source of random bytes."""

    def bytes(self, count: int) -> bytes:
        """The next ``count`` bytes."""


class SystemRandom:
    """The operating system's generator."""

    def bytes(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        return secrets.token_bytes(count)


class SeededRandom:
    """The same bytes for the same seed and context: a ChaCha20 key stream under HKDF-SHA256 of both.

    ``context`` is a digest of everything that is sealed and of the input, so that no two builds share a stream.
    """

    def __init__(self, seed: str, context: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=context, info=b"pinfuse build").derive(seed.encode())
        self._stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor()

    def bytes(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        return self._stream.update(bytes(count))
