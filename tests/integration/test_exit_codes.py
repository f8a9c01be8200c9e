"""The exit codes of the contract, each met once from the command line, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from examples.demo.run import APP, World
from pinfuse.coverage.marks import LABELS
from tests.conftest import build_options, pinfuse
from tests.fixtures.apk import write
from tests.unit.android.test_facades import USER

HASH = "a.example.com=sha256/" + "A" * 42 + "E="


def build(out: Path, *words: object) -> tuple[int, str]:
    done = pinfuse("build", *words, "-o", out)
    assert "Traceback" not in done.stderr
    assert done.exit_code == 0 or not out.exists()
    assert not list(out.parent.glob(".*.tmp"))
    return done.exit_code, done.stderr


def test_usage(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out.apk"
    assert build(out, APP)[0] == 2
    assert build(out, tmp_path / "none.apk", "--pin", HASH)[0] == 2
    assert build(out, APP, "--pin", "nonsense")[0] == 2
    assert build(out, APP, "--pin", HASH, "--min-sdk", "9")[0] == 2
    assert pinfuse("build", APP, "--pin", HASH, "-o", APP).exit_code == 2
    assert pinfuse("fly").exit_code == 2


def test_no_input_is_written_over(world: World, tmp_path: Path) -> None:
    store, word, report = tmp_path / "key.p12", tmp_path / "word.html", tmp_path / "r.html"
    store.write_bytes(world.key_store.read_bytes())
    word.write_text("x")
    signing = ("--ks", store, "--ks-pass", f"file:{word}")
    for words in (("-o", store), ("--report", word), ("--pin", f"localhost={report}", "--report", report)):
        report.write_bytes(world.good[0].read_bytes())
        done = pinfuse("build", APP, "--pin", HASH, *signing, "--no-proof", "-o", tmp_path / "out.apk", *words)
        assert (done.exit_code, "is an input" in done.stderr) == (2, True)
    assert store.read_bytes() == world.key_store.read_bytes()
    assert word.read_text() == "x"


def test_app(world: World, tmp_path: Path) -> None:
    odd = write(tmp_path / "odd.apk", {"classes.dex": USER})
    code, said = build(tmp_path / "out.apk", odd, "--pin", HASH)
    assert (code, "no AndroidManifest.xml" in said) == (3, True)


def test_signing(world: World, tmp_path: Path) -> None:
    words = (APP, "--pin", world.pins, "--ks", world.key_store)
    code, said = build(tmp_path / "out.apk", *words, "--ks-pass", "pass:wrong")
    assert (code, "--ks-pass" in said) == (4, True)
    assert "wrong" not in said.replace("wrong password", "")


def test_outside(world: World, tmp_path: Path) -> None:
    code, said = build(tmp_path / "no-folder" / "out.apk", APP, *build_options(world))
    assert (code, "-o" in said) == (6, True)


def test_a_coverage_gap_fails_a_set_that_requires_all(world: World, tmp_path: Path) -> None:
    """An app with native libraries, which nobody looked into."""
    import zipfile

    app = tmp_path / "native.apk"
    with zipfile.ZipFile(APP) as source, zipfile.ZipFile(app, "w") as target:
        for info in source.infolist():
            target.writestr(info, source.read(info))
        target.writestr("lib/arm64-v8a/libown.so", b"\x7fELF" + b"\0".join(LABELS) + bytes(100))
    leaf = world.good[0].read_bytes().split(b"-----END CERTIFICATE-----")[0] + b"-----END CERTIFICATE-----\n"
    (tmp_path / "leaf.pem").write_bytes(leaf)
    text = '[set]\nname = "x"\n[[pin]]\nhost = "localhost"\ntrust = ["leaf.pem"]\n[coverage]\nrequire = "{}"\n'
    for require, code in (("all", 1), ("report", 0)):
        (tmp_path / "set.toml").write_text(text.format(require))
        signing = build_options(world)[2:]
        found, said = build(tmp_path / f"{require}.apk", app, "--set", tmp_path / "set.toml", *signing)
        assert found == code, said
        assert code == 0 or "not covered" in said


def test_errors_are_json_too_when_asked(tmp_path: Path) -> None:
    done = pinfuse("build", APP, "--json", "-o", tmp_path / "out.apk")
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert told["error"]["exit_code"] == done.exit_code == 2


@pytest.mark.parametrize("command", ["build", "verify", "probe", "report", "certs", "set"])
def test_every_command_explains_itself(command: str) -> None:
    done = pinfuse(command, "--help")
    assert done.exit_code == 0
    assert len(done.stdout) > 200
