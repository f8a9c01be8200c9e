"""The local debug key: made once, kept in the user's own configuration folder, never fit for a release."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from pinfuse.android.signing.keys import ApkSigner
from pinfuse.errors import SigningError

PASSWORD = b"pinfuse"
"""No secret: the file's rights protect it, and nothing that it signs is trusted."""
FILE = "debug.p12"
UNTIL = datetime(2055, 1, 1, tzinfo=UTC)


def home() -> Path:
    """The folder of the user's settings: ``PINFUSE_HOME``, else where the system keeps such things."""
    if named := os.environ.get("PINFUSE_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "pinfuse"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "pinfuse"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pinfuse"


def throwaway_signer(name: str = "pinfuse stand-in") -> ApkSigner:
    """A new EC P-256 key with a certificate of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(UNTIL)
        .sign(key, hashes.SHA256())
    )
    return ApkSigner(key, (certificate,))


def debug_signer() -> ApkSigner:
    """The local debug key; made when there is none. Raises `SigningError` when its place cannot be used."""
    try:
        path = home() / FILE
    except RuntimeError as error:  # how pathlib says that there is none
        todo = "set PINFUSE_HOME to a folder of your own, or give a key with --ks"
        raise SigningError("there is no place for the local debug key: this user has no home", todo=todo) from error
    try:
        if not path.exists():
            _create(path)
        store = pkcs12.load_pkcs12(path.read_bytes(), PASSWORD)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        todo = "remove the file, set PINFUSE_HOME to a folder of your own, or give a key with --ks"
        raise SigningError(f"the local debug key cannot be used: {said}", where=str(path), todo=todo) from error
    if store.cert is None or not isinstance(store.key, ec.EllipticCurvePrivateKey):
        raise SigningError("this is not the debug key that pinfuse made", where=str(path), todo="remove the file")
    return ApkSigner(store.key, (store.cert.certificate,), is_debug=True)


def _create(path: Path) -> None:
    """Write a new key beside its place and give it its name only if nobody else did meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    signer = throwaway_signer("pinfuse local debug key")
    encryption = serialization.BestAvailableEncryption(PASSWORD)
    data = pkcs12.serialize_key_and_certificates(b"debug", signer.key, signer.chain[0], None, encryption)
    pending = path.with_name(f".{FILE}.{os.getpid()}")
    handle = os.open(pending, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        try:
            os.link(pending, path)
        except FileExistsError:
            return
        except OSError:
            pending.replace(path)
    finally:
        pending.unlink(missing_ok=True)
