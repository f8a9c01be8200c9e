"""``pinfuse report``: the certificate of a build read again, and whether it speaks of this very file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pinfuse.cli.options import APP_PATH, JSON_OPTION, option
from pinfuse.cli.output import print_json, print_row


@click.command("report", short_help="The certificate of a build: what it says, and of which file.")
@click.argument("file", type=APP_PATH)
@option("--app", type=APP_PATH, help="The app that it should speak of; exit 1 when it speaks of another file.")
@JSON_OPTION
def command(file: Path, app: Path | None, as_json: bool) -> None:
    """Show FILE, a certificate that `build --report FILE.json` wrote; with --app, check that it is that app's."""
    from pinfuse.evidence.schema import read

    certificate = read(file)
    same = None
    if app is not None:
        from pinfuse.pipeline import file_sha256

        same = file_sha256(app) == certificate["output"]["sha256"]
    if as_json:
        print_json({"ok": same is not False, "speaks_of_app": same, "certificate": certificate})
    else:
        _print(certificate)
        if app is not None:
            print_row("this file", f"{app.name} is the very file" if same else f"{app.name} is ANOTHER file")
    if same is False:
        click.get_current_context().exit(1)


def _print(certificate: dict[str, Any]) -> None:
    app, output, proof = certificate["app"], certificate["output"], certificate["proof"]
    new = certificate["signers"]["new"]
    print_row("app", f"{app['id']} {app['version']} ({app['format']})")
    print_row("made", f"{certificate['made']} by pinfuse {certificate['pinfuse']}")
    print_row("output", f"{output['name']}, {output['size']} bytes\nSHA-256 {output['sha256']}")
    print_row("signer", f"{new['subject']}\n{_prints(new)}" if new else "none")
    print_row("set", f"{certificate['set']['name'] or '(from --pin)'}, id {certificate['set']['id']}")
    print_row("hosts", "\n".join(map(_host, certificate["hosts"])))
    words = f", {proof['accepted']} accept and {proof['refused']} refuse cases" if proof["status"] != "unproved" else ""
    print_row("proof", f"{proof['status']}{words}")
    for warning in certificate["warnings"]:
        print_row("warning", warning)


def _prints(signer: dict[str, Any]) -> str:
    return f"SHA-256 {signer['sha256']}" if signer["sha256"] else str(signer["note"])


def _host(host: dict[str, Any]) -> str:
    if host["first-use"]:
        return f"{host['host']}: trusted on first use"
    return f"{host['host']}: {len(host['pins'])} pins"
