"""``pins.json`` in a folder of pins: ``{host: file}``, or a list of files and hashes for a host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinfuse.errors import PinError
from pinfuse.policy.hashes import PREFIX, looks_like_hash, parse_hash
from pinfuse.policy.hosts import HostPattern, parse_host
from pinfuse.policy.model import KeyHash

PINS_JSON = "pins.json"
LARGEST = 1 << 20
FORM = 'write {"api.example.com": "ca.pem", "*.example.com": ["a.pem", "sha256/…="]}'


@dataclass(frozen=True, slots=True)
class NamedHosts:
    """Which hosts the files of a folder are for, and the hashes that stand in the list itself."""

    files: tuple[tuple[str, HostPattern], ...] = ()
    hashes: tuple[tuple[HostPattern, KeyHash], ...] = ()

    def of(self, name: str) -> tuple[HostPattern, ...]:
        """Hosts of the file ``name``."""
        return tuple(host for file, host in self.files if file == name)


def read_pins_json(folder: Path) -> NamedHosts:
    """Read the list of a folder; nothing when there is none. Raises `PinError`."""
    path = folder / PINS_JSON
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return NamedHosts()
    where = str(path)
    if len(data) > LARGEST:
        raise PinError("it is too large", where=where, todo=FORM)
    try:
        parsed = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise PinError(f"it is not JSON as expected: {error}", where=where, todo=FORM) from error
    if not isinstance(parsed, dict):
        raise PinError("it holds no object", where=where, todo=FORM)
    return _hosts(parsed, folder, where)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a host stands in it twice")
    return found


def _hosts(parsed: dict[str, Any], folder: Path, where: str) -> NamedHosts:
    files: list[tuple[str, HostPattern]] = []
    hashes: list[tuple[HostPattern, KeyHash]] = []
    for text, value in parsed.items():
        host = parse_host(text, where=where)
        entries = value if isinstance(value, list) else [value]
        for entry in entries:
            if not isinstance(entry, str) or not entry:
                raise PinError(f"what stands for {text} is no file name", where=where, todo=FORM)
            if entry.startswith(PREFIX) or looks_like_hash(entry):
                hashes.append((host, KeyHash(parse_hash(entry, where=where))))
            elif "\0" in entry or Path(entry).name != entry or not (folder / entry).is_file():
                raise PinError(f"there is no file {entry[:80]!r} beside it", where=where, todo=FORM)
            else:
                files.append((entry, host))
    return NamedHosts(tuple(files), tuple(hashes))
