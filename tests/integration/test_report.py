"""The certificate of a build: true, valid, self-contained, and about one file only."""

from __future__ import annotations

import copy
import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.demo.run import APP, World
from pinfuse.cli.report import _print as show
from pinfuse.errors import UsageError
from pinfuse.evidence.html import render
from pinfuse.evidence.schema import FILE, read, text
from tests.conftest import build_options, pinfuse

jsonschema: Any = pytest.importorskip("jsonschema")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    reports = ("--report", folder / "report.json", "--report", folder / "report.html")
    done = pinfuse("build", APP, *build_options(world), "-o", folder / "out.apk", *reports)
    assert done.exit_code == 0, done.stderr
    return folder


def certificate(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def test_the_shipped_schema_is_the_one_in_the_code() -> None:
    assert FILE.read_text() == text()


def test_it_is_valid_and_true(made: Path) -> None:
    told = certificate(made)
    jsonschema.Draft202012Validator(json.loads(FILE.read_text())).validate(told)
    import hashlib

    output = (made / "out.apk").read_bytes()
    assert told["output"]["sha256"] == hashlib.sha256(output).hexdigest()
    assert told["output"]["size"] == len(output)
    assert told["input"]["sha256"] == hashlib.sha256(APP.read_bytes()).hexdigest()
    assert told["proof"]["status"] == "proved"
    assert all(set(case["said"]) == set(told["proof"]["abis"]) for case in told["proof"]["cases"])
    assert [host["host"] for host in told["hosts"]] == ["localhost"]
    assert {change["entry"] for change in told["changes"]} >= {"AndroidManifest.xml", "classes2.dex"}


def test_it_holds_no_local_path_and_no_whole_pin(made: Path, world: World) -> None:
    for name in ("report.json", "report.html"):
        said = (made / name).read_text()
        assert str(made) not in said
        assert str(world.pins) not in said
        assert str(Path.home()) not in said
        assert not re.search(r"sha256/[A-Za-z0-9+/]{43}=", said)


def test_it_speaks_of_one_file_only(made: Path, tmp_path: Path) -> None:
    done = pinfuse("report", made / "report.json", "--app", made / "out.apk", "--json")
    assert (done.exit_code, json.loads(done.stdout)["speaks_of_app"]) == (0, True)
    changed = tmp_path / "changed.apk"
    data = bytearray((made / "out.apk").read_bytes())
    data[-1] ^= 1
    changed.write_bytes(data)
    done = pinfuse("report", made / "report.json", "--app", changed)
    assert done.exit_code == 1
    assert "ANOTHER file" in done.stdout


NO_CERTIFICATE = (b"", b"{}", b"[]", b'{"form": "pinfuse-certificate/1"}', b"\xff", b"[" * 100_000)


@pytest.mark.parametrize("data", NO_CERTIFICATE, ids=lambda data: str(data[:20]))
def test_what_is_no_certificate_is_refused_in_words(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(data)
    done = pinfuse("report", tmp_path / "x.json")
    assert done.exit_code == 2
    assert "build --report" in done.stderr


def test_a_report_that_cannot_be_written_leaves_no_output(world: World, tmp_path: Path) -> None:
    report = tmp_path / "no-such-folder" / "report.json"
    done = pinfuse("build", APP, *build_options(world), "-o", tmp_path / "out.apk", "--report", report)
    assert done.exit_code == 6
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["report.pdf", "report", "out.apk"])
def test_a_name_that_is_no_report_is_refused_before_any_work(name: str, world: World, tmp_path: Path) -> None:
    done = pinfuse("build", APP, *build_options(world), "-o", tmp_path / "out.apk", "--report", tmp_path / name)
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_hostile_texts_stay_texts(made: Path) -> None:
    told = certificate(made)
    evil = "</title><script>alert(1)</script><img src=x onerror=y>'\""
    told["app"]["version"] = told["set"]["name"] = told["warnings"][0] = evil
    page = render(told)
    assert "<script" not in page
    assert "<img" not in page


class Counting(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and remembers what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_a_browser_opens_it_and_asks_for_nothing_else(made: Path, tmp_path: Path) -> None:
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium is here")
    asked: list[str] = []
    handler = type("Handler", (Counting,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(made))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        log = tmp_path / "net.json"
        words = [browser, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}", "--dump-dom"]
        page = f"http://127.0.0.1:{server.server_address[1]}/report.html"
        done = subprocess.run([*words, page], capture_output=True, text=True, timeout=120)
        server.shutdown()
    assert "PROVED" in done.stdout
    assert asked == ["/report.html"]
    origin = page.rsplit("/", 1)[0]
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    by_page = {one["url"] for one in events if "url" in one and str(one.get("initiator", "")).startswith(origin)}
    assert by_page <= {page}  # what the browser asks its maker for is not the page's doing


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a certificate."""
    yield path
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        yield from places(inner, (*path, key))


def short(value: Any) -> Any:
    """A certificate whose lists have one item at most."""
    if isinstance(value, dict):
        return {key: short(inner) for key, inner in value.items()}
    return [short(value[0])] if isinstance(value, list) and value else value


def test_a_file_that_is_no_certificate_is_refused_as_its_schema_does(made: Path, tmp_path: Path) -> None:
    """Each place in turn holds something else, or is gone; the schema is the judge, and nothing ends in a traceback."""
    judge = jsonschema.Draft202012Validator(json.loads(FILE.read_text()))
    file, refused, whole = tmp_path / "report.json", 0, short(certificate(made))
    others: tuple[Any, ...] = (None, 7, "x", [], {}, ...)
    for path in list(places(whole))[1:]:
        for other in others:
            told = copy.deepcopy(whole)
            holder = functools.reduce(lambda inside, key: inside[key], path[:-1], told)
            if other is ...:
                del holder[path[-1]]
            else:
                holder[path[-1]] = other
            file.write_text(json.dumps(told))
            valid = judge.is_valid(told)
            try:
                show(read(file))
                assert valid, (path, other)
            except UsageError:
                assert not valid, (path, other)
                refused += 1
    assert refused > 300
