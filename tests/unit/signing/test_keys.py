"""Keys in apksigner's words: what is taken, and every refusal in words with exit code 4."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from pinfuse.android.signing import debugkey
from pinfuse.android.signing.debugkey import debug_signer, throwaway_signer
from pinfuse.android.signing.keys import load_signer
from pinfuse.errors import SigningError
from pinfuse.formats import SigningRequest

SECRET = "sesame"
SIGNER = throwaway_signer("A release key")
OTHER = throwaway_signer("Another key")


def store(folder: Path, *, password: str = SECRET, name: bytes | None = b"release") -> Path:
    path = folder / "keys.p12"
    encryption = BestAvailableEncryption(password.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(name, SIGNER.key, SIGNER.chain[0], None, encryption))
    return path


def files(folder: Path, *, encoding: Encoding = Encoding.PEM, password: str = "") -> tuple[Path, Path]:
    key, cert = folder / "key", folder / "cert"
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    key.write_bytes(SIGNER.key.private_bytes(encoding, PrivateFormat.PKCS8, encryption))
    cert.write_bytes(SIGNER.chain[0].public_bytes(encoding))
    return key, cert


def loaded(request: SigningRequest) -> bytes:
    signer = load_signer(request)
    assert signer is not None
    return signer.certificate_sha256


@pytest.mark.parametrize("kind", ["pass", "env", "file", "stdin"])
def test_a_key_store_and_every_way_to_give_its_password(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\nsecond line\n")
    monkeypatch.setenv("KS_PASS", SECRET)
    spec = {"pass": f"pass:{SECRET}", "env": "env:KS_PASS", "file": f"file:{tmp_path / 'password'}", "stdin": "stdin"}
    if kind == "stdin":
        read, write = os.pipe()
        os.write(write, f"{SECRET}\n".encode())
        os.close(write)
        monkeypatch.setattr(sys, "stdin", os.fdopen(read))
    assert loaded(SigningRequest(ks=store(tmp_path), ks_pass=spec[kind])) == SIGNER.certificate_sha256


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("password", ["", SECRET])
def test_key_files(encoding: Encoding, password: str, tmp_path: Path) -> None:
    key, cert = files(tmp_path, encoding=encoding, password=password)
    key_pass = f"pass:{password}" if password else None
    assert loaded(SigningRequest(key=key, cert=cert, key_pass=key_pass)) == SIGNER.certificate_sha256


def test_the_alias_is_compared_as_java_does(tmp_path: Path) -> None:
    request = SigningRequest(ks=store(tmp_path), ks_pass=f"pass:{SECRET}", ks_key_alias="RELEASE")
    assert loaded(request) == SIGNER.certificate_sha256


def test_no_key_is_no_signer(tmp_path: Path) -> None:
    assert load_signer(SigningRequest()) is None
    assert load_signer(SigningRequest(ks=tmp_path / "none", no_sign=True)) is None


def _wrong_cert(folder: Path) -> SigningRequest:
    key, cert = files(folder)
    cert.write_bytes(OTHER.chain[0].public_bytes(Encoding.PEM))
    return SigningRequest(key=key, cert=cert)


def _edwards(folder: Path) -> SigningRequest:
    key, cert = files(folder)
    other = ed25519.Ed25519PrivateKey.generate()
    key.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return SigningRequest(key=key, cert=cert)


def _bytes(data: bytes) -> Callable[[Path], SigningRequest]:
    def make(folder: Path) -> SigningRequest:
        (folder / "keys.p12").write_bytes(data)
        return SigningRequest(ks=folder / "keys.p12", ks_pass=f"pass:{SECRET}")

    return make


REFUSED: dict[str, tuple[Callable[[Path], SigningRequest], str]] = {
    "wrong password": (lambda f: SigningRequest(ks=store(f), ks_pass="pass:wrong"), "wrong password"),
    "no password": (lambda f: SigningRequest(ks=store(f)), "wrong password"),
    "no such file": (lambda f: SigningRequest(ks=f / "none.p12"), "cannot be read"),
    "a folder": (lambda f: SigningRequest(ks=f), "cannot be read"),
    "JKS": (_bytes(bytes.fromhex("feedfeed00000002")), "keytool -importkeystore"),
    "JCEKS": (_bytes(bytes.fromhex("cececece00000002")), "keytool -importkeystore"),
    "noise": (_bytes(b"not a key store"), "give a PKCS#12 file"),
    "too large": (_bytes(bytes(2 << 20)), "too large"),
    "other alias": (
        lambda f: SigningRequest(ks=store(f), ks_pass=f"pass:{SECRET}", ks_key_alias="debug"),
        "'release'",
    ),
    "key without certificate": (lambda f: SigningRequest(key=files(f)[0]), "--cert"),
    "certificate without key": (lambda f: SigningRequest(cert=files(f)[1]), "--key"),
    "both": (lambda f: SigningRequest(ks=store(f), key=files(f)[0], cert=files(f)[1]), "give one of them"),
    "another key's certificate": (_wrong_cert, "another key"),
    "Ed25519": (_edwards, "RSA or EC"),
    "encrypted key without password": (
        lambda f: SigningRequest(key=files(f, password=SECRET)[0], cert=f / "cert"),
        "encrypted",
    ),
    "password for a plain key": (
        lambda f: SigningRequest(key=files(f)[0], cert=f / "cert", key_pass="pass:x"),
        "not encrypted",
    ),
    "no way to give a password": (lambda f: SigningRequest(ks=store(f), ks_pass=SECRET), "give pass:PASSWORD"),
    "no such variable": (lambda f: SigningRequest(ks=store(f), ks_pass="env:NOT_THERE"), "NOT_THERE"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_in_words(name: str, tmp_path: Path) -> None:
    make, words = REFUSED[name]
    with pytest.raises(SigningError) as caught:
        load_signer(make(tmp_path))
    assert words in str(caught.value)
    assert caught.value.exit_code == 4
    assert SECRET not in str(caught.value)


def test_the_debug_key_is_made_once_and_is_for_its_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINFUSE_HOME", str(tmp_path / "home"))
    first, again = debug_signer(), debug_signer()
    assert first.certificate_sha256 == again.certificate_sha256
    assert first.is_debug
    assert [path.name for path in (tmp_path / "home").iterdir()] == [debugkey.FILE]
    assert (tmp_path / "home" / debugkey.FILE).stat().st_mode & 0o077 == 0


def test_two_processes_agree_on_the_debug_key(tmp_path: Path) -> None:
    code = "from pinfuse.android.signing.debugkey import debug_signer; print(debug_signer().certificate_sha256.hex())"
    environment = {**os.environ, "PINFUSE_HOME": str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({one.communicate(timeout=60)[0] for one in running}) == 1


@pytest.mark.parametrize("data", [b"", b"noise", pkcs12.serialize_key_and_certificates(
    b"x", SIGNER.key, SIGNER.chain[0], None, BestAvailableEncryption(b"another"))], ids=["empty", "noise", "locked"])
def test_a_spoiled_debug_key_says_what_to_do(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINFUSE_HOME", str(tmp_path))
    (tmp_path / debugkey.FILE).write_bytes(data)
    with pytest.raises(SigningError, match="PINFUSE_HOME"):
        debug_signer()


def test_a_key_of_a_curve_that_nobody_knows_is_refused_in_words(tmp_path: Path) -> None:
    """secp224k1: the library says so with an error of its own."""
    key, cert = files(tmp_path)
    done = subprocess.run(["openssl", "ecparam", "-name", "secp224k1", "-genkey", "-noout", "-out", str(key)])
    assert done.returncode == 0
    with pytest.raises(SigningError) as caught:
        load_signer(SigningRequest(key=key, cert=cert))
    assert "not supported" in caught.value.what


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number that no user has."""

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    for name in ("PINFUSE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SigningError) as caught:
        debug_signer()
    assert "PINFUSE_HOME" in caught.value.todo
