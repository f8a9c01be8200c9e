"""What a real ART said of the facades, as ``inspect`` quotes it: ``evidence/art.json``, which a test compares."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib.resources import files

ART = "art"
FILE = ("evidence", "art.json")
VERIFIED = "verified"


@functools.cache
def said_by_art() -> Mapping[str, str]:
    """Class → the word of ART's verifier (``docs/art.md``); nothing where the file is not here."""
    file = files(__package__).joinpath(*FILE)
    return dict(json.loads(file.read_text("utf-8"))["classes"]) if file.is_file() else {}


def with_art(known: str, name: str) -> str:
    """``known`` and ``art``, where ART linked this class and verified it without doubt; else ``known``."""
    return f"{known}, {ART}" if said_by_art().get(name) == VERIFIED else known
