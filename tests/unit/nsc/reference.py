"""What Android makes of a network security config, written anew from AOSP's parser and its choice of a domain."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from xml.etree import ElementTree

from pinfuse.android.resources import chunks as c
from pinfuse.android.resources.axml import TYPE_BOOLEAN, TYPE_STRING, Document, Element
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.tree import Branch, Tree, new_document


class Broken(Exception):
    """The system refuses the config, and with it all TLS of the app."""


@dataclass(frozen=True)
class Settings:
    """What holds for a host."""

    cleartext: bool | None
    anchors: tuple[str, ...] | None
    pins: frozenset[str] = frozenset()
    until: str | None = None


@dataclass
class Phone:
    """A parsed config."""

    base: Settings
    domains: dict[tuple[str, bool], Settings] = field(default_factory=dict)

    def of(self, host: str) -> Settings:
        """``ApplicationConfig.getConfigForHostname``."""
        best = None
        for name, below in self.domains:
            if name == host:
                return self.domains[name, below]
            if below and host.endswith("." + name) and (best is None or len(name) > len(best[0])):
                best = (name, below)
        return self.domains[best] if best else self.base


def to_xml(data: bytes) -> ElementTree.Element:
    """Compiled XML as a plain tree, read node by node."""
    document = Document(data, Place("config.xml"))
    stack: list[ElementTree.Element] = []
    root: ElementTree.Element | None = None
    for node in document.nodes:
        if isinstance(node, Element):
            values = {}
            for one in node.attributes:
                value = document.pool.text(one.data) if one.type == TYPE_STRING else ("false", "true")[bool(one.data)]
                assert one.type in (TYPE_STRING, TYPE_BOOLEAN)
                values[document.pool.text(one.name) or ""] = value or ""
            made = ElementTree.Element(document.pool.text(node.name) or "", values)
            if stack:
                stack[-1].append(made)
            root = made if root is None else root
            stack.append(made)
        elif node.kind == c.XML_ELEMENT_END:
            stack.pop()
        elif node.kind == c.XML_TEXT:
            (at,) = struct.unpack_from("<I", node.data, node.header_size)
            stack[-1].text = document.pool.text(at)
    assert root is not None
    return root


def to_binary(root: ElementTree.Element) -> bytes:
    """The other way, with values typed as aapt does."""
    tree = Tree(new_document(root.tag, Place("config.xml")))

    def grow(one: ElementTree.Element) -> Branch:
        values = {key: value == "true" if value in ("true", "false") else value for key, value in one.attrib.items()}
        return tree.make(one.tag, values, one.text if one.text and not len(one) else [grow(child) for child in one])

    tree.root.children += [grow(child) for child in root]
    return tree.pack()


def parse(root: ElementTree.Element) -> Phone:
    """``XmlConfigSource``."""
    if root.tag != "network-security-config":
        raise Broken(root.tag)
    base = root.find("base-config")
    phone = Phone(_settings(base, Settings(None, None)) if base is not None else Settings(None, None))
    for one in root.findall("domain-config"):
        _config(one, phone, phone.base)
    return phone


def _config(element: ElementTree.Element, phone: Phone, parent: Settings) -> None:
    own = _settings(element, parent)
    names = element.findall("domain")
    if not names:
        raise Broken("no domain")
    for one in names:
        name = (one.text or "").strip().lower()
        if not name or any(name == known for known, _ in phone.domains):
            raise Broken(f"domain {name}")
        phone.domains[name, one.get("includeSubdomains") == "true"] = own
    for inner in element.findall("domain-config"):
        _config(inner, phone, own)


def _settings(element: ElementTree.Element, parent: Settings) -> Settings:
    sets, anchors = element.findall("pin-set"), element.findall("trust-anchors")
    if len(sets) > 1 or len(anchors) > 1:
        raise Broken("twice")
    clear = element.get("cleartextTrafficPermitted")
    pins, until = parent.pins, parent.until
    if sets:
        if any(one.get("digest") != "SHA-256" for one in sets[0].findall("pin")):
            raise Broken("digest")
        pins, until = frozenset(one.text or "" for one in sets[0].findall("pin")), sets[0].get("expiration")
    return Settings(
        parent.cleartext if clear is None else clear == "true",
        tuple(one.get("src", "") for one in anchors[0]) if anchors else parent.anchors,
        pins,
        until,
    )
