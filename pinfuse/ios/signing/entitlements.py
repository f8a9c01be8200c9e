"""Entitlements as a signature holds them: the property list, and the same in DER, which iOS 15 and later read
(Apple: ``libCoreEntitlements``).
"""

from __future__ import annotations

import plistlib
from collections.abc import Mapping
from typing import Any

from pinfuse.errors import SigningError
from pinfuse.ios.signing.blobs import Magic, blob
from pinfuse.signing.der import BOOLEAN, SEQUENCE, UTF8, der, integer

WHOLE, DICTIONARY = 0x70, 0xB0
"""[APPLICATION 16] around all, [16] for a dictionary: its entries are sequences of key and value."""
VERSION = 1


def as_xml(entitlements: Mapping[str, Any]) -> bytes:
    """The blob with the property list; raises `SigningError` for a value that no such list holds."""
    try:
        return blob(Magic.ENTITLEMENTS, plistlib.dumps(dict(entitlements)))
    except (ValueError, TypeError, OverflowError) as error:
        what, todo = f"a value cannot be written: {error}", "use numbers of 64 bits and texts that can be read"
        raise SigningError(what, where="entitlements", todo=todo) from error


def as_der(entitlements: Mapping[str, Any]) -> bytes:
    """The blob in DER; raises `SigningError` for a value that entitlements do not have."""
    return blob(Magic.ENTITLEMENTS_DER, der(WHOLE, integer(VERSION) + _value(dict(entitlements), "entitlements")))


def _value(value: Any, where: str) -> bytes:
    match value:
        case bool():
            return der(BOOLEAN, b"\xff" if value else b"\0")
        case int():
            return integer(value)
        case str():
            return der(UTF8, value.encode())
        case list():
            return der(SEQUENCE, b"".join(_value(one, where) for one in value))
        case dict():
            entries = (der(SEQUENCE, der(UTF8, key.encode()) + _value(value[key], key)) for key in _sorted(value))
            return der(DICTIONARY, b"".join(entries))
        case _:
            raise SigningError(
                f"a value of the type {type(value).__name__} is no entitlement",
                where=where,
                todo="use texts, numbers, true, false, lists and dictionaries",
            )


def _sorted(value: Mapping[str, Any]) -> list[str]:
    return sorted(value, key=str.encode)
