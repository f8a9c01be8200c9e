"""Options that several commands share; each has a ``PINFUSE_…`` twin in the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pinfuse.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

APP_PATH = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
FILE_PATH = click.Path(dir_okay=False, path_type=Path)
SHA256_DIGITS = 64


def option(name: str, *more: str, **settings: Any) -> Callable[[F], F]:
    """`click.option` with the environment twin of its long name: ``--ks-pass`` reads ``PINFUSE_KS_PASS``."""
    long = next(word for word in (name, *more) if word.startswith("--")).split("/")[0]
    twin = "PINFUSE_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *more, envvar=twin, show_envvar=True, **settings)


def stack(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which ``--help`` shows them."""

    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


class Sha256Type(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A certificate's SHA-256 as consoles show it: 64 hex digits, with or without colons."""

    name = "SHA256"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """32 bytes; anything else is a usage error that says what was expected."""
        if isinstance(value, bytes):
            return value
        digits = "".join(str(value).split()).replace(":", "")
        if len(digits) != SHA256_DIGITS or any(c not in "0123456789abcdefABCDEF" for c in digits):
            self.fail(f"{value!r} is not a SHA-256 fingerprint: 64 hex digits, colons allowed", param, ctx)
        return bytes.fromhex(digits)


PIN_OPTIONS = stack(
    option(
        "--pin",
        "pins",
        multiple=True,
        metavar="PATH|HOST=…",
        help="Certificates to trust: a PEM or DER file, a folder, HOST=FILE or HOST=sha256/BASE64=. Repeatable.",
    ),
    option("--set", "set_file", type=APP_PATH, help="A fusion set (TOML). Adds up with --pin."),
)

SIGNING_OPTIONS = stack(
    option("--ks", type=FILE_PATH, help="Android: key store to sign with (PKCS#12)."),
    option("--ks-key-alias", help="Alias of the key in the key store."),
    option("--ks-pass", metavar="SPEC", help="Its password: pass:…, env:NAME, file:PATH or stdin."),
    option("--key-pass", metavar="SPEC", help="Password of the key itself, when it has its own."),
    option("--key", type=FILE_PATH, help="Android: private key to sign with (PEM or DER), with --cert."),
    option("--cert", type=FILE_PATH, help="Certificate that belongs to --key."),
    option("--identity", type=FILE_PATH, help="iOS: certificate and key to sign with (PKCS#12)."),
    option("--identity-pass", metavar="SPEC", help="Its password: pass:…, env:NAME, file:PATH or stdin."),
    option(
        "--profile",
        "profiles",
        multiple=True,
        metavar="[BUNDLE_ID=]FILE",
        help="iOS: provisioning profile for the app or one of its extensions. Repeatable.",
    ),
    option(
        "--entitlements",
        multiple=True,
        metavar="[BUNDLE_ID=]FILE",
        help="iOS: entitlements for the app, or one of its extensions, instead of the old ones. Repeatable.",
    ),
    option("--adhoc", is_flag=True, help="iOS: sign ad hoc, for whoever signs after."),
    option("--team-id", help="iOS: the team that the vault opens for, where no --identity says it."),
    option(
        "--no-sign",
        is_flag=True,
        help="Leave the output unsigned; an APK needs --allow-signer or --allow-any-signer then.",
    ),
    option(
        "--allow-signer",
        "--play-signing-cert",
        "allow_signers",
        type=Sha256Type(),
        multiple=True,
        help="SHA-256 of a further certificate under which the vault opens: a store that re-signs. Repeatable.",
    ),
    option(
        "--allow-any-signer",
        is_flag=True,
        help="Bind the vault to the app's id only: whoever re-signs the app keeps its pins working.",
    ),
)

JSON_OPTION = option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


def load_fusion_set(pins: tuple[str, ...], set_file: Path | None) -> Any:
    """The `pinfuse.policy.model.FusionSet` that ``--pin`` and ``--set`` make together, and notices.

    Raises `pinfuse.errors.UsageError` when there is neither.
    """
    if not pins and not set_file:
        raise UsageError(
            "there is nothing to trust", where="--pin", todo="give certificates with --pin or a fusion set with --set"
        )
    from pinfuse.policy import load_set, set_from_pins

    base = load_set(set_file) if set_file else None
    if not pins:
        return base, ()
    return set_from_pins(pins, base)
