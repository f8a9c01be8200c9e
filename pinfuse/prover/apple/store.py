# SPDX-License-Identifier: MIT
"""What outlives the app on its phone: files of its container, and the Keychain (``SecItem.h``); and random bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from pinfuse.prover.apple.objects import Objects
from pinfuse.prover.apple.security import PARAMETER, SUCCESS
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Machine, Outside
from pinfuse.prover.memory import LONGEST_COPY

FAILED = -1
FIRST_FILE, MOST_FILES = 3, 16
LONGEST_PATH, LARGEST_FILE = 1024, 1 << 20
WRITES, CREATE, TRUNCATE = 3, 0x200, 0x400
"""``O_ACCMODE``, ``O_CREAT`` and ``O_TRUNC`` (xnu, ``sys/fcntl.h``)."""
NOT_FOUND, DUPLICATE, NOT_ALLOWED, MISSING_ENTITLEMENT = -25300, -25299, -25308, -34018
CONSTANTS = {
    "kSecAttrAccessible": "pdmn", "kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly": "cku", "kSecAttrAccount": "acct",
    "kSecAttrService": "svce", "kSecClass": "class", "kSecClassGenericPassword": "genp", "kSecReturnData": "r_Data",
    "kSecValueData": "v_Data",
}  # fmt: skip
"""Name of a variable → the text it holds (``SecItemConstants.c``)."""
PRIMARY = ("class", "svce", "acct")
"""What tells one generic password from another."""


@dataclass
class _Open:
    path: str
    at: int = 0
    writes: bool = False


@dataclass
class Store:
    """Functions and variables by their C names. ``keychain`` and ``disk`` say how both answer."""

    machine: Machine
    objects: Objects
    files: dict[str, bytes] = field(default_factory=dict)
    items: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    keychain: int = SUCCESS
    """The status of every call; `SUCCESS` for one that works."""
    disk: bool = True
    """False: nothing can be written."""
    _open_files: dict[int, _Open] = field(default_factory=dict)
    _random: int = 0

    def __post_init__(self) -> None:
        self.functions = [
            Outside("access", "pi", lambda path, _: SUCCESS if self._path(path) in self.files else FAILED),
            Outside("open", "pi", self._open),
            Outside("read", "ipz", self._read),
            Outside("write", "ipz", self._write),
            Outside("fsync", "i", lambda number: SUCCESS if number in self._open_files else FAILED),
            Outside("flock", "ii", lambda number, _: SUCCESS if number in self._open_files else FAILED),
            Outside("close", "i", self._close),
            Outside("rename", "pp", self._rename),
            Outside("SecItemAdd", "pp", self._add),
            Outside("SecItemCopyMatching", "pp", self._find),
            Outside("SecRandomCopyBytes", "pzp", self._randoms),
        ]
        self.data: dict[str, bytes | int] = {
            name: self.objects.hold(text).to_bytes(8, "little") for name, text in CONSTANTS.items()
        }

    def close_all(self) -> None:
        """The app has ended."""
        self._open_files.clear()

    def forget(self) -> None:
        """A new phone."""
        self.files.clear()
        self.items.clear()
        self.keychain, self.disk = SUCCESS, True
        self.close_all()

    @property
    def left_open(self) -> int:
        """How many files the stub has open."""
        return len(self._open_files)

    def _path(self, at: int) -> str:
        return self.machine.memory.text_at(at, LONGEST_PATH).decode("utf-8", "replace")

    def _open(self, path: int, flags: int) -> int:
        name = self._path(path)
        writes = bool(flags & WRITES)
        if len(self._open_files) >= MOST_FILES or (writes and not self.disk):
            return FAILED
        if name not in self.files:
            if not flags & CREATE or len(self.files) >= MOST_FILES:
                return FAILED
            self.files[name] = b""
        if flags & TRUNCATE:
            self.files[name] = b""
        number = next(n for n in range(FIRST_FILE, FIRST_FILE + MOST_FILES) if n not in self._open_files)
        self._open_files[number] = _Open(name, writes=writes)
        return number

    def _read(self, number: int, to: int, size: int) -> int:
        file = self._open_files.get(number)
        if file is None:
            return FAILED
        data = self.files[file.path][file.at : file.at + min(size, LONGEST_COPY)]
        file.at += len(data)
        self.machine.memory.write(to, data)
        return len(data)

    def _write(self, number: int, source: int, size: int) -> int:
        file = self._open_files.get(number)
        if file is None or not file.writes or file.at + size > LARGEST_FILE:
            return FAILED
        before = self.files[file.path]
        data = self.machine.memory.read(source, size)
        self.files[file.path] = before[: file.at].ljust(file.at, b"\0") + data + before[file.at + size :]
        file.at += size
        return size

    def _close(self, number: int) -> int:
        if number not in self._open_files:
            raise Fault("it closes a file that is not open")
        del self._open_files[number]
        return SUCCESS

    def _rename(self, old: int, new: int) -> int:
        source = self._path(old)
        if source not in self.files or not self.disk:
            return FAILED
        self.files[self._path(new)] = self.files.pop(source)
        return SUCCESS

    def _item(self, handle: int) -> tuple[dict[str, Any], tuple[str, ...]]:
        query: dict[str, Any] = self.objects.get(handle, dict)
        return query, tuple(str(query.get(name)) for name in PRIMARY)

    def _add(self, handle: int, _: int) -> int:
        query, key = self._item(handle)
        if self.keychain:
            return self.keychain
        if not isinstance(query.get("v_Data"), bytes):
            return PARAMETER
        if key in self.items:
            return DUPLICATE
        self.items[key] = dict(query)
        return SUCCESS

    def _find(self, handle: int, to: int) -> int:
        query, key = self._item(handle)
        if self.keychain:
            return self.keychain
        if key not in self.items:
            return NOT_FOUND
        if to and query.get("r_Data") is True:
            self.machine.memory.put_word(to, self.objects.made(self.items[key]["v_Data"]))
        return SUCCESS

    def _randoms(self, _: int, size: int, to: int) -> int:
        """Never the same bytes twice."""
        self._random += 1
        seed = b"random %d" % self._random
        made = b"".join(hashlib.sha256(seed + b"%d" % part).digest() for part in range(-(-size // 32)))
        self.machine.memory.write(to, made[:size])
        return SUCCESS
