"""What the lab saw is quoted only where it held."""

from __future__ import annotations

import pytest

from pinfuse.coverage import lab
from pinfuse.coverage.java import STACKS
from pinfuse.coverage.lab import clients, level


def row(client: str, server: str, outcome: str, situation: str = "as built") -> list[str]:
    return [client, "1.0", situation, server, outcome, "A1", "0", "dex"]


GOOD = [row("Good", "pinned", "served"), row("Good", "other CA", "refused: pin")]
TABLES = {
    "held": (GOOD, True),
    "served by another": ([*GOOD, row("Good", "other CA", "served", "as built, Conscrypt is the platform's")], False),
    "failed with the pinned one": ([row("Good", "pinned", "failed: odd"), GOOD[1]], False),
    "another situation": ([*GOOD, row("Good", "other CA", "served", "facades left out")], True),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_client_held_or_it_did_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, held = TABLES[name]
    assert clients({"rows": rows}) == {"Good": held}
    monkeypatch.setattr(lab, "held_in_the_lab", lambda: clients({"rows": rows}))
    assert level("source", ("Good",)) == ("lab" if held else "source")
    assert level("source", ("Good", "Unknown")) == level("source", ()) == "source"


def test_the_stacks_name_clients_that_the_lab_has() -> None:
    held = lab.held_in_the_lab()
    if not held:
        pytest.skip("the lab's table is not here")
    named = {name.format(number) for stack in STACKS for name in stack.lab for number in "345"}
    assert named <= set(held)


def test_what_the_lab_does_not_show_says_what_was_read() -> None:
    held = lab.held_in_the_lab()
    if not held:
        pytest.skip("the lab's table is not here")
    for stack in STACKS:
        shown = stack.lab and all(held[name.format(number)] for name in stack.lab for number in "345")
        assert shown or stack.evidence in ("lab", "none") or stack.read, stack.name
