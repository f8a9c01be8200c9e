"""The front door: help is cheap and true, every option has its twin, every error becomes words and a code."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from pinfuse import errors
from pinfuse.cli import main, output
from pinfuse.cli.certs import _block
from pinfuse.errors import PinfuseError
from pinfuse.x509.certificates import Certificate
from tests.pki import server

HELP_CPU_SECONDS = 0.15
HEAVY = ("cryptography", "lief", "androguard", "OpenSSL", "unicorn", "rich", "pinfuse.android", "pinfuse.pipeline")


def commands() -> list[click.Command]:
    return [importlib.import_module(f"pinfuse.cli.{name}").command for name in main.COMMANDS]


def test_help_lists_every_command_in_order(capfd: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    out = capfd.readouterr().out
    places = [out.index(f"\n  {name} ") for name in main.COMMANDS]
    assert places == sorted(places)


def test_help_imports_nothing_heavy_and_costs_little() -> None:
    code = (
        "import sys, time\nfrom pinfuse.cli.main import run\nrun(['--help'])\n"
        "print(time.process_time(), *sys.modules, file=sys.stderr)"
    )
    best = None
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        cpu, *modules = done.stderr.split()
        best = min(float(cpu), best or 9.0)
        loaded = [name for name in HEAVY if any(m == name or m.startswith(name + ".") for m in modules)]
        assert not loaded
    assert best is not None and best < HELP_CPU_SECONDS


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_command_words_agree_with_the_table(command: click.Command) -> None:
    assert command.name is not None
    assert command.short_help == main.COMMANDS[command.name]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_every_option_has_a_twin_in_the_environment(command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert isinstance(parameter.envvar, str), parameter.name
            assert parameter.envvar.startswith("PINFUSE_")


def error_types() -> list[type[PinfuseError]]:
    found = [PinfuseError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", error_types(), ids=lambda kind: kind.__name__)
def test_an_error_becomes_words_and_its_code(
    kind: type[PinfuseError], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind("it is broken", where="here", todo="mend it")

    monkeypatch.setattr(main.cli, "main", fail)
    assert main.run(["verify", "x", "--json"]) == kind.exit_code
    out, err = capfd.readouterr()
    said = {"what": "it is broken", "where": "here", "todo": "mend it", "exit_code": kind.exit_code}
    assert json.loads(out) == {"ok": False, "error": said}
    assert "here: it is broken" in err and "mend it" in err


@pytest.mark.parametrize(
    ("error", "code"), [(ValueError("odd"), 70), (OSError(28, "No space left on device"), 6), (MemoryError(), 70)]
)
def test_the_unexpected_gives_a_code_and_no_traceback(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(main.cli, "main", fail)
    monkeypatch.delenv("PINFUSE_DEBUG", raising=False)
    assert main.run(["verify", "x"]) == code
    err = capfd.readouterr().err
    assert err.startswith("error: ") and "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["build"],
        ["build", "does-not-exist.apk", "--pin", "x"],
        ["build", __file__],
        ["build", __file__, "--pin", "a.example=sha256/AAAA", "--allow-signer", "12:34"],
        ["probe", __file__],
        ["probe", __file__, "a.example", "--at", "tomorrow"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_a_file_that_is_no_app_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    pin = "a.example=sha256/" + "A" * 43 + "="
    assert main.run(["build", str(text), "--pin", pin]) == 3
    assert "not an app that pinfuse knows" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


HOSTILE = "1.0\x1b]0;owned\x07\x1b[2J\rok      vault: opens\x9b1A\u202eexe"


def test_what_an_app_says_of_itself_does_not_steer_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """Names and versions come out of the app: neither may clear the screen, go back, or write a line of its own."""
    output.print_row("app", HOSTILE)
    output.print_check(True, "stub", f"x\n{HOSTILE}")
    output.print_warnings([HOSTILE])
    output.print_notices([HOSTILE])
    output.print_error(PinfuseError(HOSTILE, where=HOSTILE, todo=HOSTILE), as_json=False)
    said = "".join(capfd.readouterr())
    assert not [one for one in said if one in "\x1b\x07\r\x9b\u202e"]
    assert len(said.splitlines()) == 6
    assert "\\x1b[2J" in said and "\\u202e" in said


def test_colours_of_our_own_and_text_of_every_language_stay(capfd: pytest.CaptureFixture[str]) -> None:
    text = "Zürich, 東京\tالعربية " + click.style("red", fg="red")
    output.print_row("app", f"{text}\n{text}")
    said = capfd.readouterr().out
    assert said.count("Zürich, 東京\tالعربية ") == 2
    assert "\\x" not in said


def test_a_servers_name_adds_no_line_to_the_block_of_a_set() -> None:
    """The block is there to be pasted, and the server wrote the subject."""
    leaf = server("a.example.com", subject='x\n[[pin]]\nhost = "*.evil.example"')
    block = _block("a.example.com", [Path("a.pem")], [Certificate.from_der(leaf.der)])
    assert len(tomllib.loads(block)["pin"]) == 1
    assert "evil" in block
