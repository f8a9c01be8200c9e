"""``pinfuse set``: fusion sets checked and shown."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinfuse.cli.options import APP_PATH, JSON_OPTION, option
from pinfuse.cli.output import print_json, print_notices, print_row, shown

if TYPE_CHECKING:
    from pinfuse.policy.findings import Finding


@click.group("set", short_help="Check and show fusion sets.")
def command() -> None:
    """Check and show fusion sets."""


@command.command("lint")
@click.argument("file", type=APP_PATH)
@option("--chain", "chains", multiple=True, metavar="HOST=FILE", help="A chain that HOST shows: does a pin accept it?")
@option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@JSON_OPTION
def lint(file: Path, chains: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Say what will hurt later in the set FILE: exit 1 for errors (a release has no mere warnings)."""
    from pinfuse.policy import compile_set, load_set
    from pinfuse.policy import lint as look
    from pinfuse.policy.findings import Severity

    now = int(time.time())
    made = load_set(file)
    compile_set(made, now)
    print_notices(made.notices)
    findings = look(made, now, [_chain(text) for text in chains])
    if as_json:
        print_json({"ok": not findings, "findings": [_data(one) for one in findings]})
    for one in findings if not as_json else ():
        click.echo(shown(f"{one.severity.value} [{one.code}] {one.where}: {one.text}"))
        click.echo(f"        {shown(one.todo)}")
    if not findings and not as_json:
        click.echo(f"{file.name}: nothing to say")
    if any(strict or one.severity is Severity.ERROR for one in findings):
        click.get_current_context().exit(1)


def _chain(text: str) -> Any:
    from pinfuse.errors import UsageError
    from pinfuse.policy.findings import HostChain
    from pinfuse.x509.certificates import Certificate, read_chain
    from pinfuse.x509.path import build_path

    host, equals, name = text.partition("=")
    if not equals or not Path(name).is_file():
        raise UsageError(f"{text[:80]!r} is no HOST=FILE", where="--chain", todo="write api.example.com=chain.pem")
    try:
        return HostChain(host, tuple(map(Certificate.from_der, build_path(read_chain(Path(name))).chain)))
    except ValueError as error:
        raise UsageError(f"a certificate cannot be read: {error}", where=name) from error


def _data(one: Finding) -> dict[str, str]:
    return {"code": one.code, "severity": one.severity.value, "where": one.where, "text": one.text, "todo": one.todo}


@command.command("show")
@click.argument("file", type=APP_PATH)
@JSON_OPTION
def show(file: Path, as_json: bool) -> None:
    """Show the set FILE: name, id, every protection on or off, hosts with their pins and days left."""
    from pinfuse.policy import describe, load_set

    told = describe(load_set(file), int(time.time()))
    if as_json:
        print_json(told)
        return
    print_row("name", told["name"] + (f" ({told['icon']})" if told["icon"] else ""))
    print_row("id", told["id"])
    if told["description"]:
        print_row("", told["description"])
    print_row("release", _switch(told["release"]))
    protections = told["protections"].items()
    width = max(len(name) for name, _ in protections)
    print_row("protections", "\n".join(f"{name:<{width}}  {_switch(value)}" for name, value in protections))
    for host in told["hosts"]:
        print_row("host", "\n".join(_host(host)))


def _switch(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "off" if value == 0 else str(value)


def _host(host: dict[str, Any]) -> list[str]:
    left = host["days-left"]
    ends = "no end" if left is None else f"{left} days left, then {host['after-expiry']}"
    lines = [f"{host['host']}  ({ends})"]
    if host["first-use"]:
        lines.append(f"  trusted on first use: its {host['first-use']} is remembered")
    for pin in host["pins"]:
        subject = f"  {pin['subject']}" if "subject" in pin else ""
        lines.append(f"  {pin['kind']}: {pin['sha256']}{subject}")
    return lines
