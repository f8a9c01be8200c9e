"""``pinfuse verify``: every promise of a built app, checked again in the file as it is."""

from __future__ import annotations

import time
from pathlib import Path

import click

from pinfuse.cli.options import APP_PATH, JSON_OPTION, PIN_OPTIONS, load_fusion_set, option
from pinfuse.cli.output import print_check, print_json, print_notices, print_warnings


@click.command("verify", short_help="Check every promise of a built app again, and run its stub.")
@click.argument("out", type=APP_PATH)
@PIN_OPTIONS
@option("--no-proof", is_flag=True, help="Check the file only; do not run its stub.")
@JSON_OPTION
def command(out: Path, pins: tuple[str, ...], set_file: Path | None, no_proof: bool, as_json: bool) -> None:
    """Check every promise of OUT, an app that pinfuse built, and execute the stub in it for every ABI.

    With --pin or --set the sealed pins are compared with those given, and cases that must be accepted are run
    for every pin whose certificate is known. Exit 1 when the app was not built by pinfuse, or was altered.
    """
    from pinfuse.recheck import verify

    compiled, fusion_set = None, None
    if pins or set_file:
        from pinfuse.policy.compile import compile_set

        fusion_set, notices = load_fusion_set(pins, set_file)
        print_notices(notices)
        compiled = compile_set(fusion_set, int(time.time()))
    result = verify(out, compiled, fusion_set, prove=not no_proof)
    if no_proof:
        print_warnings(["UNPROVED: --no-proof was given, so the stub in this file was not run"])
    if as_json:
        from pinfuse.evidence.certificate import proof_data

        promises = [{"name": p.name, "ok": p.ok, "detail": p.detail} for p in result.promises]
        print_json({"ok": result.ok, "app": out.name, "promises": promises, "proof": proof_data(result.proof)})
    else:
        for promise in result.promises:
            print_check(promise.ok, promise.name, promise.detail)
        for line in result.proof.not_run if result.proof else ():
            click.echo(f"        {line}")
    if not result.ok:
        click.get_current_context().exit(1)
