"""Layer A4 at build time: which of the app's libraries are made to need the stub first (``docs/native-tls.md``).

A library that takes OpenSSL's functions from another gets the stub ahead of what it needs, and with it every library
through which it may be loaded: symbols are looked up breadth first, from the library that was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pinfuse.android import names
from pinfuse.android.elf import image as elf
from pinfuse.android.elf.image import Image
from pinfuse.android.elf.needed import is_first, needed_first
from pinfuse.android.packing import LIBRARY
from pinfuse.android.scan import Library
from pinfuse.container.reader import Archive
from pinfuse.coverage.native import SSL_FUNCTIONS, calls_openssl
from pinfuse.errors import AppError
from pinfuse.formats import Coverage

FUNCTIONS = SSL_FUNCTIONS
"""What the stub stands before: its exports but ``JNI_OnLoad``."""
LONGEST = max(map(len, FUNCTIONS)) + 2
LARGEST = 256 << 20
"""Bytes of a library that is edited."""
A4, NO_LAYER = "A4 native", "none"
STACK = "OpenSSL called by a library"
TRIED = (
    "they need the stub first; OpenSSL 3.0 was tried under Android 9's own linker, Android 13's BoringSSL on Linux; "
    "what runs before the first ContentProvider is refused, and so is the first session with a host that is trusted on "
    "first use"
)
WAYS_PAST = "a function of the TLS library that moves data and is none of those that the stub stands before"
LOADED_LATER = "a library that the app loads between two looks (at start, at Java's sessions, when an activity shows)"


@dataclass(frozen=True)
class LinkPlan:
    """What is to be done with the libraries; entries of the app."""

    callers: tuple[str, ...] = ()
    """Those that take the functions from another library, and are edited."""
    edited: tuple[str, ...] = ()
    """The callers, and what leads to them."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """A library that should be edited → the reason why it is not."""
    by_name: tuple[str, ...] = ()
    """Those that hold the names but no such symbols: they look them up when they run."""

    def coverage(self, own: Collection[str] = ()) -> Iterator[Coverage]:
        """Rows for what is covered, what is not, and what may not be; ``own`` are libraries that bring TLS along, and
        hold the names for that."""
        if self.callers:
            yield Coverage(STACK, A4, "bionic", TRIED, False, self.callers, WAYS_PAST)
        for entry, reason in self.left_out.items():
            yield Coverage(STACK, NO_LAYER, "none", f"not edited: {reason}", True, (entry,), "always")
        by_name = tuple(entry for entry in self.by_name if entry not in own)
        if by_name:
            detail = "covered where it is loaded before the stub looks through what is loaded"
            yield Coverage(f"{STACK}, looked up by name", A4, "bionic", detail, True, by_name, LOADED_LATER)


def callers_among(libraries: Iterable[Library]) -> frozenset[str]:
    """The libraries whose strings hold OpenSSL's functions, as the scan of the app found them."""
    return frozenset(library.entry for library in libraries if calls_openssl(library.seen))


def plan_links(archive: Archive, folders: Sequence[str], among: Collection[str] | None = None) -> LinkPlan:
    """Decide for the libraries in these folders under ``lib/``; never raises for one that cannot be read.

    ``among`` are the entries that may call OpenSSL; without it each is looked through for that.
    """
    plans = [_folder(archive, folder, among) for folder in folders]
    return LinkPlan(
        tuple(one for plan in plans for one in plan.callers),
        tuple(one for plan in plans for one in plan.edited),
        {entry: reason for plan in plans for entry, reason in plan.left_out.items()},
        tuple(one for plan in plans for one in plan.by_name),
    )


def linked(archive: Archive, entry: str) -> bytes:
    """A library of the plan with the stub ahead of all that it needs."""
    return needed_first(_read(archive, entry), names.LIBRARY)


def unlinked(archive: Archive, plan: LinkPlan) -> list[str]:
    """Of the libraries that should be edited, those that do not need the stub first: in a built app, none."""
    return [entry for entry in plan.edited if not is_first(_read(archive, entry), names.LIBRARY)]


def _libraries(archive: Archive, folder: str) -> list[str]:
    own = names.library_entry(folder)
    return [
        name for name in archive.entries if LIBRARY.fullmatch(name) and name.split("/")[1] == folder and name != own
    ]


def _folder(archive: Archive, folder: str, among: Collection[str] | None) -> LinkPlan:
    left_out: dict[str, str] = {}
    callers, by_name = [], []
    entries = _libraries(archive, folder)
    for entry in entries:
        if entry not in among if among is not None else not _mentions(archive, entry):
            continue
        try:
            taken, given = _read(archive, entry).symbols(FUNCTIONS)
        except AppError as error:
            left_out[entry] = error.what
            continue
        if taken:
            callers.append(entry)
        elif not given:
            by_name.append(entry)
    wanted = _leading_to(archive, entries, callers) if callers else []
    edited = [entry for entry in wanted if _can_be_edited(archive, entry, left_out)]
    return LinkPlan(tuple(one for one in callers if one in edited), tuple(edited), left_out, tuple(by_name))


def _can_be_edited(archive: Archive, entry: str, left_out: dict[str, str]) -> bool:
    """Try it; the reason goes into ``left_out``."""
    try:
        image = _read(archive, entry)
        if image.is_program:
            left_out[entry] = "it is a program of its own, whose process has no vault"
            return False
        needed_first(image, names.LIBRARY)
    except AppError as error:
        left_out[entry] = error.what
        return False
    return True


def _leading_to(archive: Archive, entries: list[str], callers: list[str]) -> list[str]:
    """The callers and all that needs one of them, directly or not, in the order of the app."""
    needs: dict[str, frozenset[str]] = {}
    for entry in entries:
        try:
            image = _read(archive, entry)
            needs[entry] = frozenset(image.needed)
        except AppError:
            needs[entry] = frozenset()
    found = set(callers)
    while True:
        reached = {entry.rsplit("/", 1)[1] for entry in found}
        more = {entry for entry in entries if needs[entry] & reached} - found
        if not more:
            return [entry for entry in entries if entry in found]
        found |= more


def _read(archive: Archive, entry: str) -> Image:
    return elf.read(archive.read(entry, LARGEST), entry)


def _mentions(archive: Archive, entry: str) -> bool:
    """Whether one of the names stands in the library as a text of its own; the cheap question before `_read`."""
    tail = b""
    for piece in archive.stream(archive.entries[entry]):
        window = tail + piece
        if (b"SSL_" in window or b"_ssl" in window) and any(b"\0" + name + b"\0" in window for name in FUNCTIONS):
            return True
        tail = window[-LONGEST:]
    return False
