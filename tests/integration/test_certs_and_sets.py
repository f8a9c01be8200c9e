"""``certs fetch``, ``certs show``, ``set lint`` and ``set show``: from a live server to a set that builds."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from examples.demo.run import APP, HOST, World
from examples.demo.servers import tls_server
from tests.conftest import build_options, pinfuse, signing_options


def fetched(world: World, folder: Path, *more: object) -> str:
    with tls_server(*world.good) as port:
        done = pinfuse("certs", "fetch", f"{HOST}:{port}", "-o", folder, *more)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_a_set_can_be_made_from_a_live_server(world: World, tmp_path: Path) -> None:
    block = fetched(world, tmp_path / "certs")
    chain = x509.load_pem_x509_certificates(world.good[0].read_bytes())
    got = x509.load_pem_x509_certificate((tmp_path / "certs" / f"{HOST}.pem").read_bytes())
    assert got == chain[0]
    assert x509.load_pem_x509_certificate((tmp_path / "certs" / "chain" / f"{HOST}-1.pem").read_bytes()) == chain[1]
    (tmp_path / "set.toml").write_text(f'[set]\nname = "live"\n{block}')
    out = tmp_path / "out.apk"
    signing = build_options(world)[2:]
    assert pinfuse("build", APP, "--set", tmp_path / "set.toml", *signing, "-o", out).exit_code == 0
    with tls_server(*world.good) as port:
        assert pinfuse("probe", out, f"{HOST}:{port}").exit_code == 0


def test_the_folder_is_ready_for_pin(world: World, tmp_path: Path) -> None:
    fetched(world, tmp_path / "certs")
    done = pinfuse("build", APP, "--pin", tmp_path / "certs", *build_options(world)[2:], "-o", tmp_path / "out.apk")
    assert done.exit_code == 0, done.stderr
    assert "chain is no file" in done.stderr


def test_nothing_is_replaced_unasked(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    fetched(world, folder)
    fetched(world, folder)
    before = (folder / f"{HOST}.pem").read_bytes()
    with tls_server(*world.other) as port:
        done = pinfuse("certs", "fetch", f"{HOST}:{port}", "-o", folder)
        assert done.exit_code == 2
        assert "--overwrite" in done.stderr
        assert (folder / f"{HOST}.pem").read_bytes() == before
        assert pinfuse("certs", "fetch", f"{HOST}:{port}", "-o", folder, "--overwrite").exit_code == 0
    assert (folder / f"{HOST}.pem").read_bytes() != before


def test_a_host_that_does_not_answer_is_outside(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = pinfuse("certs", "fetch", f"{HOST}:{port}", "-o", tmp_path / "certs")
    assert done.exit_code == 6
    assert not (tmp_path / "certs").exists()


def test_show_tells_pins_as_openssl_does(world: World) -> None:
    import base64
    import subprocess

    done = pinfuse("certs", "show", world.good[0], "--json")
    told = json.loads(done.stdout)["files"][0]["certificates"]
    assert [one["ca"] for one in told] == [False, True]
    assert told[0]["names"] == [HOST]
    pem = x509.load_pem_x509_certificates(world.good[0].read_bytes())[0].public_bytes(Encoding.PEM)
    data = pem
    for words in (("x509", "-noout", "-pubkey"), ("pkey", "-pubin", "-outform", "DER"), ("dgst", "-sha256", "-binary")):
        data = subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout
    assert told[0]["pin"] == "sha256/" + base64.b64encode(data).decode()


def test_show_points_out_a_private_key(world: World, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(world.good[1].read_bytes() + world.good[0].read_bytes())
    done = pinfuse("certs", "show", both)
    assert done.exit_code == 0
    assert "private key" in done.stderr
    assert "PRIVATE" not in done.stdout


HASHES = [f"sha256/{'A' * 42}{end}=" for end in "EI"]


def write_set(folder: Path, *, release: bool = False, pins: int = 2) -> Path:
    trust = ", ".join(f'"{one}"' for one in HASHES[:pins])
    path = folder / "bank.toml"
    path.write_text(
        f'[set]\nname = "bank"\nicon = "shield"\nrelease = {str(release).lower()}\n'
        f'[[pin]]\nhost = "api.example.com"\ntrust = [{trust}]\nexpires = 2099-01-01\n'
    )
    return path


@pytest.mark.parametrize(
    ("release", "pins", "strict", "code", "word"),
    [(False, 2, True, 0, "nothing to say"), (False, 1, False, 0, "warning [single-pin]"),
     (False, 1, True, 1, "warning [single-pin]"), (True, 1, False, 1, "error [single-pin]")],
)  # fmt: skip
def test_lint_and_its_exit_codes(release: bool, pins: int, strict: bool, code: int, word: str, tmp_path: Path) -> None:
    more = ("--strict",) if strict else ()
    done = pinfuse("set", "lint", write_set(tmp_path, release=release, pins=pins), *more)
    assert done.exit_code == code, done.stdout + done.stderr
    assert word in done.stdout


def test_lint_says_which_known_chain_no_pin_accepts(world: World, tmp_path: Path) -> None:
    done = pinfuse("set", "lint", write_set(tmp_path), "--chain", f"api.example.com={world.good[0]}", "--json")
    assert "no-match" in {one["code"] for one in json.loads(done.stdout)["findings"]}


def test_lint_of_a_broken_set_points_to_the_line(tmp_path: Path) -> None:
    path = write_set(tmp_path)
    path.write_text(path.read_text().replace("expires", "expire"))
    done = pinfuse("set", "lint", path)
    assert done.exit_code == 2
    assert "bank.toml:8" in done.stderr


def test_show_tells_every_protection(tmp_path: Path) -> None:
    path = write_set(tmp_path)
    told = json.loads(pinfuse("set", "show", path, "--json").stdout)
    assert told["name"] == "bank"
    assert told["hosts"][0]["days-left"] > 20_000
    text = pinfuse("set", "show", path).stdout
    for word in (told["id"], "certificate-roles", "min-rsa-bits", "2048", "api.example.com", "shield", "days left"):
        assert word in text


def test_a_set_that_trusts_on_first_use_from_build_to_probe(world: World, tmp_path: Path) -> None:
    """Built, proved, verified; a probe is always by an install that has met nobody."""
    text = f'[set]\nname = "first"\n[[pin]]\nhost = "{HOST}"\ntrust = "first-use"\n'
    (tmp_path / "set.toml").write_text(text)
    out, report = tmp_path / "out.apk", tmp_path / "report.json"
    made = pinfuse("build", APP, "--set", tmp_path / "set.toml", *signing_options(world), "-o", out, "--report", report)
    assert made.exit_code == 0, made.stderr
    assert f"first use: whoever first answers as {HOST}" in made.stderr
    assert f"{HOST}: trusted on first use" in made.stdout
    told = json.loads(report.read_bytes())
    assert [host["first-use"] for host in told["hosts"]] == ["server key"]
    cases = {case["name"]: case["ok"] for case in told["proof"]["cases"]}
    assert cases[f"{HOST}: met again with another key"]
    assert f"{HOST}: trusted on first use" in pinfuse("report", report).stdout
    assert "its server key is remembered" in pinfuse("set", "show", tmp_path / "set.toml").stdout
    assert pinfuse("verify", out, "--set", tmp_path / "set.toml").exit_code == 0
    (tmp_path / "other.toml").write_text(text + 'match = "ca"\n')
    assert pinfuse("verify", out, "--set", tmp_path / "other.toml").exit_code == 1
    with tls_server(*world.good) as port:
        said = pinfuse("probe", out, f"{HOST}:{port}", "--json")
    assert said.exit_code == 0
    probed = json.loads(said.stdout)
    assert (probed["verdict"], probed["reason"], probed["first_met"]) == ("allowed", "first-use", True)
