"""``pinfuse inspect`` from the command line: the same rows as a build, and the exit codes of the contract."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from examples.demo.run import APP, World
from pinfuse.coverage.marks import LABELS
from tests.conftest import build_options, pinfuse
from tests.corpus import corpus

SET = '[set]\nname = "x"\n[[pin]]\nhost = "a.example"\ntrust = ["sha256/{}"]\n[coverage]\nrequire = "{}"\n'
KEY = "A" * 42 + "E="


def inspect(app: Path, *words: object, code: int = 0) -> dict[str, Any]:
    done = pinfuse("inspect", app, "--json", *words)
    assert done.exit_code == code, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture
def native(tmp_path: Path) -> Path:
    """The demo app with a library that speaks TLS by itself."""
    app = tmp_path / "native.apk"
    with zipfile.ZipFile(APP) as source, zipfile.ZipFile(app, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(info, source.read(info))
        target.writestr("lib/arm64-v8a/libown.so", b"\x7fELF" + b"\0".join((*LABELS, b"wolfSSL_connect", bytes(100))))
    return app


def test_the_demo_app(world: World, tmp_path: Path) -> None:
    said = inspect(APP)
    assert (said["format"], said["app-id"], said["protected"]) == ("APK", "org.example.pinfuse.demo", False)
    assert said["refusal"] == said["set-refuses"] == ""
    assert {"HttpsURLConnection", "SSLSocketFactory.getDefault"} <= {row["stack"] for row in said["coverage"]}
    built = pinfuse("build", APP, *build_options(world), "-o", tmp_path / "out.apk", "--json")
    assert json.loads(built.stdout)["coverage"] == said["coverage"]
    assert inspect(tmp_path / "out.apk")["protected"] is True


def test_a_set_that_requires_all_is_refused_as_the_build_would_be(native: Path, tmp_path: Path) -> None:
    for require, code in (("all", 1), ("report", 0)):
        file = tmp_path / f"{require}.toml"
        file.write_text(SET.format(KEY, require))
        said = inspect(native, "--set", file, code=code)
        assert ("wolfSSL" in said["set-refuses"]) == bool(code)
        assert said["ok"] == (not code)
        assert inspect(APP, "--set", file)["set-refuses"] == ""
    assert inspect(native)["coverage"][0] == {
        "stack": "wolfSSL",
        "layer": "none",
        "evidence": "none",
        "detail": "8 labels of the TLS key schedule, the mark 'wolfSSL'",
        "gap": True,
        "where": ["lib/arm64-v8a/libown.so"],
        "uncovered-by": "always",
    }


def test_a_strict_webview_is_told_as_the_build_tells_it(world: World, tmp_path: Path) -> None:
    app = corpus("android", "appium_appium-adb__b7bec0_selendroid-test-app.apk")
    stack = "SslErrorHandler.proceed in a WebView"
    assert {row["stack"] for row in inspect(app, "--min-sdk", 21)["coverage"] if row["gap"]} == {stack}
    (tmp_path / "set.toml").write_text(SET.format(KEY, "all") + 'webview = "strict"\n')
    words = ("--set", tmp_path / "set.toml", "--min-sdk", 21)
    said = inspect(app, *words)
    assert next(row["layer"] for row in said["coverage"] if row["stack"] == stack) == "cancel in its place"
    built = pinfuse("build", app, *words, *build_options(world)[2:], "-o", tmp_path / "out.apk", "--json")
    assert json.loads(built.stdout)["coverage"] == said["coverage"]


def test_pins_in_the_config_are_told_as_the_build_tells_them(world: World, tmp_path: Path) -> None:
    wish = 'match = "public-key"\n[android]\nnsc-pins = true\n[coverage]'
    text = SET.format(KEY, "report").replace("[coverage]", wish)
    (tmp_path / "set.toml").write_text(text)
    said = inspect(APP, "--set", tmp_path / "set.toml")
    assert "A3 network security config" in {row["layer"] for row in said["coverage"]}
    words = ("--set", tmp_path / "set.toml", *build_options(world)[2:])
    built = pinfuse("build", APP, *words, "-o", tmp_path / "out.apk", "--json")
    assert json.loads(built.stdout)["coverage"] == said["coverage"]


def test_the_words_for_people(native: Path) -> None:
    done = pinfuse("inspect", native)
    assert done.exit_code == 0
    assert "wolfSSL: NOT COVERED (evidence: none)" in done.stdout
    assert "HttpsURLConnection: A2 provider (evidence: lab)" in done.stdout
    assert done.stderr == ""


def test_an_app_that_a_build_refuses_is_inspected_all_the_same() -> None:
    said = inspect(corpus("android", "bitbar_test-samples__BitbarSampleApp.apk"))
    assert "--min-sdk 21" in said["refusal"]
    assert inspect(corpus("android", "bitbar_test-samples__BitbarSampleApp.apk"), "--min-sdk", 21)["refusal"] == ""


def test_what_no_format_opens_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    done = pinfuse("inspect", tmp_path / "notes.txt")
    assert done.exit_code == 3 and "not an app that pinfuse knows" in done.stderr and done.stdout == ""
    bundle = pinfuse("inspect", corpus("aab", "spotify_ruler__test.aab"))
    assert bundle.exit_code == 3 and "Traceback" not in bundle.stderr


def test_an_ipa_with_the_options_of_the_build() -> None:
    app = corpus("ios", "OWASP_owasp-mastg__UnCrackable-Level1.ipa")
    assert "--thin arm64" in inspect(app)["refusal"]
    said = inspect(app, "--thin", "arm64")
    assert (said["format"], said["refusal"], said["coverage"]) == ("IPA", "", [])
