"""``SslErrorHandler.proceed()`` becomes ``cancel()``, in place: no table grows and no instruction moves.

Three ways, in this order: the call gets the index of ``cancel`` where the file has that method; the method's entry gets
the name ``cancel`` where the file has that string and the table stays sorted; else the call becomes three ``nop``,
so that the handler hears nothing and the page waits: a WebView goes on only when it is told to.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pinfuse.android.dex.calls import Call, calls, method_indices
from pinfuse.android.dex.file import METHOD_ID, Dex, restamp

HANDLER, PROCEED, CANCEL = b"Landroid/webkit/SslErrorHandler;", b"proceed", b"cancel"
INVOKE_SIZE = 6
"""Bytes of invoke-virtual and invoke-virtual/range: three units, of which the second is the method."""
METHOD_HANDLES = 0x0008
"""Type of a section of the map (``map_list``); handles of other methods do not matter."""
HANDLE = struct.Struct("<HHHH")
FIRST_FIELD_KIND = 4
"""Kinds of method handles below this are of fields (AOSP dex_file.h, ``MethodHandleType``)."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was done to one DEX file."""

    calls: tuple[Call, ...]
    dropped: bool
    """True where the calls were taken out, because the file could not name ``cancel``."""
    handles: int
    """Method handles of ``proceed`` that stay what they were."""


def proceeds(dex: Dex) -> tuple[Call, ...]:
    """Every call of ``proceed`` in the file; raises `pinfuse.errors.DamagedApp` where its tables are damaged."""
    return tuple(calls(dex, HANDLER, (PROCEED,)))


def cancel(dex: Dex) -> Cancelled:
    """Change every call of a file whose data is a bytearray; checksums are made anew."""
    assert isinstance(dex.data, bytearray)
    found = proceeds(dex)
    ours = sorted(method_indices(dex, HANDLER, (PROCEED,)))
    handles = sum(_handles(dex, index) for index in ours)
    if not found and not handles:
        return Cancelled((), False, 0)
    target = next(iter(sorted(method_indices(dex, HANDLER, (CANCEL,)))), None)
    dropped = False
    if target is not None:
        for call in found:
            struct.pack_into("<H", dex.data, call.offset + 2, target)
    elif len(ours) == 1 and _rename(dex, ours[0]):
        handles = 0
    else:
        dropped = bool(found)
        for call in found:
            dex.data[call.offset : call.offset + INVOKE_SIZE] = bytes(INVOKE_SIZE)
    restamp(dex.data)
    return Cancelled(found, dropped, handles)


def _rename(dex: Dex, index: int) -> bool:
    """Give the method the name ``cancel``, if the table stays sorted by class, name and prototype."""
    name = dex.find_string(CANCEL)
    count, offset = dex.methods
    if name is None or dex.is_container:
        return False
    owner, proto, _ = _method(dex, index)
    before = _method(dex, index - 1) if index else None
    after = _method(dex, index + 1) if index + 1 < count else None
    key = (owner, name, proto)
    if before and not (before[0], before[2], before[1]) < key:
        return False
    if after and not key < (after[0], after[2], after[1]):
        return False
    struct.pack_into("<I", dex.data, offset + METHOD_ID * index + 4, name)
    return True


def _method(dex: Dex, index: int) -> tuple[int, int, int]:
    """Class, prototype and name of a method (``method_id_item``)."""
    owner, proto, name = struct.unpack_from("<HHI", dex.data, dex.methods[1] + METHOD_ID * index)
    return owner, proto, name


def _handles(dex: Dex, method: int) -> int:
    """How many method handles are of this method."""
    (at,) = struct.unpack_from("<I", dex.data, 0x34)
    if not 0 < at <= len(dex.data) - 4:
        return 0
    (sections,) = struct.unpack_from("<I", dex.data, at)
    found = 0
    for number in range(min(sections, 64)):
        place = at + 4 + 12 * number
        if place + 12 > len(dex.data):
            raise dex.bad("its map lies outside of it")
        kind, _, count, start = struct.unpack_from("<HHII", dex.data, place)
        if kind != METHOD_HANDLES:
            continue
        if start + HANDLE.size * count > len(dex.data):
            raise dex.bad("its method handles lie outside of it")
        rows = HANDLE.iter_unpack(bytes(dex.data[start : start + HANDLE.size * count]))
        found += sum(kind >= FIRST_FIELD_KIND and index == method for kind, _, index, _ in rows)
    return found
