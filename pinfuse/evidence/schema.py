"""The JSON Schema of the certificate, and our own check that a file has its form.

``python -m pinfuse.evidence.schema`` writes the shipped file anew from the table below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pinfuse.errors import UsageError
from pinfuse.evidence.certificate import FORM

FILE = Path(__file__).with_name("schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
HEX_64, HEX_40 = "^[0-9a-f]{64}$", "^[0-9a-f]{40}$"
TEXT, FLAG, COUNT, NUMBER = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}, {"type": "number"}
SHA256 = {"type": "string", "pattern": HEX_64}


def _record(**fields: Any) -> dict[str, Any]:
    named = {name.replace("_", "-"): field for name, field in fields.items()}
    return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _or_null(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "null"}]}


SIGNER = _record(
    subject=TEXT, sha1=_or_null({"type": "string", "pattern": HEX_40}), sha256=_or_null(SHA256), note=TEXT
)
CASE = _record(
    name=TEXT,
    kind={"enum": ["accept", "refuse"]},
    shows=TEXT,
    expected=TEXT,
    said={"type": "object", "additionalProperties": TEXT},
    ok=FLAG,
)
PROVED = _record(
    status={"enum": ["proved", "failed"]},
    subject=TEXT,
    abis=_list(TEXT),
    accepted=COUNT,
    refused=COUNT,
    seconds=NUMBER,
    not_run=_list(TEXT),
    cases=_list(CASE),
)
FIELDS: Mapping[str, dict[str, Any]] = {
    "form": {"const": FORM},
    "pinfuse": TEXT,
    "made": {"type": "string", "format": "date-time"},
    "seconds": NUMBER,
    "app": _record(id=TEXT, version=TEXT, format=TEXT, min_system=TEXT),
    "input": _record(name=TEXT, size=COUNT, sha256=SHA256),
    "output": _record(name=TEXT, size=COUNT, sha256=SHA256, schemes=_list(TEXT)),
    "signers": _record(old=_list(SIGNER), new=_or_null(SIGNER), debug_key=FLAG),
    "vault": _record(app_ids=_list(TEXT), signers=_list(SHA256), any_signer=FLAG),
    "set": _record(
        name=TEXT, id=SHA256, description=TEXT, icon=TEXT, release=FLAG,
        protections={"type": "object", "additionalProperties": {"type": ["boolean", "integer", "string"]}},
    ),
    "hosts": _list(
        _record(
            host=TEXT,
            pins=_list(_record(kind=TEXT, sha256=TEXT)),
            first_use=_or_null(TEXT),
            days_left=_or_null(COUNT),
            after_expiry=_or_null(TEXT),
        )
    ),
    "changes": _list(_record(entry=TEXT, what=TEXT)),
    "coverage": _list(
        _record(stack=TEXT, layer=TEXT, evidence=TEXT, detail=TEXT, gap=FLAG, where=_list(TEXT), uncovered_by=TEXT)
    ),
    "proof": {"anyOf": [PROVED, _record(status={"const": "unproved"})]},
    "warnings": _list(TEXT),
}  # fmt: skip
"""Field of the certificate → its shape."""


def schema() -> dict[str, Any]:
    """The whole schema."""
    return {
        "$schema": DIALECT,
        "title": "certificate of a build by pinfuse",
        "type": "object",
        "properties": dict(FIELDS),
        "required": list(FIELDS),
        "additionalProperties": False,
    }


def read(path: Path) -> dict[str, Any]:
    """A certificate out of a file; raises `UsageError` for one that is none, `OSError` as the system gives it."""
    todo = "give the JSON file that build --report wrote"
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is no JSON: {error}", where=path.name, todo=todo) from error
    if not isinstance(found, dict) or found.get("form") != FORM:
        raise UsageError("it is no certificate of a build", where=path.name, todo=todo)
    wrong = _fault(found, schema(), "")
    if wrong is not None:
        raise UsageError(f"its field {wrong[1:] or '(all)'!r} is not as it must be", where=path.name, todo=todo)
    return found


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


def _fault(value: Any, shape: Mapping[str, Any], place: str) -> str | None:
    """Where a value is not as the schema has it, as ``.field.field``; None for nowhere. Knows the words used above."""
    if "anyOf" in shape:
        faults = [_fault(value, one, place) for one in shape["anyOf"]]
        return None if None in faults else max(filter(None, faults), key=len)
    kinds = shape.get("type", ())
    if kinds and not any(KINDS[kind](value) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return place or "."
    if value not in shape.get("enum", [value]) or value != shape.get("const", value):
        return place or "."
    if isinstance(value, str) and not re.search(shape.get("pattern", ""), value):
        return place or "."
    inside: list[tuple[Any, Any, str]] = []
    if isinstance(value, list) and "items" in shape:
        inside = [(one, shape["items"], f"{place}.{number}") for number, one in enumerate(value)]
    elif isinstance(value, dict):
        known, others = shape.get("properties", {}), shape.get("additionalProperties", {})
        odd = [name for name in shape.get("required", ()) if name not in value]
        odd += [name for name in value if name not in known and others is False]
        if odd:
            return f"{place}.{odd[0]}"
        inside = [(one, known.get(name, others), f"{place}.{name}") for name, one in value.items()]
    return next((found for one, form, where in inside if (found := _fault(one, form, where)) is not None), None)


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
