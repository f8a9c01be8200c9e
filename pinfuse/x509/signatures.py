"""Whether one certificate's key made the signature of another.

The library's own ``verify_directly_issued_by`` refuses SHA-1 and older digests unseen (cryptography 50), which would
cut a path where the stub must speak; here the arithmetic alone is asked, and every rule is left to the stub.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinfuse.x509.certificates import Certificate, load

if TYPE_CHECKING:
    from cryptography import x509

RSA_FAMILY = "1.2.840.113549.1.1."
"""Signature algorithms of RFC 8017, appendix C; PSS is among them."""
ECDSA_FAMILY = "1.2.840.10045.4."
"""RFC 5758, 3.2."""
DSA_FAMILIES = ("1.2.840.10040.4.", "2.16.840.1.101.3.4.3.")
"""RFC 3279, 2.2.2, and RFC 5758, 3.1."""


def signed(child: Certificate, parent: Certificate) -> bool:
    """True when the signature of ``child`` holds under the key of ``parent``; names are not compared.

    False too for keys and algorithms that the library does not know.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate = load(child.der)
        _verify(certificate, load(parent.der).public_key())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _verify(child: x509.Certificate, key: Any) -> None:
    """Raises unless the signature holds; each kind of key takes only algorithms of its own family."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

    oid, digest = child.signature_algorithm_oid.dotted_string, child.signature_hash_algorithm
    signature, body = child.signature, child.tbs_certificate_bytes
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, body)
        return
    if digest is None:
        raise ValueError("a signature without digest, and no EdDSA key")
    if isinstance(key, rsa.RSAPublicKey) and oid.startswith(RSA_FAMILY):
        parameters = child.signature_algorithm_parameters
        scheme = parameters if isinstance(parameters, padding.PSS) else padding.PKCS1v15()
        key.verify(signature, body, scheme, digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and oid.startswith(ECDSA_FAMILY):
        key.verify(signature, body, ec.ECDSA(digest))
    elif isinstance(key, dsa.DSAPublicKey) and oid.startswith(DSA_FAMILIES):
        key.verify(signature, body, digest)
    else:
        raise ValueError("a signature of another kind than the key")
