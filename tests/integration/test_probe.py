"""``probe``: what this very app would say about a server, now, with who checked what and the right exit code."""

from __future__ import annotations

import json
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from examples.demo.pki import authority, pem, server
from examples.demo.run import APP, HOST, World
from examples.demo.servers import tls_server
from tests.conftest import build_options, pinfuse


@pytest.fixture(scope="module")
def built(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "pinned.apk"
    done = pinfuse("build", APP, *build_options(world), "-o", out)
    assert done.exit_code == 0, done.stderr
    return out


def probe(app: Path, *words: object) -> tuple[int, dict[str, Any]]:
    done = pinfuse("probe", app, *words, "--json")
    assert "Traceback" not in done.stderr
    return done.exit_code, json.loads(done.stdout)


def test_a_live_server_with_the_pinned_key_and_one_without(built: Path, world: World) -> None:
    for identity, code, reason in ((world.good, 0, "ok"), (world.other, 1, "pin")):
        with tls_server(*identity) as port:
            found, said = probe(built, f"{HOST}:{port}")
        assert (found, said["reason"]) == (code, reason)
        assert said["verdict"] == ("allowed" if code == 0 else "refused")
        assert any("stub (emulated)" in one for one in said["checked_by"])


def test_a_chain_from_a_file(built: Path, world: World) -> None:
    code, said = probe(built, "--host", HOST, "--chain", world.good[0])
    assert (code, said["reason"]) == (0, "ok")


def test_a_host_without_a_pin_is_the_systems_affair(built: Path, world: World) -> None:
    code, said = probe(built, "--host", "elsewhere.example", "--chain", world.other[0])
    assert (code, said["reason"], said["verdict"]) == (0, "unlisted", "allowed")


def test_the_appended_certificate_does_not_help(built: Path, world: World, tmp_path: Path) -> None:
    pinned = x509.load_pem_x509_certificates(world.good[0].read_bytes())[0]
    chain = tmp_path / "chain.pem"
    chain.write_bytes(world.other[0].read_bytes() + pinned.public_bytes(Encoding.PEM))
    code, said = probe(built, "--host", HOST, "--chain", chain)
    assert (code, said["reason"]) == (1, "pin")


def test_another_time_and_the_systems_roots(built: Path, world: World) -> None:
    code, said = probe(built, "--host", HOST, "--chain", world.good[0], "--at", "2001-01-01")
    assert (code, said["reason"]) == (1, "expired")
    code, said = probe(built, "--host", HOST, "--chain", world.good[0], "--system-roots")
    assert code == 1
    assert any("root among the system's" in one for one in said["checked_by"])


def test_the_wrong_name_is_a_reason_of_its_own(built: Path, tmp_path: Path) -> None:
    chain = tmp_path / "chain.pem"
    chain.write_bytes(b"".join(map(pem, server("other.example", authority("A CA")).chain)))
    code, said = probe(built, "--host", HOST, "--chain", chain)
    assert (code, said["reason"]) == (1, "host")


def test_a_server_that_does_not_answer_is_never_a_verdict(built: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = pinfuse("probe", built, f"{HOST}:{port}")
    assert done.exit_code == 6
    assert "error: " in done.stderr


def test_an_app_that_pinfuse_did_not_build(world: World) -> None:
    done = pinfuse("probe", APP, "--host", HOST, "--chain", world.good[0])
    assert done.exit_code == 1
    assert "did not build" in done.stderr


SET = """
[set]
name = "s"
release = {release}
[[pin]]
host = "{host}"
trust = ["leaf.pem", "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
[coverage]
require = "{require}"
"""


def fusion_set(folder: Path, world: World, *, release: str = "false", require: str = "report") -> Path:
    (folder / "leaf.pem").write_bytes(world.good[0].read_bytes().split(b"-----END CERTIFICATE-----")[0]
                                      + b"-----END CERTIFICATE-----\n")  # fmt: skip
    (folder / "set.toml").write_text(SET.format(release=release, host=HOST, require=require))
    return folder / "set.toml"


def test_a_set_file_builds_and_verifies(world: World, tmp_path: Path) -> None:
    chosen, out = fusion_set(tmp_path, world), tmp_path / "out.apk"
    signing = build_options(world)[2:]
    done = pinfuse("build", APP, "--set", chosen, *signing, "-o", out)
    assert done.exit_code == 0, done.stderr
    assert pinfuse("verify", out, "--set", chosen).exit_code == 0


def test_a_release_is_never_signed_with_the_debug_key(world: World, tmp_path: Path) -> None:
    chosen, out = fusion_set(tmp_path, world, release="true"), tmp_path / "out.apk"
    done = pinfuse("build", APP, "--set", chosen, "-o", out)
    assert done.exit_code == 2
    assert "release = true" in done.stderr
    assert not out.exists()


def test_an_app_that_may_never_ask_its_stub_is_said_to_be_one(built: Path, world: World, tmp_path: Path) -> None:
    """The stub answers as it was built, and the file around it was changed: the answer alone would mislead."""
    raw = built.read_bytes()
    with zipfile.ZipFile(built) as archive:
        at = archive.getinfo("AndroidManifest.xml").header_offset + 10  # its time, which no other check looks at
    apk = tmp_path / "touched.apk"
    apk.write_bytes(raw[:at] + b"\x01" + raw[at + 1 :])
    for app, broken in ((built, []), (apk, ["signature"])):
        done = pinfuse("probe", app, "--host", HOST, "--chain", world.other[0], "--json")
        assert done.exit_code == 1
        assert [one["name"] for one in json.loads(done.stdout)["broken"]] == broken
        assert ("warning: signature" in done.stderr) == bool(broken)
