"""The compiled policy: what is sealed into the vault and what the stub decides by.

A fusion set, or ``--pin`` options, are compiled into `Rules`; `pinfuse.vault` knows nothing else of policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Reason(IntEnum):
    """Reason codes, the same numbers in stub, shim and prover, the same words everywhere a person reads."""

    OK = 0
    UNLISTED = 1
    PIN = 2
    PATH = 3
    ROLE = 4
    RSA_BITS = 5
    EC_BITS = 6
    DIGEST = 7
    EXPIRED = 8
    FIRST_USE = 9
    HOST = 10
    MALFORMED = 11
    PROVENANCE = 12
    VAULT = 13

    @property
    def word(self) -> str:
        """The code as it is printed, such as ``rsa-bits``."""
        return self.name.lower().replace("_", "-")


class PinKind(IntEnum):
    """What a pin is compared with; an index above 0 counts only on a chain whose provenance is known."""

    LEAF_KEY = 0
    """SHA-256 of the SubjectPublicKeyInfo of the server's own certificate (index 0)."""
    ANY_KEY = 1
    """SHA-256 of the SubjectPublicKeyInfo of any certificate of the chain (CA pins, hash-only pins)."""
    CERTIFICATE = 2
    """SHA-256 of a whole certificate (DER) at any index of the chain."""


class HostMatch(IntEnum):
    """How the name of a `HostRule` is compared with the host of a session."""

    EXACT = 0
    ONE_LABEL = 1
    """``*.name``: exactly one label more."""
    ANY_DEPTH = 2
    """``**.name``: the name itself and any number of labels more."""


@dataclass(frozen=True, slots=True)
class SealedPin:
    """One pin: ``kind`` and the 32 bytes of a SHA-256."""

    kind: PinKind
    sha256: bytes

    def __post_init__(self) -> None:
        if len(self.sha256) != 32:
            raise ValueError("a pin is 32 bytes of SHA-256")


@dataclass(frozen=True, slots=True)
class HostRule:
    """The pins of one host pattern; ``name`` is lower-case A-labels or an IP literal, without ``*.``."""

    match: HostMatch
    name: str
    pins: tuple[SealedPin, ...]
    """Empty where ``first_use`` is set."""
    expires: int | None = None
    """Unix seconds from which the pins no longer hold, or None."""
    block_when_expired: bool = False
    first_use: PinKind | None = None
    """What is remembered of a host when it is first met: its key, the key that ends its path (``ANY_KEY``), or its
    certificate; None for a host with pins."""


Settings = tuple[tuple[str, str], ...]
"""What the person and the app see, as key and value (``docs/vault-format.md``): texts of the dialog and the like."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the stub decides by; the defaults are those of ``product.md``."""

    hosts: tuple[HostRule, ...]
    enforce: bool = True
    block_unlisted: bool = False
    refuse_no_host: bool = True
    check_all: bool = False
    """True: the four strict checks hold for hosts without a pin too."""
    certificate_roles: bool = True
    min_rsa_bits: int = 2048
    min_ec_bits: int = 256
    min_digest_bits: int = 256
    """0: off; 256, 384 or 512."""
    first_use_all: bool = False
    """True: hosts without a pin are trusted on first use too, by the key that ends their path."""
    first_use_limit: int = 0
    """How many hosts without a rule of their own are remembered at most."""
    settings: Settings = ()
    """Nothing the stub decides by: the shim reads them."""

    @property
    def remembers(self) -> bool:
        """True when some host is trusted on first use."""
        return self.first_use_all or any(rule.first_use is not None for rule in self.hosts)
