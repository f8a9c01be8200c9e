"""What ``inspect`` remarks about an app besides TLS: code that looks at its own signer, libraries on small pages."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from pinfuse.android.dex.file import FIELD_ID, Dex
from pinfuse.android.dex.index import Index
from pinfuse.android.elf import records as r
from pinfuse.android.elf.records import Program
from pinfuse.android.packing import LIBRARY, PAGE
from pinfuse.container.reader import Archive

OWN_SIGNER = (
    ("Landroid/content/pm/PackageInfo;", "signatures"),
    ("Landroid/content/pm/PackageInfo;", "signingInfo"),
)
"""Fields that hold the certificates of an app's signers."""
ATTESTATION = (
    ("Lcom/google/android/play/core/integrity/", "Play Integrity"),
    ("Lcom/google/android/gms/safetynet/", "SafetyNet"),
    ("Lcom/pairip/", "Play's automatic protection"),
)
"""Beginning of the classes of what tells a server, or the app, who signed it; and its name."""
PAGED = ("arm64-v8a", "x86_64")
"""ABIs of phones whose pages may have 16 KiB."""
HEAD = 4096
SHOWN = 4


def remarks_of_code(dex: Dex) -> Iterator[str]:
    """Sentences about one DEX file; the same for each, so that they can be told once."""
    index = Index(dex)
    named = [f"PackageInfo.{name}" for owner, name in OWN_SIGNER if _names_field(dex, owner.encode(), name.encode())]
    if named:
        yield f"its code reads {' and '.join(named)}: where it checks its own signer, that fails under another key"
    for prefix, name in ATTESTATION:
        if index.defined(prefix.encode()):
            yield f"it uses {name}, which tells that it is not as the store has it"


def _names_field(dex: Dex, owner: bytes, name: bytes) -> bool:
    kind, text = dex.find_type(owner), dex.find_string(name)
    count, offset = dex.fields
    rows = struct.iter_unpack("<HHI", memoryview(dex.data)[offset : offset + FIELD_ID * count])
    return kind is not None and text is not None and any(of == kind and named == text for of, _, named in rows)


def remarks_of_libraries(archive: Archive) -> Iterator[str]:
    """A sentence about libraries that a phone with pages of 16 KiB may not load."""
    small = [name for name in archive.entries if LIBRARY.fullmatch(name) and name.split("/")[1] in PAGED]
    small = [name for name in small if not _is_paged(archive.head(archive.entries[name], HEAD))]
    if small:
        more = f" and {len(small) - SHOWN} more" if len(small) > SHOWN else ""
        yield f"phones with pages of 16 KiB may not load {', '.join(small[:SHOWN])}{more}, aligned to less when linked"


def _is_paged(start: bytes) -> bool:
    """True unless a segment says that it is aligned to less; what cannot be read is not complained of."""
    if start[:4] != r.MAGIC or len(start) < HEAD // 8 or start[4] not in r.FORMS:
        return True
    form = r.FORMS[start[4]]
    fields = form.ehdr.unpack_from(start, 16)
    at, count = fields[4], fields[9]
    places = range(at, min(at + count * form.phdr.size, len(start) - form.phdr.size + 1), form.phdr.size)
    return all(one.align >= PAGE for one in _loads(form, start, places))


def _loads(form: r.Form, start: bytes, places: Iterable[int]) -> Iterator[Program]:
    found = (Program.unpack(form, start, at) for at in places)
    return (one for one in found if one.kind == r.PT_LOAD)
