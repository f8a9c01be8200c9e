"""What a built app promises is checked again, and every way of breaking a promise is noticed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from examples.demo.pki import signer
from examples.demo.run import APP, HOST, PASSWORD, World, pack
from pinfuse.android.signing.verify import verify_apk
from pinfuse.container.reader import Archive
from pinfuse.stub.payload import load_payload, with_well
from pinfuse.vault import Binding, SystemRandom, open_well, seal
from pinfuse.vault.seal import WELL_SIZES
from tests.conftest import build_options, pinfuse
from tests.oracles import apksigner

LIBRARY = "lib/arm64-v8a/libzqk.so"
PACKAGE = "org.example.pinfuse.demo"


@pytest.fixture(scope="module")
def built(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "pinned.apk"
    done = pinfuse("build", APP, *build_options(world), "-o", out)
    assert done.exit_code == 0, done.stderr
    return out


def rewritten(apk: Path, out: Path, changes: dict[str, bytes]) -> Path:
    """The archive with other contents of some entries, unsigned, stored libraries aligned as they were not needed."""
    with zipfile.ZipFile(apk) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            if not info.filename.startswith("META-INF/"):
                target.writestr(info, changes.get(info.filename, source.read(info)))
    return out


def resigned(apk: Path, key_store: Path) -> Path:
    """Signed by apksigner, as somebody else would."""
    if not apksigner.available():
        pytest.skip("apksigner is not here")
    words = ("--ks", key_store, "--ks-pass", f"pass:{PASSWORD}", apk)
    subprocess.run(["apksigner", "sign", *map(str, words)], check=True, capture_output=True)
    return apk


def failed(apk: Path, *more: object) -> dict[str, str]:
    """Promises that ``verify`` finds broken, after it ended with exit 1."""
    done = pinfuse("verify", apk, *more, "--json")
    assert "Traceback" not in done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == 1, said
    return {one["name"]: one["detail"] for one in said["promises"] if not one["ok"]}


def stubs(apk: Path) -> Iterator[tuple[str, bytes, int]]:
    for stub in (sizes[WELL_SIZES[0]] for sizes in load_payload().stubs.values()):
        name = f"lib/{stub.abi}/libzqk.so"
        with zipfile.ZipFile(apk) as archive:
            yield name, archive.read(name), stub.well_offset


def test_a_bit_of_the_vault_altered(built: Path, world: World, tmp_path: Path) -> None:
    changes = {}
    for name, data, offset in stubs(built):
        at = offset + 9000
        changes[name] = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
    apk = resigned(rewritten(built, tmp_path / "bit.apk", changes), world.key_store)
    assert "does not open" in failed(apk)["vault"]


def test_the_vault_of_another_app(built: Path, world: World, tmp_path: Path) -> None:
    """Sealed for the same signer, but for another package."""
    key = signer_of(built)
    _, data, offset = next(stubs(built))
    rules = open_well(data[offset : offset + WELL_SIZES[0]], PACKAGE, [key]).rules
    foreign = seal(rules, Binding("org.example.other", (key,)), b"s" * 32, SystemRandom())
    changes = {name: with_well(data, offset, foreign) for name, data, offset in stubs(built)}
    apk = resigned(rewritten(built, tmp_path / "foreign.apk", changes), world.key_store)
    assert "does not open" in failed(apk)["vault"]


def signer_of(apk: Path) -> bytes:
    """SHA-256 of the signing certificate, as our own verifier reports it."""
    with Archive(apk) as archive:
        return verify_apk(archive).certificates_sha256[0]


def test_re_signed_by_another_key(built: Path, tmp_path: Path) -> None:
    store = tmp_path / "other.p12"
    store.write_bytes(pack(signer("Somebody else")))
    apk = resigned(rewritten(built, tmp_path / "resigned.apk", {}), store)
    assert "another key" in failed(apk)["vault"]


@pytest.mark.parametrize(
    ("entry", "promise"),
    [("classes2.dex", "shim"), (LIBRARY, "stub"), ("AndroidManifest.xml", "signature")],
)
def test_a_changed_part_is_named(built: Path, world: World, tmp_path: Path, entry: str, promise: str) -> None:
    with zipfile.ZipFile(built) as archive:
        data = archive.read(entry)
    if entry == "AndroidManifest.xml":
        raw = built.read_bytes()
        with zipfile.ZipFile(built) as archive:
            at = archive.getinfo(entry).header_offset + 10  # its time, which no other check looks at
        apk = tmp_path / "touched.apk"
        apk.write_bytes(raw[:at] + b"\x01" + raw[at + 1 :])
    else:
        changed = data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]
        apk = resigned(rewritten(built, tmp_path / "changed.apk", {entry: changed}), world.key_store)
    assert promise in failed(apk)


def test_pins_that_differ_from_those_asked_for(built: Path, world: World) -> None:
    other = f"{HOST}=sha256/" + "A" * 43 + "="
    assert HOST in failed(built, "--pin", other)["pins"]


def test_an_app_that_pinfuse_did_not_build() -> None:
    done = pinfuse("verify", APP)
    assert done.exit_code == 1
    assert "did not build" in done.stderr


def test_a_built_app_is_not_built_again(built: Path, world: World, tmp_path: Path) -> None:
    done = pinfuse("build", built, *build_options(world), "-o", tmp_path / "twice.apk")
    assert done.exit_code == 3
    assert "built this file already" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(world: World, tmp_path: Path) -> None:
    outs = []
    for number, seed in enumerate(("one", "one", "two")):
        outs.append(tmp_path / f"{number}.apk")
        done = pinfuse("build", APP, *build_options(world), "--seed", seed, "--no-proof", "-o", outs[-1])
        assert done.exit_code == 0, done.stderr
        assert "UNPROVED" in done.stderr
    first, again, other = (out.read_bytes() for out in outs)
    assert first == again
    assert first != other


def test_nothing_of_the_policy_is_readable_in_the_output(world: World, tmp_path: Path) -> None:
    """No host, no key, no hash, no certificate, in no entry and not between them."""
    host = "very-secret-host.example.net"
    folder = tmp_path / "certs"
    folder.mkdir()
    chain = x509.load_pem_x509_certificates(world.good[0].read_bytes())
    (folder / "leaf.pem").write_bytes(chain[0].public_bytes(Encoding.PEM))
    spki = chain[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    out = tmp_path / "out.apk"
    pins = ("--pin", f"{host}={folder / 'leaf.pem'}")
    done = pinfuse("build", APP, *pins, "--ks", world.key_store, "--ks-pass", f"pass:{PASSWORD}", "-o", out)
    assert done.exit_code == 0, done.stderr
    der = chain[0].public_bytes(Encoding.DER)
    secrets = [host.encode(), hashlib.sha256(spki).digest(), hashlib.sha256(der).digest(), spki[-64:], der[-40:]]
    with zipfile.ZipFile(out) as archive:
        texts = [archive.read(name) for name in archive.namelist()] + [out.read_bytes()]
    assert not [secret for secret in secrets for text in texts if secret in text or secret.hex().encode() in text]


def test_unsigned_needs_somebody_who_may_open_it(world: World, tmp_path: Path) -> None:
    done = pinfuse("build", APP, "--pin", world.pins, "--no-sign", "-o", tmp_path / "out.apk")
    assert done.exit_code == 2
    assert "--allow-signer" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_unsigned_for_a_store_and_signed_there(world: World, tmp_path: Path) -> None:
    """``--no-sign --allow-signer``: proved by a twin; after the store's key has signed it, it verifies."""
    identity, out = signer("The store"), tmp_path / "unsigned.apk"
    store = tmp_path / "store.p12"
    store.write_bytes(pack(identity))
    digest = hashlib.sha256(identity.certificate.public_bytes(Encoding.DER)).hexdigest()
    done = pinfuse("build", APP, "--pin", world.pins, "--no-sign", "--allow-signer", digest, "-o", out, "--json")
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["proof"]["status"] == "proved"
    assert "twin" in said["proof"]["subject"]
    assert set(failed(out)) >= {"signature", "vault"}
    assert pinfuse("verify", resigned(out, store), "--pin", world.pins).exit_code == 0


