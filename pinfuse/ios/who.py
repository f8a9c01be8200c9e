"""Who signed a Mach-O file, as its CMS signature says; nothing is checked here."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import serialization

from pinfuse.errors import DamagedApp
from pinfuse.formats import SignerIdentity
from pinfuse.ios.macho.image import read
from pinfuse.ios.macho.slices import slices
from pinfuse.ios.signing import cms
from pinfuse.ios.signing.blobs import HEADER, Slot, read_super_blob


def signers_of(data: bytes, team: str, where: str) -> tuple[SignerIdentity, ...]:
    """The one signer of a file's first signed slice; nobody for an ad hoc signature, and for none."""
    for part in slices(data, where):
        image = read(data[part.offset : part.offset + part.size], where)
        if image.signature is None:
            continue
        at, size = image.signature
        try:
            signature = read_super_blob(image.data[at : at + size], where).get(Slot.CMS, b"")[HEADER.size :]
            if not signature:
                return ()
            signed = cms.parse(signature)
            certificate = signed.certificate_of(signed.signers[0])
            subject = certificate.subject.rfc4514_string()
        except (DamagedApp, ValueError, IndexError):
            return (SignerIdentity("(unreadable)", "", "", note="its signature is damaged"),)
        der = certificate.public_bytes(serialization.Encoding.DER)
        sha1 = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
        sha256 = hashlib.sha256(der).hexdigest().upper()
        return (SignerIdentity(subject, sha1, sha256, note=f"team {team or 'not named'}"),)
    return ()
