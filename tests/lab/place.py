"""What a device of the lab trusts and meets: the signer's certificate, a trust store, servers, a client certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from examples.demo.pki import Identity, authority
from examples.demo.run import PASSWORD, World
from tests.lab.device import TRUST_PASSWORD, trust_store

PINNED, OTHER, APPENDED, CALLER = "pinned", "other CA", "other CA, pinned certificate appended", "client certificate"


@dataclass(frozen=True)
class Place:
    """Paths of all that; a server is a chain and a key, both PEM."""

    certificate: Path
    trust: Path
    good: tuple[Path, Path]
    other: tuple[Path, Path]
    appended: tuple[Path, Path]
    caller: Path

    @property
    def servers(self) -> dict[str, tuple[Path, Path]]:
        """The servers by their names in the table."""
        return {PINNED: self.good, OTHER: self.other, APPENDED: self.appended}

    @property
    def settings(self) -> tuple[str, ...]:
        """Properties that tell the device about the client certificate."""
        return f"-Dlab.identity={self.caller}", f"-Dlab.identity.password={TRUST_PASSWORD}"


def make_place(world: World, folder: Path) -> Place:
    """Everything but the app, in ``folder``."""
    store = pkcs12.load_pkcs12(world.key_store.read_bytes(), PASSWORD.encode())
    assert store.cert is not None
    certificate = folder / "signer.der"
    certificate.write_bytes(store.cert.certificate.public_bytes(Encoding.DER))
    clients = authority("Client CA")
    roots = {
        "good": x509.load_pem_x509_certificates(world.good[0].read_bytes())[-1],
        "other": x509.load_pem_x509_certificates(world.other[0].read_bytes())[-1],
        "clients": clients.certificate,
    }
    for name, root in roots.items():
        (folder / f"{name}-root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    appended = folder / "appended.pem"
    pinned = x509.load_pem_x509_certificates(world.good[0].read_bytes())[0]
    appended.write_bytes(world.other[0].read_bytes() + pinned.public_bytes(Encoding.PEM))
    trust = trust_store([folder / f"{name}-root.pem" for name in roots], folder / "trust.p12")
    caller = folder / "caller.p12"
    caller.write_bytes(_caller(clients))
    return Place(certificate, trust, world.good, world.other, (appended, world.other[1]), caller)


def _caller(issuer: Identity) -> bytes:
    """A key store with a certificate that is good for both ends of a session."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Caller")])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
    builder = x509.CertificateBuilder(issuer.certificate.subject, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=30))
    certificate = builder.add_extension(usage, critical=False).sign(issuer.key, hashes.SHA256())
    encryption = BestAvailableEncryption(TRUST_PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"caller", key, certificate, [issuer.certificate], encryption)
