"""The JSON Schema of a set file, for editors; ``python -m pinfuse.policy.schema`` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pinfuse.policy.keys import ARRAYS, LONGEST_TEXT, TABLES, TRANSLATABLE, TRANSLATED, Key, Kind
from pinfuse.policy.texts import LANGUAGE

FILE = Path(__file__).with_name("schema.json")
"""The schema as it is shipped."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema, made from `pinfuse.policy.keys.TABLES`."""
    return {
        "$schema": DIALECT,
        "title": "pinfuse fusion set",
        "type": "object",
        "properties": {name: _table(name) for name in TABLES},
        "required": ["set"],
        "additionalProperties": False,
    }


def _table(name: str) -> dict[str, Any]:
    known = TABLES[name]
    table: dict[str, Any] = {
        "type": "object",
        "properties": {key: _key(spec) for key, spec in known.items()},
        "additionalProperties": False,
    }
    if name == TRANSLATABLE:
        inner = {key: _key(spec) for key, spec in TRANSLATED.items()}
        one = {"type": "object", "properties": inner, "additionalProperties": False}
        table["patternProperties"] = {f"^{LANGUAGE.pattern}$": one}
    required = [key for key, spec in known.items() if spec.required]
    if required:
        table["required"] = required
    return {"type": "array", "items": table} if name in ARRAYS else table


def _key(spec: Key) -> dict[str, Any]:
    made: dict[str, Any] = {"description": spec.about} | _shape(spec)
    if spec.default is not None:
        made["default"] = spec.default
    return made


def _shape(spec: Key) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string", "minLength": int(spec.required)}
    match spec.kind:
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.NUMBER:
            return {"type": "integer", "minimum": spec.least, "maximum": spec.most}
        case Kind.DATE:
            return {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
        case Kind.TRUST:
            entry = {"type": "string", "minLength": 1}
            return {"oneOf": [entry, {"type": "array", "items": entry, "minItems": int(spec.required)}]}
        case Kind.LINE | Kind.MESSAGE:
            return text | {"minLength": 1, "maxLength": LONGEST_TEXT}
        case Kind.URL:
            return text | {"pattern": "^https://", "maxLength": LONGEST_TEXT}
        case Kind.TEXT:
            return (
                {"type": "string", "enum": list(spec.choices)} if spec.choices else text | {"maxLength": LONGEST_TEXT}
            )


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
