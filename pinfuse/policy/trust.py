"""One trusted thing as it is written: a hash, or a file of certificates."""

from __future__ import annotations

from pathlib import Path

from pinfuse.errors import PinError
from pinfuse.policy.hashes import PREFIX, looks_like_hash, parse_hash
from pinfuse.policy.model import GivenCertificate, KeyHash
from pinfuse.x509.contents import Contents, read_file


def read_trust(text: str, folder: Path, where: str) -> tuple[tuple[KeyHash | GivenCertificate, ...], tuple[str, ...]]:
    """What ``text`` stands for, and notices; a path is relative to ``folder``.

    Raises `PinError` when it is neither a hash nor a file that holds a certificate.
    """
    if text.startswith(PREFIX) or looks_like_hash(text):
        return (KeyHash(parse_hash(text, where=where)),), ()
    return read_certificates(folder / text, where)


def read_certificates(path: Path, where: str) -> tuple[tuple[GivenCertificate, ...], tuple[str, ...]]:
    """The certificates of a file that was named on purpose; raises `PinError` when it holds none."""
    contents = open_contents(path, where)
    if not contents.certificates:
        raise no_certificate(contents, path.name, where)
    return parse_all(contents, path.name), notices_about(contents, path.name)


def no_certificate(contents: Contents, name: str, where: str) -> PinError:
    """The error of a file that was named on purpose and holds no certificate."""
    found = " and ".join(other.kind for other in contents.others) or "nothing"
    helps = "; ".join(dict.fromkeys(other.todo for other in contents.others)) or "give a PEM or DER certificate"
    return PinError(f"{name} holds {found}, and no certificate", where=where, todo=helps)


def open_contents(path: Path, where: str) -> Contents:
    """Sort what a file holds; raises `PinError` when there is no such file."""
    try:
        return read_file(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PinError(
            f"there is no file {path}", where=where, todo="check the path; in a set it is relative to the file"
        ) from error
    except IsADirectoryError as error:
        raise PinError(f"{path} is a folder", where=where, todo="name the files in it") from error
    except ValueError as error:
        raise PinError("a path with a zero byte in it", where=where, todo="check the spelling") from error


def parse_all(contents: Contents, name: str) -> tuple[GivenCertificate, ...]:
    """Every certificate, parsed; raises `PinError` for one that is damaged."""
    from pinfuse.x509.certificates import Certificate

    found = []
    for number, der in enumerate(contents.certificates, 1):
        try:
            found.append(GivenCertificate(Certificate.from_der(der), name))
        except ValueError as error:
            which = f"certificate {number} of {len(contents.certificates)}" if len(contents.certificates) > 1 else "it"
            raise PinError(
                f"{which} cannot be read: {error}", where=name, todo="get the certificate again, or pin its key's hash"
            ) from error
    return tuple(found)


def notices_about(contents: Contents, name: str) -> tuple[str, ...]:
    """What was seen beside the certificates, to be pointed out."""
    return tuple(f"{name} holds {other.kind}, which was left out: {other.todo}" for other in contents.others)
