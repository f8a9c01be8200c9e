"""``--pin``: a file, a folder, ``HOST=FILE`` or ``HOST=sha256/BASE64=``, made into pins.

A server's own certificate pins its public key for the names in it. A CA certificate needs a host: it is told by
``HOST=FILE``, by a ``pins.json`` beside the file, or by the file's stem; guessing one would open every name under
that authority.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pinfuse.errors import PinError
from pinfuse.policy.hashes import PREFIX, looks_like_hash
from pinfuse.policy.hosts import HostPattern, parse_host
from pinfuse.policy.model import FusionSet, GivenCertificate, Pin, Trust
from pinfuse.policy.pinsjson import PINS_JSON, read_pins_json
from pinfuse.policy.trust import no_certificate, notices_about, open_contents, parse_all, read_trust
from pinfuse.x509.contents import Contents

MOST_FILES = 10_000
OPTION = "--pin"


@dataclass
class _Gathered:
    """What the options add up to, in their order."""

    trust: dict[HostPattern, dict[Trust, None]] = field(default_factory=dict)
    notices: dict[str, None] = field(default_factory=dict)

    def add(self, host: HostPattern, trust: Trust) -> None:
        self.trust.setdefault(host, {})[trust] = None

    def say(self, *notices: str) -> None:
        self.notices.update(dict.fromkeys(notices))


def set_from_pins(arguments: Sequence[str], base: FusionSet | None = None) -> tuple[FusionSet, tuple[str, ...]]:
    """The set that ``--pin`` options make, added to ``base`` when there is one, and notices for the person.

    Raises `PinError` for whatever cannot be pinned.
    """
    gathered = _Gathered()
    for argument in arguments:
        _take(argument, gathered)
    pins = tuple(Pin(host, tuple(trust), where=OPTION) for host, trust in gathered.trust.items())
    start = base or FusionSet()
    return replace(start, pins=(*start.pins, *pins)), tuple(gathered.notices)


def _take(argument: str, gathered: _Gathered) -> None:
    host, equals, value = argument.partition("=")
    if os.path.isdir(argument):  # noqa: PTH112 - unlike Path.is_dir it takes any text, however odd
        _take_folder(Path(argument), gathered)
    elif os.path.exists(argument):  # noqa: PTH110
        _take_file(Path(argument), gathered)
    elif argument.startswith(PREFIX) or looks_like_hash(argument):
        raise PinError("a hash needs a host", where=OPTION, todo=f"write api.example.com={argument[:60]}")
    elif equals and os.sep not in host:
        pattern = parse_host(host, where=f"{OPTION} {argument[:60]}")
        found, notices = read_trust(value, Path(), f"{OPTION} {host}")
        for trust in found:
            gathered.add(pattern, trust)
        gathered.say(*notices)
    else:
        todo = "give a PEM or DER file, a folder, HOST=FILE or HOST=sha256/BASE64="
        raise PinError("there is no such file or folder", where=f"{OPTION} {argument[:200]}", todo=todo)


def _take_file(path: Path, gathered: _Gathered) -> None:
    """A file that was named on purpose must hold a certificate."""
    if path.name == PINS_JSON:
        raise PinError("pins.json says which host a file is for", where=str(path), todo="give the folder it is in")
    contents = open_contents(path, str(path))
    if not contents.certificates:
        raise no_certificate(contents, path.name, OPTION)
    _take_certificates(contents, path, read_pins_json(path.parent).of(path.name), gathered)


def _take_folder(folder: Path, gathered: _Gathered) -> None:
    named = read_pins_json(folder)
    found = 0
    for host, trust in named.hashes:
        gathered.add(host, trust)
        found += 1
    for path in _files(folder, gathered):
        found += _take_certificates(open_contents(path, str(path)), path, named.of(path.name), gathered)
    if not found:
        seen = "; ".join(gathered.notices) or "it is empty"
        raise PinError(f"there is nothing to pin in it: {seen}", where=str(folder), todo="put PEM or DER files there")


def _files(folder: Path, gathered: _Gathered) -> Iterator[Path]:
    """Files of the folder itself, by name; hidden ones are passed over, folders are pointed out."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry, _ in zip(entries, range(MOST_FILES + 1), strict=False)]
    if len(names) > MOST_FILES:
        raise PinError(f"it holds more than {MOST_FILES} files", where=str(folder), todo="give a folder of pins only")
    for name in sorted(names):
        path = folder / name
        if name.startswith(".") or name == PINS_JSON:
            continue
        if path.is_file():
            yield path
        else:
            gathered.say(f"{name} is no file and was left out; give it with its own --pin")


def _take_certificates(contents: Contents, path: Path, hosts: Sequence[HostPattern], gathered: _Gathered) -> int:
    """Pin the certificates of one file; how many there were."""
    gathered.say(*notices_about(contents, path.name))
    certificates = parse_all(contents, path.name)
    for given in certificates:
        for host in hosts or _hosts_of(given, path, gathered):
            gathered.add(host, given)
    return len(certificates)


def _hosts_of(given: GivenCertificate, path: Path, gathered: _Gathered) -> Sequence[HostPattern]:
    """The hosts a certificate is for when nobody said: its own names, or for a CA the file's stem."""
    if given.certificate.is_ca:
        return (_host_of_ca(given, path, gathered),)
    hosts = []
    for name in given.certificate.names:
        try:
            hosts.append(parse_host(name))
        except PinError as error:
            gathered.say(f"{path.name}: its name {name[:80]!r} was left out: {error.what}")
    if not hosts:
        raise PinError(
            f"the certificate of {given.certificate.subject} names no host that could be pinned",
            where=str(path),
            todo=f"say which host it is for: --pin HOST={path}",
        )
    return hosts


def _host_of_ca(given: GivenCertificate, path: Path, gathered: _Gathered) -> HostPattern:
    if "." in path.stem:
        try:
            host = parse_host(path.stem)
        except PinError:
            host = None
        if host is not None and not host.is_address:
            gathered.say(
                f"{path.name} holds the CA {given.certificate.subject}: pinned for {host}, after the file's name"
            )
            return host
    own = next((name for name in given.certificate.dns_names), "api.example.com")
    raise PinError(
        f"{given.certificate.subject} is a CA certificate, and a CA needs a host",
        where=str(path),
        todo=f"write --pin {own}={path}, name the file after the host, or put a {PINS_JSON} beside it; "
        "if it only completes a server's chain, leave it out",
    )
