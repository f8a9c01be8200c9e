"""What all tests share: a world to build in, the command line, and the table of the corpus."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from examples.demo.run import PASSWORD, World, make_world
from tools.measure import Measured, measure

ROOT = Path(__file__).resolve().parents[1]
CORPUS_ROW = "corpus_row"
"""Name of the property under which a test hands its row of the corpus table to the end of the session."""
MUTATION_SCORE = "mutation_score"
"""The same for how many mutants of a stub the proof noticed."""
CORPUS_TABLE = ROOT / "out" / "corpus-table.txt"


def pinfuse(*arguments: object, timeout: int = 300) -> Measured:
    """Run the command line in a process of its own, free of the environment's ``PINFUSE_…`` settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PINFUSE_")}
    command = [sys.executable, "-m", "pinfuse", *map(str, arguments)]
    return measure(command, env=environment, timeout=timeout)


def build_options(world: World) -> tuple[object, ...]:
    """The pins and the signing key of ``world`` as options of ``pinfuse build``."""
    return "--pin", world.pins, *signing_options(world)


def signing_options(world: World) -> tuple[object, ...]:
    """The signing key alone."""
    return "--ks", world.key_store, "--ks-pass", f"pass:{PASSWORD}"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Pins for ``localhost`` whose certificates are known, servers for it, and a key to sign with."""
    return make_world(tmp_path_factory.mktemp("world"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how every app of the corpus ended, and keep it in ``out/corpus-table.txt``; print the mutation score."""
    scores = [row for outcome in ("passed", "failed") for row in _rows(terminalreporter, outcome, MUTATION_SCORE)]
    if scores:
        terminalreporter.section("mutation score of the proof")
        terminalreporter.write_line("\n".join(sorted(scores)))
    good, bad = (_rows(terminalreporter, outcome, CORPUS_ROW) for outcome in ("passed", "failed"))
    if not good and not bad:
        return
    built = sum(" built " in row for row in good)
    rows = sorted([*good, *(f"{row}  <- NOT AS IT MUST BE" for row in bad)])
    text = "\n".join(
        [
            *rows,
            f"{len(rows)} apps: {built} built, proved and read without complaint by the oracles that are here; "
            f"{len(good) - built} refused for a true reason; {len(bad)} not as they must be",
        ]
    )
    terminalreporter.section("every app of the corpus")
    terminalreporter.write_line(text)
    CORPUS_TABLE.parent.mkdir(parents=True, exist_ok=True)
    CORPUS_TABLE.write_text(text + "\n")


def _rows(reporter: pytest.TerminalReporter, outcome: str, property_name: str) -> list[str]:
    reports = reporter.stats.get(outcome, ())
    return [str(value) for report in reports for name, value in report.user_properties if name == property_name]
