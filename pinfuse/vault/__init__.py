"""The vault: `Rules` in, the bytes of a well out, and back (``docs/vault-format.md``)."""

from pinfuse.vault.plain import settings_bytes
from pinfuse.vault.random import Rng, SeededRandom, SystemRandom
from pinfuse.vault.seal import Binding, OpenVault, VaultClosed, open_well, seal
from pinfuse.vault.selftest import SelfTest, selftest_identity

__all__ = [
    "Binding",
    "OpenVault",
    "Rng",
    "SeededRandom",
    "SelfTest",
    "SystemRandom",
    "VaultClosed",
    "open_well",
    "seal",
    "selftest_identity",
    "settings_bytes",
]
