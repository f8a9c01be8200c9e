"""The slot in the shim: a string constant that takes the name of the app's own AppComponentFactory, in place."""

from __future__ import annotations

from pinfuse.android.dex.file import Dex, restamp
from pinfuse.errors import UnsupportedApp

PREFIX, ROOM = b"zqk|", 250
EMPTY = b"."


def fill(shim: bytes, class_name: str) -> bytes:
    """The shim with ``class_name`` (dotted; may be empty) in its slot; raises `UnsupportedApp` when it is too long."""
    name = class_name.encode("ascii", "replace")
    if len(name) > ROOM or not class_name.isascii():
        raise UnsupportedApp(
            f"the app's own appComponentFactory has a name of {len(class_name)} characters; {ROOM} in ASCII fit",
            where="AndroidManifest.xml",
        )
    data = bytearray(shim)
    at = _place(shim)
    data[at : at + ROOM] = name.ljust(ROOM, EMPTY)
    restamp(data)
    return bytes(data)


def read(shim: bytes) -> str:
    """The name in the slot; "" for none."""
    at = _place(shim)
    return shim[at : at + ROOM].rstrip(EMPTY).decode("ascii", "replace")


def _place(shim: bytes) -> int:
    """Offset of the slot's first byte after the prefix."""
    dex = Dex(shim, "shim.dex")
    low, high = 0, dex.strings[0]
    while low < high:
        middle = (low + high) // 2
        if dex.string(middle) < PREFIX:
            low = middle + 1
        else:
            high = middle
    text = dex.string(low)
    if not text.startswith(PREFIX) or len(text) != len(PREFIX) + ROOM:
        raise dex.bad("the shim has no slot for the factory's name")
    return dex.string_place(low) + len(PREFIX)
