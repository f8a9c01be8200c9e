"""``proceed()`` of a WebView becomes ``cancel()`` in place: code by javac and dx, read by dexdump, run by dex2jar."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from pinfuse.android.dex.cancel import cancel, proceeds
from pinfuse.android.dex.file import Dex
from pinfuse.stub.build.shim import DX
from tests.lab.device import jars, lab_classes
from tests.lab.device import run as run_tool
from tools.maven import ArtifactError

HANDLER = """package android.webkit;
public class SslErrorHandler {
    public void proceed() { System.out.println("proceed"); }
    public void cancel() { System.out.println("cancel"); }
    public String toString() { return "handler"; }
    public int hashCode() { return 1; }
}
"""
OTHER = "package page; public class Other { static int n; static void cancel() { n++; } static void close() {} }"
PAGE = """package page;
import android.webkit.SslErrorHandler;
public class Page {
    static void error(SslErrorHandler handler, long many, int mode) {
        System.out.println("before");
        if (mode > 0) handler.proceed();
        %s;
        System.out.println("after" + many);
    }
    public static void main(String[] a) { error(new SslErrorHandler(), 7, a.length + 1); }
}
"""
WAYS = {
    "the file names cancel()": ("if (mode > 9) handler.cancel()", "before cancel after7"),
    "the file has the word": ("if (mode > 9) Other.cancel()", "before cancel after7"),
    "neither": ("if (mode > 9) Other.close()", "before after7"),
    "a method behind": ("if (mode > 9) { Other.cancel(); handler.toString(); }", "before cancel after7"),
    "a method between": ("if (mode > 9) { Other.cancel(); handler.hashCode(); }", "before after7"),
}


def compiled(folder: Path, statement: str) -> tuple[bytes, Path]:
    """The app's DEX file, and the folder of the handler's class, which is the system's."""
    system, app = folder / "system", folder / "app"
    for where, name, text in ((system, "SslErrorHandler", HANDLER), (app, "Page", PAGE % statement)):
        where.mkdir(parents=True)
        (where / f"{name}.java").write_text(text)
    (app / "Other.java").write_text(OTHER if "cancel" in statement and "Other" in statement else OTHER.replace(
        "static void cancel() { n++; } ", ""))  # fmt: skip
    java = ("javac", "-nowarn", "-Xlint:-options", "--release", "8")
    run_tool(*java, "-d", system, system / "SslErrorHandler.java")
    run_tool(*java, "-cp", system, "-d", app, app / "Page.java", app / "Other.java")
    try:
        dx = DX.fetch()
    except ArtifactError as error:
        pytest.skip(f"dx is not here: {error}")
    dex = folder / "classes.dex"
    for source in app.glob("*.java"):
        source.unlink()
    words = ("--dex", f"--output={dex}", ".")
    done = subprocess.run(
        ["java", "-cp", str(dx), "com.android.dx.command.Main", *words], cwd=app, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return dex.read_bytes(), system


def said(dex: bytes, system: Path, folder: Path) -> str:
    """What the app prints on a JVM."""
    folder.mkdir()
    file = folder / "run.dex"
    file.write_bytes(dex)
    converter = os.pathsep.join((str(lab_classes()), jars()))
    run_tool("java", "-cp", converter, "lab.Convert", folder / "run", file)
    words = ["java", "-cp", os.pathsep.join((str(folder / "run"), str(system))), "page.Page"]
    return " ".join(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


def dumped(dex: bytes, folder: Path) -> str:
    """dexdump's word on the file: it verifies the checksums and the structure before it prints."""
    if shutil.which("dexdump") is None:
        pytest.skip("dexdump is not here")
    path = folder / "dump.apk"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("classes.dex", dex)
    done = subprocess.run(["dexdump", "-d", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr.strip()
    return done.stdout


@pytest.mark.parametrize("way", WAYS)
def test_a_page_with_a_refused_certificate_does_not_go_on(way: str, tmp_path: Path) -> None:
    statement, after = WAYS[way]
    before, system = compiled(tmp_path, statement)
    dex = Dex(bytearray(before), "classes.dex")
    done = cancel(dex)
    assert [call.caller for call in done.calls] == [b"Lpage/Page;"]
    dropped = "cancel" not in after
    assert done.dropped is dropped
    assert done.handles == 0
    assert len(dex.data) == len(before)
    assert proceeds(Dex(bytes(dex.data), "classes.dex")) == ()
    assert said(before, system, tmp_path / "before") == "before proceed after7"
    assert said(bytes(dex.data), system, tmp_path / "after") == after
    assert "SslErrorHandler;.proceed" in dumped(before, tmp_path)
    shown = dumped(bytes(dex.data), tmp_path)
    assert "SslErrorHandler;.proceed" not in shown
    assert bool(re.search(r"SslErrorHandler;\.cancel", shown)) is not dropped


def test_code_without_the_call_is_not_touched(tmp_path: Path) -> None:
    before, _ = compiled(tmp_path, "handler.cancel()")
    dex = Dex(bytearray(before.replace(b"\x07proceed", b"\x07proceeD")), "classes.dex")
    once = bytes(dex.data)
    assert cancel(dex).calls == ()
    assert bytes(dex.data) == once
