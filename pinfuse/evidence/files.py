"""Writing a certificate as the ending of the file's name asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pinfuse.atomic import new_file
from pinfuse.errors import UsageError
from pinfuse.evidence.html import render

Renderer = Callable[[dict[str, Any]], str]


def to_json(certificate: dict[str, Any]) -> str:
    """The certificate as JSON text."""
    return json.dumps(certificate, indent=2, ensure_ascii=False) + "\n"


RENDERERS: Mapping[str, Renderer] = {".json": to_json, ".html": render}
"""Ending of a file's name → how the certificate is written there."""


def renderer_for(path: Path) -> Renderer:
    """How to write ``path``; raises `UsageError` for an ending that is none."""
    found = RENDERERS.get(path.suffix.lower())
    if found is None:
        todo = "end its name in " + " or ".join(RENDERERS)
        kind = path.suffix or "a file without ending"
        raise UsageError(f"a report is not written as {kind}", where=path.name, todo=todo)
    return found


def write(certificate: dict[str, Any], path: Path) -> None:
    """Write one file, whole or not at all; raises `pinfuse.errors.OutsideError`."""
    text = renderer_for(path)(certificate)
    with new_file(path) as pending:
        pending.file.write(text.encode("utf-8"))
