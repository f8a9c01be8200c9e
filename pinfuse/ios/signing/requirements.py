"""The designated requirement: who may replace a signed app (Apple: ``libsecurity_codesigning``, ``requirement.h``)."""

from __future__ import annotations

import struct
from enum import IntEnum

from pinfuse.ios.signing.blobs import HEADER, INDEX, Magic, blob

EXPRESSION, DESIGNATED = 1, 3
"""Form of a requirement; kSecDesignatedRequirementType."""
LEAF, INTERMEDIATE = 0, 1
COMMON_NAME = b"subject.CN"
WWDR = bytes.fromhex("2a864886f763640602" "01")
"""1.2.840.113635.100.6.2.1: an intermediate authority of Apple for developers."""


class Operation(IntEnum):
    """Operations of the expression, as far as they are used here."""

    IDENTIFIER = 2
    AND = 6
    CERTIFICATE_FIELD = 11
    CERTIFICATE_EXTENSION = 14
    APPLE_GENERIC_ANCHOR = 15


class Match(IntEnum):
    """How a field is compared."""

    EXISTS = 0
    EQUAL = 1


def designated(identifier: str, common_name: str) -> bytes:
    """The requirements that codesign writes for a developer's signature.

    ``identifier "…" and anchor apple generic and certificate leaf[subject.CN] = "…" and certificate
    1[field.1.2.840.113635.100.6.2.1] exists``.
    """
    expression = b"".join(
        (
            _words(EXPRESSION, Operation.AND, Operation.IDENTIFIER), _data(identifier.encode()),
            _words(Operation.AND, Operation.APPLE_GENERIC_ANCHOR),
            _words(Operation.AND, Operation.CERTIFICATE_FIELD, LEAF), _data(COMMON_NAME),
            _words(Match.EQUAL), _data(common_name.encode()),
            _words(Operation.CERTIFICATE_EXTENSION, INTERMEDIATE), _data(WWDR), _words(Match.EXISTS),
        )
    )  # fmt: skip
    first = HEADER.size + 4 + INDEX.size
    return blob(Magic.REQUIREMENTS, _words(1, DESIGNATED, first) + blob(Magic.REQUIREMENT, expression))


def none() -> bytes:
    """No requirement at all, as in an ad hoc signature."""
    return blob(Magic.REQUIREMENTS, _words(0))


def _words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _data(raw: bytes) -> bytes:
    return _words(len(raw)) + raw.ljust(-(-len(raw) // 4) * 4, b"\0")
