"""A set file (TOML) becomes a `FusionSet`; every error names file, line and key."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pinfuse.errors import PinError, UsageError
from pinfuse.policy import keys
from pinfuse.policy.hosts import parse_host
from pinfuse.policy.keys import ARRAYS, FIRST_USE, TABLES, TRANSLATABLE, TRANSLATED, Key, Kind
from pinfuse.policy.locate import Lines
from pinfuse.policy.model import (
    AndroidWish,
    Checks,
    CoverageWish,
    Fallback,
    FirstUse,
    FirstUseScope,
    FirstUseWish,
    FusionSet,
    IosWish,
    Match,
    Mode,
    Notification,
    Pin,
    Require,
    Show,
    Translation,
    Trust,
    WebView,
)
from pinfuse.policy.texts import fault_of, language_fault
from pinfuse.policy.trust import read_trust

LARGEST = 4 << 20
"""Bytes of a set file."""
EXPECTED: Mapping[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.FLAG: (bool,),
    Kind.NUMBER: (int,),
    Kind.DATE: (date,),
    Kind.TRUST: (str, list),
    Kind.LINE: (str,),
    Kind.MESSAGE: (str,),
    Kind.URL: (str,),
}


@dataclass(frozen=True, slots=True)
class _Table:
    """One table as read: its values, and how to say where a key of it stands."""

    values: Mapping[str, Any]
    name: str
    index: int
    file: Path
    lines: Lines

    def where(self, key: str = "") -> str:
        line = self.lines.of(self.name, self.index, key)
        place = f"{self.file.name}:{line}" if line else self.file.name
        label = f"[[{self.name}]]" if self.name in ARRAYS else f"[{self.name}]"
        return f"{place} {label} {key}".rstrip()

    def get(self, key: str) -> Any:
        return self.values.get(key, TABLES[self.name][key].default)


def load_set(path: Path) -> FusionSet:
    """Read a set file and the certificates it names, relative to it.

    Raises `UsageError` for the file itself, `PinError` for its pins, `OSError` as the system gives it.
    """
    text = _read(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"it is not TOML: {error}", where=path.name, todo="correct that place") from error
    except RecursionError as error:
        raise UsageError("it is nested too deeply", where=path.name, todo="a set has tables, not towers") from error
    lines = Lines(text)
    _check_names(document, path, lines)
    tables = {name: _tables(document, name, path, lines) for name in TABLES}
    for table in (table for found in tables.values() for table in found):
        _check_keys(table)
    single = {name: found[0] for name, found in tables.items() if name not in ARRAYS}
    languages = _translations(single[TRANSLATABLE])
    notices: dict[str, None] = {}
    pins = tuple(_pin(table, notices) for table in tables["pin"])
    return replace(_fusion_set(single, pins, languages), notices=tuple(notices))


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UsageError("it is too large for a set", where=path.name, todo="use wildcard hosts")
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"byte {error.start} is not UTF-8", where=path.name, todo="save it as UTF-8") from error


def _check_names(document: Mapping[str, Any], path: Path, lines: Lines) -> None:
    for name in document:
        if name in TABLES:
            continue
        homes = [table for table, known in TABLES.items() if name in known]
        line = lines.of(name) or lines.of("", 0, name)
        todo = f"put it under [{homes[0]}]" if homes else _nearest(name, list(TABLES))
        raise UsageError(f"a set has no table {name!r}", where=f"{path.name}:{line}" if line else path.name, todo=todo)
    if "set" not in document:
        raise UsageError("there is no [set] table", where=path.name, todo='start with [set] and name = "…"')


def _tables(document: Mapping[str, Any], name: str, path: Path, lines: Lines) -> list[_Table]:
    """The tables of that name: one, maybe empty, unless it is an array."""
    many = name in ARRAYS
    value = document.get(name, [] if many else {})
    rows = value if many and isinstance(value, list) else [value]
    if (many and not isinstance(value, list)) or not all(isinstance(row, dict) for row in rows):
        form = f"[[{name}]]" if many else f"[{name}]"
        raise UsageError(f"{name} is written {form}", where=f"{path.name}:{lines.of(name)}", todo=f"write {form}")
    return [_Table(row, name, index, path, lines) for index, row in enumerate(rows)]


def _check_keys(table: _Table) -> None:
    known = TABLES[table.name]
    for name, value in table.values.items():
        if table.name == TRANSLATABLE and isinstance(value, dict):
            continue
        if name not in known:
            raise UsageError(f"there is no key {name!r}", where=table.where(name), todo=_nearest(name, list(known)))
        _check_value(table, name, known[name], value)
    for name, key in known.items():
        if key.required and name not in table.values:
            raise UsageError(f"{name} is missing", where=table.where(), todo=f"add {name} = …: {key.about}")


def _translations(table: _Table) -> tuple[Translation, ...]:
    """The tables inside of ``[notification]``, each for one language."""
    found = []
    for language, values in sorted((name, one) for name, one in table.values.items() if isinstance(one, dict)):
        inner = _Table(values, f"{table.name}.{language}", 0, table.file, table.lines)
        fault = language_fault(language)
        if fault:
            raise UsageError(fault[0], where=inner.where(), todo=fault[1])
        for name, value in values.items():
            if name not in TRANSLATED:
                todo = _nearest(name, list(TRANSLATED))
                raise UsageError(f"there is no key {name!r} in a language", where=inner.where(name), todo=todo)
            _check_value(inner, name, TRANSLATED[name], value)
        found.append(Translation(language, **{name: values.get(name) for name in TRANSLATED}))
    return tuple(found)


def _check_value(table: _Table, name: str, key: Key, value: Any) -> None:
    where = table.where(name)
    fits = isinstance(value, EXPECTED[key.kind]) and (key.kind is Kind.FLAG or not isinstance(value, bool))
    if not fits:
        todo = "write a date without quotes, such as 2027-06-30" if key.kind is Kind.DATE else key.about
        raise UsageError(f"{name} must be {key.kind.value}", where=where, todo=todo)
    if key.choices and value not in key.choices:
        raise UsageError(f"{name} cannot be {value[:40]!r}", where=where, todo="choose " + " or ".join(key.choices))
    if key.kind is Kind.NUMBER and not key.least <= value <= key.most:
        raise UsageError(f"{name} is {value}", where=where, todo=f"choose {key.least} to {key.most}")
    if isinstance(value, str) and key.kind is not Kind.TRUST and len(value) > keys.LONGEST_TEXT:
        raise UsageError(f"{name} has {len(value)} characters", where=where, todo=f"use {keys.LONGEST_TEXT} at most")
    fault = fault_of(key.kind, value) if isinstance(value, str) else None
    if fault:
        raise UsageError(f"{name}: {fault[0]}", where=where, todo=fault[1])
    if key.required and value in ("", []):
        raise UsageError(f"{name} is empty", where=where, todo=key.about)


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name[:60], known, 1)
    return f"did you mean {near[0]}?" if near else "these are known: " + ", ".join(known)


def _pin(table: _Table, notices: dict[str, None]) -> Pin:
    host = parse_host(table.get("host"), where=table.where("host"))
    match = table.get("match")
    return Pin(
        host=host,
        trust=_trust(table, "trust", notices),
        match=Match(match) if match else None,
        backup=_trust(table, "backup", notices),
        expires=_moment(table.get("expires")),
        after_expiry=Fallback(table.get("after-expiry")),
        where=table.where(),
    )


def _trust(table: _Table, key: str, notices: dict[str, None]) -> tuple[Trust, ...]:
    value = table.get(key) or []
    entries = [value] if isinstance(value, str) else value
    where = table.where(key)
    if entries == [FIRST_USE]:
        return (FirstUse(),)
    found: dict[Trust, None] = {}
    for entry in entries:
        if not isinstance(entry, str) or not entry or entry == FIRST_USE:
            todo = f'list paths and sha256/… hashes, or write {key} = "{FIRST_USE}" alone'
            raise PinError(f"{entry!r} cannot stand in a list of {key}", where=where, todo=todo)
        trusted, said = read_trust(entry, table.file.parent, where)
        notices.update(dict.fromkeys(said))
        found.update(dict.fromkeys(trusted))
    return tuple(found)


def _moment(value: date | None) -> int | None:
    """Unix seconds; a day starts at 00:00 UTC, as in Android's network security config."""
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _fusion_set(
    tables: Mapping[str, _Table], pins: tuple[Pin, ...], languages: tuple[Translation, ...]
) -> FusionSet:
    head, pinning, checks = tables["set"], tables["pinning"], tables["checks"]
    note, coverage = tables["notification"], tables["coverage"]
    require = coverage.get("require")
    return FusionSet(
        name=head.get("name"),
        description=head.get("description") or "",
        icon=head.get("icon") or "",
        release=head.get("release"),
        mode=Mode(pinning.get("mode")),
        unlisted_hosts=Fallback(pinning.get("unlisted-hosts")),
        no_host=Fallback(pinning.get("no-host")),
        first_use=FirstUseWish(FirstUseScope(pinning.get("first-use-scope")), pinning.get("first-use-limit")),
        pins=pins,
        checks=Checks(
            apply_to_all=checks.get("apply-to") == "all",
            certificate_roles=checks.get("certificate-roles"),
            min_rsa_bits=checks.get("min-rsa-bits"),
            min_ec_bits=checks.get("min-ec-bits"),
            min_digest_bits=keys.DIGESTS[checks.get("min-digest")],
        ),
        notification=Notification(
            note.get("title"),
            note.get("message"),
            note.get("button"),
            note.get("link"),
            Show(note.get("show")),
            languages,
        ),
        report_url=tables["report"].get("url"),
        coverage=CoverageWish(Require(require) if require else None, WebView(coverage.get("webview"))),
        android=AndroidWish(tables["android"].get("nsc-pins")),
        ios=IosWish(tables["ios"].get("ats-pins")),
    )
