"""``pinfuse probe``: what this very app would say about a server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinfuse.cli.options import APP_PATH, JSON_OPTION, option
from pinfuse.cli.output import print_json, print_row, print_warnings
from pinfuse.errors import UsageError

if TYPE_CHECKING:
    from pinfuse.recheck import ProbeResult


@click.command("probe", short_help="What this very app would say about a server now.")
@click.argument("out", type=APP_PATH)
@click.argument("server", required=False, metavar="[HOST[:PORT]]")
@option("--host", help="The host name to judge --chain for.")
@option("--chain", type=APP_PATH, help="Certificates (PEM or DER) instead of a live server, leaf first.")
@option("--at", metavar="TIME", help="Judge as of this time: 2027-01-31, or with T12:00:00, UTC.")
@option("--system-roots", is_flag=True, help="Also ask whether the path ends at a root this machine trusts.")
@option("--connect", metavar="ADDRESS[:PORT]", help="Connect here, but ask for HOST.")
@option("--timeout", type=click.FloatRange(0.1, 300), default=10.0, show_default=True, help="Seconds.")
@JSON_OPTION
def command(
    out: Path,
    server: str | None,
    host: str | None,
    chain: Path | None,
    at: str | None,
    system_roots: bool,
    connect: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Ask the stub inside OUT what it would say about HOST now, or about a chain file.

    Exit 0 when the session would be allowed (also when the host is not pinned, or is met for the first time), 1
    when it would be refused, 6 when the host cannot be reached.
    """
    from pinfuse.recheck import probe

    moment = _moment(at) if at else None
    if chain and host and not server:
        from pinfuse.x509.certificates import read_chain

        certificates = read_chain(chain)
    elif server and not chain and not host:
        from pinfuse.x509.fetch import fetch_chain, split_server

        host, port = split_server(server)
        certificates = fetch_chain(host, port, connect=connect, timeout=timeout)
    else:
        raise UsageError(
            "there is no one thing to judge", where="probe", todo="give HOST[:PORT], or --host with --chain FILE"
        )
    result = probe(out, host, certificates, at=moment, system_roots=system_roots)
    print_warnings(f"{one.name} does not hold, so the app may do otherwise: {one.detail}" for one in result.broken)
    if as_json:
        print_json(_data(result))
    else:
        _print(result)
    if not result.allowed:
        click.get_current_context().exit(1)


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        todo = "write a date such as 2027-01-31 or 2027-01-31T12:00:00"
        raise UsageError(f"{text!r} is not a time", where="--at", todo=todo) from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _word(result: ProbeResult) -> str:
    return "allowed" if result.allowed else "refused"


def _data(result: ProbeResult) -> dict[str, Any]:
    verdict = result.verdict
    return {
        "host": result.host,
        "verdict": _word(result),
        "reason": verdict.reason.word,
        "certificate": verdict.certificate if verdict.certificate >= 0 else None,
        "first_met": verdict.first_met,
        "pin": verdict.pin if verdict.pin >= 0 else None,
        "checked_by": list(result.checked_by),
        "refused_by_platform": result.refused_by_platform or None,
        "broken": [{"name": one.name, "detail": one.detail} for one in result.broken],
        "chain": [_subject(der) for der in result.chain],
    }


def _print(result: ProbeResult) -> None:
    verdict = result.verdict
    print_row("verdict", f"{_word(result)} ({verdict.reason.word}) for {result.host}")
    if verdict.first_met:
        print_row("first use", "an install that has not met this host yet remembers what is marked below")
    if result.refused_by_platform:
        print_row("platform", result.refused_by_platform)
    for index, der in enumerate(result.chain):
        mark = " <- here" if index == verdict.certificate else ""
        print_row(f"chain[{index}]", _subject(der) + mark)
    print_row("checked by", "\n".join(result.checked_by))


def _subject(der: bytes) -> str:
    from pinfuse.x509.certificates import Certificate

    try:
        return Certificate.from_der(der).subject
    except ValueError:
        return f"{len(der)} bytes that are no certificate"
