"""What is printed and where: data on stdout, everything else on stderr, JSON when asked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import click

from pinfuse.errors import PinfuseError

LABEL_WIDTH = 12
WORDS = {True: ("ok", "green"), False: ("FAILED", "red")}
STEERING = re.compile(r"(?!\x1b\[[0-9;]*m)[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What moves a terminal, ends a line or turns its direction, but for colours; apps bring such names and versions."""


def shown(text: str, *, lines: bool = False) -> str:
    """The text as it may be printed: what would steer a terminal is written out; line ends stay with ``lines``."""
    text = STEERING.sub(lambda found: ascii(found[0])[1:-1], text)
    return text if lines else text.replace("\n", "\\n")


def print_json(data: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def print_row(label: str, text: str) -> None:
    """A label and what belongs to it, on stdout; further lines of ``text`` are aligned."""
    lines = shown(text, lines=True).removesuffix("\n").split("\n")
    click.echo(click.style(f"{label:<{LABEL_WIDTH}}", bold=True) + lines[0], color=_color())
    for line in lines[1:]:
        click.echo(" " * LABEL_WIDTH + line)


def print_check(ok: bool, name: str, detail: str) -> None:
    """One checked promise on stdout."""
    word, color = WORDS[ok]
    click.echo(click.style(f"{word:<8}", fg=color, bold=not ok) + shown(f"{name}: {detail}"), color=_color())


def print_warnings(warnings: Iterable[str]) -> None:
    """Warnings on stderr, one line each."""
    for text in warnings:
        click.echo(click.style("warning: ", fg="yellow", bold=True) + shown(text), err=True, color=_color())


def print_notices(notices: Iterable[str]) -> None:
    """Lesser remarks on stderr."""
    for text in notices:
        click.echo(f"note: {shown(text)}", err=True)


def print_error(error: PinfuseError, *, as_json: bool) -> None:
    """What went wrong, where, what to do: on stderr; with ``--json`` an object on stdout as well."""
    if as_json:
        words = {"what": error.what, "where": error.where, "todo": error.todo, "exit_code": error.exit_code}
        print_json({"ok": False, "error": words})
    where = f"{error.where}: " if error.where else ""
    click.echo(click.style("error: ", fg="red", bold=True) + shown(where + error.what), err=True, color=_color())
    if error.todo:
        click.echo(f"       {shown(error.todo)}", err=True)


def fingerprint(hex_digest: str) -> str:
    """Colons between the bytes, as the consoles of stores and Firebase show and want it."""
    return ":".join(hex_digest[i : i + 2] for i in range(0, len(hex_digest), 2)).upper()


def size_of(count: int) -> str:
    """A size for people: 812 B, 19.3 kB, 18.2 MB."""
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def _color() -> bool | None:
    return False if os.environ.get("NO_COLOR") else None
