"""Which signing words and options belong to which system; those of the other are a mistake, and it is said so."""

from __future__ import annotations

from collections.abc import Mapping

from pinfuse.errors import UsageError
from pinfuse.formats import FuseOptions, SigningRequest

ANDROID, IOS = "Android", "iOS"
WORDS: Mapping[str, Mapping[str, str]] = {
    ANDROID: {
        "ks": "--ks",
        "ks_key_alias": "--ks-key-alias",
        "ks_pass": "--ks-pass",
        "key_pass": "--key-pass",
        "key": "--key",
        "cert": "--cert",
        "allow_signers": "--allow-signer",
        "min_sdk": "--min-sdk",
    },
    IOS: {
        "identity": "--identity",
        "identity_pass": "--identity-pass",
        "profiles": "--profile",
        "entitlements": "--entitlements",
        "adhoc": "--adhoc",
        "team_id": "--team-id",
        "thin": "--thin",
        "only_main": "--only-main",
    },
}
"""System → field of `SigningRequest` or `FuseOptions` → its option."""
SIGN_WITH = {ANDROID: "--ks, or --key and --cert", IOS: "--identity and --profile"}


def require_words_of(system: str, given: SigningRequest | FuseOptions, where: str) -> None:
    """Raise `UsageError` for a word of another system; ``where`` names the app."""
    for other, words in WORDS.items():
        for name, option in words.items():
            if other != system and getattr(given, name, None) not in (None, (), False):
                what = f"{option} is for {other}, and {where} is an app for {system}"
                raise UsageError(what, where=option, todo=f"an app for {system} is signed with {SIGN_WITH[system]}")
