"""What the vault of an APK binds to: its package name, and the certificates of all who may sign it."""

from __future__ import annotations

from pinfuse.android.signing.keys import ApkSigner
from pinfuse.errors import UsageError
from pinfuse.formats import Bond, SigningRequest


def bond(package: str, signer: ApkSigner | None, request: SigningRequest) -> Bond:
    """The bond, and what is to be said about it; raises `UsageError` where the vault would open for nobody."""
    own = signer.digests if signer else ()
    signers = tuple(dict.fromkeys((*own, *request.allow_signers)))
    if not signers and not request.allow_any_signer:
        raise UsageError(
            "an unsigned app would have no signer for whom the vault opens",
            where="--no-sign",
            todo="say who will sign it with --allow-signer SHA256, or bind to the package name only with "
            "--allow-any-signer",
        )
    said = list(signer.warnings) if signer else ["the output is not signed: no phone installs it before it is"]
    if request.allow_any_signer:
        said.insert(0, "THE VAULT OPENS UNDER ANY SIGNER: whoever re-signs this app keeps its pins working")
    elif len(signers) == 1:
        said.append(
            "one signer opens the vault; a store that re-signs (Play App Signing does) would leave an app that "
            "refuses all TLS: add the store's certificate with --allow-signer SHA256"
        )
    return Bond((package,), signers, request.allow_any_signer, tuple(said))