def test_any_signer_is_said_loudly_and_opens_for_anyone(built: Path, world: World, tmp_path: Path) -> None:
    out, store = tmp_path / "any.apk", tmp_path / "any.p12"
    done = pinfuse("build", APP, "--pin", world.pins, "--no-sign", "--allow-any-signer", "-o", out)
    assert done.exit_code == 0, done.stderr
    assert "ANY SIGNER" in done.stderr
    store.write_bytes(pack(signer("Anyone")))
    assert pinfuse("verify", resigned(out, store), "--pin", world.pins).exit_code == 0


def test_the_debug_key_is_said_loudly(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "debug.apk"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    done = pinfuse("build", APP, "--pin", world.pins, "-o", out)
    assert done.exit_code == 0, done.stderr
    assert "SIGNED WITH A LOCAL DEBUG KEY" in done.stderr
    assert (tmp_path / "config" / "pinfuse" / "debug.p12").stat().st_mode & 0o077 == 0
    again = pinfuse("build", APP, "--pin", world.pins, "-o", out, "--json")
    assert json.loads(again.stdout)["signers"]["new"]["subject"] == "CN=pinfuse local debug key"


def test_the_apps_own_files_are_byte_for_byte(built: Path) -> None:
    with zipfile.ZipFile(APP) as before, zipfile.ZipFile(built) as after:
        changed = {"AndroidManifest.xml", "classes.dex"}
        for info in before.infolist():
            if info.filename not in changed and not info.filename.startswith("META-INF/"):
                assert after.read(info.filename) == before.read(info.filename), info.filename
                assert after.getinfo(info.filename).compress_size == info.compress_size


@pytest.mark.parametrize("name", [b"caf\xe9", b"x" * 250 + b"/" + b"y" * 250 + b"/" + b"z" * 250 + b"/" + b"w" * 250])
def test_a_folder_whose_name_no_phone_would_have(world: World, tmp_path: Path, name: bytes) -> None:
    """Latin-1, and a path longer than the stub takes: the proof does not depend on where the file lies."""
    folder = tmp_path / os.fsdecode(name)
    try:
        folder.mkdir(parents=True)
    except OSError:
        pytest.skip("this system takes no such name")
    out = folder / "pinned.apk"
    done = pinfuse("build", APP, *build_options(world), "-o", out)
    assert done.exit_code == 0, done.stderr
    assert pinfuse("verify", out).exit_code == 0
