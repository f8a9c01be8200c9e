"""What the JVM lab saw, as ``inspect`` quotes it: its table is kept beside this module (``evidence/lab.json``)."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping
from importlib.resources import files

LAB = "lab"
FILE = ("evidence", "lab.json")
AS_BUILT, PINNED, SERVED, REFUSED = "as built", "pinned", "served", "refused"


@functools.cache
def held_in_the_lab() -> Mapping[str, bool]:
    """Client → whether the app as built let the pinned server through and refused every other one."""
    file = files(__package__).joinpath(*FILE)
    return clients(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def clients(table: Mapping[str, list[list[str]]]) -> dict[str, bool]:
    """The clients of a table with the columns client, version, situation, server, outcome, …"""
    found: dict[str, bool] = {}
    for client, _, situation, server, outcome, *_ in table["rows"]:
        if situation.startswith(AS_BUILT):
            held = outcome.startswith(SERVED if server == PINNED else REFUSED)
            found[client] = found.get(client, True) and held
    return found


def level(known: str, names: Collection[str]) -> str:
    """``lab`` where all these clients held there; else what is known without it."""
    held = held_in_the_lab()
    return LAB if names and all(held.get(name, False) for name in names) else known
