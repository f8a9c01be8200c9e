"""Where a key stands in a TOML file: `tomllib` gives values without lines, and an error without a line is half one."""

from __future__ import annotations

import re
from collections import Counter

HEADER = re.compile(r"\s*\[(\[)?\s*([A-Za-z0-9_.\"'-]+)\s*\]")
ASSIGNMENT = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*[.=]")
LONG_QUOTES = ('"""', "'''")


class Lines:
    """Line numbers (from 1) of the tables and keys of one TOML text."""

    def __init__(self, text: str) -> None:
        self._found: dict[tuple[str, int, str], int] = {}
        table, seen, quotes = "", Counter[str](), ""
        for number, line in enumerate(text.splitlines(), 1):
            if not quotes:
                header, assignment = HEADER.match(line), ASSIGNMENT.match(line)
                if header:
                    table = header[2]
                    seen[table] += 1
                    self._found.setdefault((table, seen[table] - 1, ""), number)
                elif assignment:
                    key = (table, max(seen[table] - 1, 0), assignment[1])
                    self._found.setdefault(key, number)
            quotes = _open_quotes(line, quotes)

    def of(self, table: str, index: int = 0, key: str = "") -> int:
        """Line of ``key`` in the ``index``-th (from 0) table of that name, else of the table; 0 when unknown."""
        return self._found.get((table, index, key)) or self._found.get((table, index, ""), 0)


def _open_quotes(line: str, quotes: str) -> str:
    """The long quotes that are open at the end of ``line``, when ``quotes`` were at its start."""
    for mark in LONG_QUOTES:
        if mark in (quotes or mark) and line.count(mark) % 2:
            return "" if quotes else mark
    return quotes
