"""Pins and trust that an app brings along: OkHttp's CertificatePinner, TrustKit, the network security config."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pinfuse.android.dex.calls import calls
from pinfuse.android.dex.file import Dex
from pinfuse.android.dex.index import Index
from pinfuse.android.manifest import ManifestFile
from pinfuse.android.resources import chunks as c
from pinfuse.android.resources.axml import TYPE_REFERENCE, TYPE_STRING, Document, Element, Node
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.files import paths_of
from pinfuse.android.resources.table import check_table
from pinfuse.android.sights import dotted
from pinfuse.container.reader import Archive
from pinfuse.errors import DamagedApp
from pinfuse.formats import OwnPin

PINNER = b"Lokhttp3/CertificatePinner$Builder;"
TRUSTKIT = b"Lcom/datatheorem/android/trustkit/"
PINS = (b"sha256/", b"sha1/")
KEY_HASHES = {b"sha256/": 51, b"sha1/": 33}
"""Length of the whole string: the prefix and the base64 of the hash."""
CONFIG = b"network-security-config"
CONFIG_ATTRIBUTE = 0x01010527
LARGEST_CONFIG = 1 << 20
TABLE, LARGEST_TABLE = "resources.arsc", 128 << 20
SHOWN_CLASSES = 8


def pins_in_code(dex: Dex) -> Iterator[OwnPin]:
    """What one DEX file says of pins."""
    index = Index(dex)
    callers = dict.fromkeys(dotted(call.caller) for call in calls(dex, PINNER, (b"add",)))
    outside = [name for name in callers if not name.startswith("okhttp3.")]
    if outside:
        yield OwnPin("OkHttp CertificatePinner", dex.name, "made by " + ", ".join(outside[:SHOWN_CLASSES]))
    if found := index.defined(TRUSTKIT):
        yield OwnPin("TrustKit", dex.name, f"{dotted(found)} and others")
    for prefix in PINS:
        for text in index.strings(prefix):
            if len(text) == KEY_HASHES[prefix]:
                yield OwnPin("pin as a string", dex.name, text.decode("ascii", "replace"))


def pins_in_config(archive: Archive, manifest: ManifestFile) -> Iterator[OwnPin]:
    """What the compiled network security configs of the app say; one that cannot be read is said to be so."""
    named = _named(archive, manifest)
    for entry in archive.entries.values():
        if not entry.name.startswith("res/") or not 0 < entry.size <= LARGEST_CONFIG:
            continue
        try:
            data = archive.read(entry.name, LARGEST_CONFIG)
            if struct.unpack_from("<H", data.ljust(2))[0] != c.XML or not _names_config(data):
                continue
            document = Document(data, Place(entry.name))
        except DamagedApp as error:
            if entry.name.endswith("network_security_config.xml"):
                yield OwnPin("network security config", entry.name, f"it cannot be read: {error.what}")
            continue
        if next(path for _, path, _ in document.walk())[0] == CONFIG.decode():
            said = "; ".join(_config(document)) or "no pins, no further trust"
            used = entry.name in named if named is not None else True
            yield OwnPin("network security config", entry.name, said if used else f"not named by the manifest; {said}")


def _named(archive: Archive, manifest: ManifestFile) -> tuple[str, ...] | None:
    """The configs that the manifest names; None where it names one and that cannot be followed."""
    attribute = manifest.document.find(manifest.application, CONFIG_ATTRIBUTE)
    if attribute is None:
        return ()
    if attribute.type != TYPE_REFERENCE or TABLE not in archive.entries:
        return None
    try:
        table = archive.read(TABLE, LARGEST_TABLE)
        check_table(table, Place(TABLE))
        return paths_of(table, attribute.data, Place(TABLE))
    except DamagedApp:
        return None


def _names_config(data: bytes) -> bool:
    return CONFIG in data or CONFIG.decode().encode("utf-16-le") in data


def _config(document: Document) -> Iterator[str]:
    """Sentences about a config, in its order."""
    domains: list[str] = []
    for index, path, element in document.walk():
        if path[-1] == "domain":
            domains.append(_text(document, index))
        elif path[-1] == "pin":
            digest = _attribute(document, element, "digest") or "SHA-256"
            yield f"pin {digest} {_text(document, index)} for {', '.join(domains) or 'all'}"
        elif path[-1] == "pin-set" and (until := _attribute(document, element, "expiration")):
            yield f"its pins end on {until}"
        elif path[-1] == "certificates" and (source := _attribute(document, element, "src")) != "system":
            inside = "debug-overrides" if "debug-overrides" in path else path[-3] if len(path) > 2 else path[0]
            yield f"{inside} trusts {source + ' CAs' if source == 'user' else 'certificates of its own'}"
        elif path[-1] == "debug-overrides":
            yield "it has debug-overrides, which count in a debuggable app only"
        elif path[-1] == "domain-config":
            domains = []


def _attribute(document: Document, element: Element, name: str) -> str | None:
    return document.string_of(document.find(element, name))


def _text(document: Document, index: int) -> str:
    """The text right behind the start of an element."""
    node = document.nodes[index + 1] if index + 1 < len(document.nodes) else None
    if not isinstance(node, Node) or node.kind != c.XML_TEXT:
        return "?"
    at = node.header_size
    text, kind, data = struct.unpack_from("<I3xBI", node.data, at)
    return (document.pool.text(data if kind == TYPE_STRING else text) or "?").strip()
