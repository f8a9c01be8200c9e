"""``pinfuse inspect``: what an app is, and what a build would reach in it."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinfuse.cli.options import APP_PATH, FILE_PATH, JSON_OPTION, option
from pinfuse.cli.output import LABEL_WIDTH, print_json, print_row

if TYPE_CHECKING:
    from pinfuse.formats import Coverage, Examination, Inspection
    from pinfuse.policy.model import FusionSet

SHOWN_HOSTS = 40
NARROWEST = 40


@click.command("inspect", short_help="What an app is: signer, TLS stacks, hosts, pins, and what a build would cover.")
@click.argument("app", type=APP_PATH)
@option("--set", "set_file", type=FILE_PATH, help="Say what a build with this fusion set would reach.")
@option("--min-sdk", type=click.IntRange(21, 36), help="As for build: the minSdkVersion of the output.")
@option("--thin", type=click.Choice(["arm64"]), help="As for build, iOS: keep only this part of files.")
@option("--only-main", is_flag=True, help="As for build, iOS: leave extensions and App Clips as they are.")
@JSON_OPTION
def command(
    app: Path, set_file: Path | None, min_sdk: int | None, thin: str | None, only_main: bool, as_json: bool
) -> None:
    """Show what APP is, which TLS stacks are in it, and which layer a build would cover each with.

    Nothing is changed, and nothing is claimed that was not found in the file. With --set, exit 1 when the set
    requires all stacks to be covered and one is not.
    """
    from contextlib import closing

    from pinfuse.formats import FuseOptions
    from pinfuse.opening import open_app

    fusion_set = _load(set_file)
    with closing(open_app(app)) as opened:
        seen = opened.inspect()
        found = opened.examine(FuseOptions(min_sdk, thin, only_main, fusion_set))
    refused = _refused(found, fusion_set)
    if as_json:
        print_json(describe(app, seen, found, refused))
    else:
        for label, text in _rows(app, seen, found):
            print_row(label, text)
        _print_coverage(found.coverage)
        if refused:
            print_row("set", refused)
    if refused:
        click.get_current_context().exit(1)


def _load(set_file: Path | None) -> FusionSet | None:
    if set_file is None:
        return None
    from pinfuse.policy import load_set

    return load_set(set_file)


def _refused(found: Examination, fusion_set: FusionSet | None) -> str:
    """Why a build with the set would end without output; empty where it would not, or no set was given."""
    if fusion_set is None:
        return ""
    from pinfuse.policy.model import Require

    gaps = [row.stack for row in found.coverage if row.gap]
    if gaps and fusion_set.required_coverage is Require.ALL:
        return f"it requires all stacks to be covered, and these are not: {', '.join(gaps)}"
    return ""


def describe(app: Path, seen: Inspection, found: Examination, refused: str) -> dict[str, Any]:
    """Everything as one JSON object."""
    from dataclasses import asdict

    from pinfuse.evidence.certificate import cover_data

    return {
        "ok": not refused,
        "app": app.name,
        **{key.replace("_", "-"): value for key, value in asdict(seen).items()},
        "frameworks": list(found.frameworks),
        "coverage": [cover_data(row) for row in found.coverage],
        "hosts": list(found.hosts),
        "pins": [asdict(pin) for pin in found.pins],
        "refusal": found.refusal,
        "remarks": list(found.remarks),
        "set-refuses": refused,
    }


def _rows(app: Path, seen: Inspection, found: Examination) -> Iterator[tuple[str, str]]:
    from pinfuse.cli.summary import signer_text

    yield "app", f"{seen.app_id} {seen.version} ({seen.format}, {seen.min_system} and later)  {app.name}"
    yield "signer", "\n".join(map(signer_text, seen.signers)) or "none: it is not signed"
    yield "code for", ", ".join(seen.architectures) or "any processor: it has no native code"
    yield "frameworks", ", ".join(found.frameworks) or "none that is known"
    if seen.protected:
        yield "pinfuse", "pinfuse built this file: verify and probe say what it does"
    yield "own pins", "\n".join(f"{pin.kind} in {pin.where}: {pin.detail}" for pin in found.pins) or "none found"
    hosts = found.hosts[:SHOWN_HOSTS]
    more = f"\n… and {len(found.hosts) - SHOWN_HOSTS} more (--json shows all)" if len(found.hosts) > SHOWN_HOSTS else ""
    yield "strings", ("\n".join(hosts) + more) or "no host was found"
    obstacles = (*seen.obstacles, *filter(None, [found.refusal]), *found.remarks)
    yield "obstacles", "\n".join(dict.fromkeys(obstacles)) or "none"


def _print_coverage(rows: tuple[Coverage, ...]) -> None:
    """Columns on a terminal, one line for each row elsewhere."""
    from pinfuse.cli.summary import coverage_line

    if not rows:
        print_row("coverage", "no TLS stack was found")
    elif sys.stdout.isatty():
        print_row("coverage", "\n".join(_columns(rows, shutil.get_terminal_size().columns - LABEL_WIDTH)))
    else:
        print_row("coverage", "\n".join(map(coverage_line, rows)))


def _columns(rows: tuple[Coverage, ...], width: int) -> Iterator[str]:
    """Stack, layer and evidence side by side, and the words about them wrapped below."""
    from pinfuse.cli.summary import coverage_details, coverage_layer

    stacks = max(len(row.stack) for row in rows) + 2
    layers = max(len(coverage_layer(row)) for row in rows) + 2
    for row in rows:
        layer = click.style(f"{coverage_layer(row):<{layers}}", fg="red" if row.gap else "green", bold=row.gap)
        yield f"{row.stack:<{stacks}}{layer}{row.evidence}"
        for text in coverage_details(row):
            yield from textwrap.wrap(text, max(width, NARROWEST), initial_indent="  ", subsequent_indent="    ")
