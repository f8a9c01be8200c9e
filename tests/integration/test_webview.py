"""``webview = "strict"`` in whole apps: what is changed, what is told, and what fails the build."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.demo.run import World
from pinfuse.android.dex.cancel import HANDLER, proceeds
from pinfuse.android.dex.file import Dex
from tests.conftest import pinfuse, signing_options
from tests.fixtures.apk import demo_manifest, write
from tests.fixtures.dex import Class, Source, build
from tests.unit.policy.test_set_file import HASH, OTHER

OWNER = HANDLER.decode()
PROCEED, CANCEL = ("proceed", "V", ()), ("cancel", "V", ())
ERROR = ("error", "V", (OWNER,))


def page(index: Callable[[str, Any], int]) -> bytes:
    """``nop``, then ``invoke-virtual {v15}, proceed``, then ``return-void``."""
    return b"\0\0" + b"\x6e\x10" + index(OWNER, PROCEED).to_bytes(2, "little") + b"\x0f\0" + b"\x0e\0"


def code(*more: tuple[str, Any], strings: tuple[str, ...] = ()) -> bytes:
    classes = (Class("Lorg/example/Page;", methods=(ERROR,), bodies=(page,)),)
    return build(Source(classes, ((OWNER, PROCEED), *more), strings))


def fuse(app: Path, world: World, webview: str, require: str = "report") -> tuple[Any, Path]:
    text = f'[set]\nname = "x"\n[[pin]]\nhost = "a.example.com"\ntrust = ["{HASH}", "{OTHER}"]\n'
    text += f'[coverage]\nwebview = "{webview}"\nrequire = "{require}"\n'
    (app.parent / "set.toml").write_text(text)
    output = app.with_suffix(".out.apk")
    words = ("--set", app.parent / "set.toml", "--no-proof", "--min-sdk", "24", *signing_options(world))
    return pinfuse("build", app, *words, "--json", "-o", output), output


def dex_of(apk: Path) -> Dex:
    with zipfile.ZipFile(apk) as archive:
        return Dex(archive.read("classes.dex"), "classes.dex")


@pytest.mark.parametrize(
    ("dex", "became"),
    [(code((OWNER, CANCEL)), "cancel()"), (code(strings=("cancel",)), "cancel()"), (code(), "nothing")],
    ids=["method", "string", "neither"],
)
def test_strict_leaves_no_call_and_names_the_class(dex: bytes, became: str, world: World, tmp_path: Path) -> None:
    app = write(tmp_path / "app.apk", {"AndroidManifest.xml": demo_manifest(), "classes.dex": dex})
    done, output = fuse(app, world, "strict", require="all")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    (change,) = [one["what"] for one in told["changes"] if "proceed()" in one["what"]]
    assert change == f"proceed() of a WebView becomes {became}: org.example.Page"
    assert any("pages wait" in one for one in told["warnings"]) is (became == "nothing")
    assert proceeds(dex_of(output)) == ()
    assert pinfuse("verify", output, "--no-proof").exit_code == 0


def test_without_strict_it_is_reported_and_a_gap(world: World, tmp_path: Path) -> None:
    app = write(tmp_path / "app.apk", {"AndroidManifest.xml": demo_manifest(), "classes.dex": code((OWNER, CANCEL))})
    done, output = fuse(app, world, "report")
    assert done.exit_code == 0, done.stderr
    rows = [one for one in json.loads(done.stdout)["coverage"] if "SslErrorHandler" in one["stack"]]
    assert [one["gap"] for one in rows] == [True]
    assert "org.example.Page" in json.dumps(rows)
    assert len(proceeds(dex_of(output))) == 1
    done, _ = fuse(app, world, "report", require="all")
    assert done.exit_code == 1


def test_code_that_is_loaded_later_is_a_gap_that_strict_does_not_close(world: World, tmp_path: Path) -> None:
    entries = {"AndroidManifest.xml": demo_manifest(), "classes.dex": code((OWNER, CANCEL)), "assets/more": code()}
    app = write(tmp_path / "app.apk", entries)
    done, _ = fuse(app, world, "strict")
    gaps = [one["detail"] for one in json.loads(done.stdout)["coverage"] if one["gap"] and "WebView" in one["stack"]]
    assert gaps == ["assets/more: code that is loaded later, and may call proceed()"]
    done, _ = fuse(app, world, "strict", require="all")
    assert done.exit_code == 1
    assert "assets/more" in done.stdout + done.stderr
