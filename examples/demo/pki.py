"""A throw-away PKI: two authorities, and a server certificate of each for the same host."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=30)
SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and its certificate; ``chain`` is what a server shows: its own certificate first."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def write(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """Write ``stem.pem`` (the chain) and ``stem.key``; their paths, as `ssl` wants them."""
        folder.mkdir(parents=True, exist_ok=True)
        chain, key = folder / f"{stem}.pem", folder / f"{stem}.key"
        chain.write_bytes(b"".join(pem(certificate) for certificate in self.chain))
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return chain, key


def pem(certificate: x509.Certificate) -> bytes:
    """One certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def authority(name: str) -> Identity:
    """A root of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _template(name, name, key.public_key(), ca=True).sign(key, hashes.SHA256())
    return Identity(key, certificate, (certificate,))


def signer(name: str) -> Identity:
    """A key to sign apps with, and its own certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _template(name, name, key.public_key(), ca=False).sign(key, hashes.SHA256())
    return Identity(key, certificate, (certificate,))


def server(host: str, issuer: Identity) -> Identity:
    """A server's certificate for ``host`` (a name or an IP address), issued by ``issuer``."""
    key = ec.generate_private_key(ec.SECP256R1())
    template = _template(host, _name(issuer.certificate), key.public_key(), ca=False)
    template = template.add_extension(x509.SubjectAlternativeName([_san(host)]), critical=False)
    template = template.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    certificate = template.sign(issuer.key, hashes.SHA256())
    return Identity(key, certificate, (certificate, *issuer.chain))


def _name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _san(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _template(subject: str, issuer: str, key: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
