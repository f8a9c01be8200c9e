"""``pinfuse certs``: certificates from live servers, and what files hold."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinfuse.cli.options import APP_PATH, JSON_OPTION, option
from pinfuse.cli.output import print_json, print_notices, print_row, shown
from pinfuse.errors import OutsideError, UsageError

if TYPE_CHECKING:
    from pinfuse.x509.certificates import Certificate

DAY = 86400
REST = "chain"
"""Folder beside the servers' certificates for the rest of their chains, which a folder of pins passes over."""


@click.group("certs", short_help="Get certificates from servers, and show what files hold.")
def command() -> None:
    """Get certificates from servers, and show what files hold."""


@command.command("fetch")
@click.argument("servers", nargs=-1, required=True, metavar="HOST[:PORT]…")
@option("--output", "-o", type=click.Path(path_type=Path), default=Path("certs"), show_default=True, help="Folder.")
@option("--connect", metavar="ADDRESS[:PORT]", help="Connect here, but ask for HOST.")
@option("--timeout", type=click.FloatRange(0.1, 300), default=10.0, show_default=True, help="Seconds.")
@option("--overwrite", is_flag=True, help="Replace files that hold other certificates.")
@JSON_OPTION
def fetch(
    servers: tuple[str, ...], output: Path, connect: str | None, timeout: float, overwrite: bool, as_json: bool
) -> None:
    """Take the chain that each server presents, as PEM files, and print a ready [[pin]] block.

    Nothing is checked here: look at what you got before you trust it. The server's own certificate becomes
    HOST.pem, ready for --pin; the rest of its chain goes into a folder beside it.
    """
    from pinfuse.x509.certificates import Certificate
    from pinfuse.x509.fetch import fetch_chain, split_server

    told = []
    for server in servers:
        host, port = split_server(server)
        chain = fetch_chain(host, port, connect=connect, timeout=timeout)
        parsed = [_parsed(Certificate.from_der, der, server) for der in chain]
        files = _write(host, parsed, output, overwrite)
        told.append({"host": host, "files": [str(path) for path in files], "chain": [_facts(one) for one in parsed]})
        if not as_json:
            click.echo(_block(host, files, parsed))
    if as_json:
        print_json({"ok": True, "servers": told})
    else:
        print_notices([f"{len(told)} server(s) fetched into {output}; nothing was checked: compare before you trust"])


def _parsed(read: Any, der: bytes, server: str) -> Certificate:
    try:
        certificate: Certificate = read(der)
    except ValueError as error:
        raise OutsideError(f"it presents a certificate that cannot be read: {error}", where=server) from error
    return certificate


def _write(host: str, chain: list[Certificate], folder: Path, overwrite: bool) -> list[Path]:
    """Write the chain as PEM files; nothing that holds something else is replaced unasked."""
    from pinfuse.atomic import new_file
    from pinfuse.x509.pem import to_pem

    name = host.replace(":", "_")
    paths = [folder / f"{name}.pem", *(folder / REST / f"{name}-{i}.pem" for i in range(1, len(chain)))]
    for path, certificate in zip(paths, chain, strict=True):
        if path.exists() and not overwrite and path.read_bytes() != to_pem(certificate.der):
            todo = "look what changed (pinfuse certs show), then --overwrite"
            raise UsageError("the file holds another certificate already", where=str(path), todo=todo)
    for path, certificate in zip(paths, chain, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path) as pending:
            pending.file.write(to_pem(certificate.der))
    return paths


def _block(host: str, files: list[Path], chain: list[Certificate]) -> str:
    from pinfuse.policy.hashes import format_hash

    leaf = chain[0]
    lines = [
        "[[pin]]",
        f'host = "{host}"',
        f'trust = ["{files[0].as_posix()}"]  # {shown(leaf.subject)}, until {_day(leaf.not_after)}',
        'backup = []  # the hash of the key you will use next: "sha256/…"',
    ]
    lines += [f"# {shown(one.subject)}: {format_hash(one.spki_sha256)}" for one in chain]
    return "\n".join(lines) + "\n"


@command.command("show")
@click.argument("files", nargs=-1, required=True, type=APP_PATH, metavar="FILE…")
@JSON_OPTION
def show(files: tuple[Path, ...], as_json: bool) -> None:
    """Show what each FILE holds: subject, names, key, dates, and the pins that could be made of it."""
    from pinfuse.policy.trust import notices_about, open_contents, parse_all

    told = []
    for path in files:
        contents = open_contents(path, str(path))
        found = [given.certificate for given in parse_all(contents, path.name)]
        print_notices(notices_about(contents, path.name))
        told.append({"file": path.name, "certificates": [_facts(one) for one in found]})
        if not as_json:
            for number, one in enumerate(found):
                print_row(path.name if number == 0 else "", "\n".join(_lines(one)))
    if as_json:
        print_json({"ok": True, "files": told})


def _facts(one: Certificate) -> dict[str, Any]:
    from pinfuse.policy.hashes import format_hash

    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "names": list(one.names),
        "ca": one.is_ca,
        "key": f"{one.key_type} {one.key_bits}",
        "digest": one.digest,
        "not_before": _day(one.not_before),
        "not_after": _day(one.not_after),
        "days_left": (one.not_after - int(time.time())) // DAY,
        "pin": format_hash(one.spki_sha256),
        "certificate_sha256": one.sha256.hex(),
    }


def _lines(one: Certificate) -> list[str]:
    facts = _facts(one)
    left = facts["days_left"]
    ends = f"{left} days left" if left >= 0 else f"ended {-left} days ago"
    lines = [f"{facts['subject']}" + (" (CA)" if one.is_ca else ""), f"issued by {facts['issuer']}"]
    if one.names:
        lines.append("for " + ", ".join(one.names))
    lines.append(f"{facts['key']} bits, signed with {facts['digest']}")
    lines.append(f"{facts['not_before']} to {facts['not_after']}, {ends}")
    return [*lines, f"public key   {facts['pin']}", f"certificate  {facts['certificate_sha256']}"]


def _day(moment: int) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "a date beyond the calendar"
