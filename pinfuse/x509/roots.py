"""The roots that this machine trusts, found where OpenSSL and the distributions keep them."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Mapping
from pathlib import Path

from pinfuse.errors import PinError
from pinfuse.x509.certificates import Certificate
from pinfuse.x509.contents import read_file
from pinfuse.x509.der import certificate_parts

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, BSD, Alpine
)
"""Where bundles are when OpenSSL's own path (which ``SSL_CERT_FILE`` overrides) has none."""


def bundle() -> Path | None:
    """The file of roots that this machine has, or None."""
    named = ssl.get_default_verify_paths().cafile
    candidates = (named, *BUNDLES) if named else BUNDLES
    return next((Path(name) for name in candidates if Path(name).is_file()), None)


@functools.lru_cache(maxsize=4)
def system_roots(path: Path | None) -> Mapping[bytes, tuple[bytes, ...]]:
    """Raw subject → DER of the roots of that name; empty without a bundle. Cheap: nothing is parsed further."""
    found: dict[bytes, tuple[bytes, ...]] = {}
    for der in _bundle_certificates(path):
        try:
            subject = certificate_parts(der).subject
        except ValueError:
            continue
        found[subject] = (*found.get(subject, ()), der)
    return found


def _bundle_certificates(path: Path | None) -> tuple[bytes, ...]:
    try:
        return read_file(path).certificates if path else ()
    except (OSError, PinError):
        return ()


def roots_named(subject: bytes) -> tuple[Certificate, ...]:
    """This machine's roots with that raw subject."""
    return tuple(Certificate.from_der(der) for der in system_roots(bundle()).get(subject, ()))
