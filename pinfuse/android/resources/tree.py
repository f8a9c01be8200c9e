"""Compiled XML without attributes of the Android namespace, as a tree that can grow: what config files are made of."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pinfuse.android.resources import chunks as c
from pinfuse.android.resources.axml import (
    ELEMENT,
    NODE,
    TRUE,
    TYPE_BOOLEAN,
    TYPE_INT,
    TYPE_INT_HEX,
    TYPE_STRING,
    Attribute,
    Document,
    Element,
    Node,
)
from pinfuse.android.resources.chunks import NONE, Place
from pinfuse.android.resources.pool import UTF8, StringPool

TEXT = struct.Struct("<IHBBI")
"""Raw text, then ``Res_value``: size, 0, type, data."""
NUMBERS = (TYPE_BOOLEAN, TYPE_INT, TYPE_INT_HEX)


@dataclass(slots=True, eq=False)
class Branch:
    """An element with all that is in it."""

    start: Element
    end: Node
    children: list[Branch | Node] = field(default_factory=list)

    @property
    def branches(self) -> list[Branch]:
        """The elements right inside."""
        return [one for one in self.children if isinstance(one, Branch)]


class Tree:
    """One document, whose elements may be moved, made and taken away."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._texts: dict[int, str | None] = {}
        self._indices: dict[str, int] = {}
        self._around: tuple[list[Node], list[Node]] = ([], [])
        root: Branch | None = None
        open_: list[Branch] = []
        for node in document.nodes:
            if isinstance(node, Element):
                branch = Branch(node, Node(0, bytearray(), 0))
                if open_:
                    open_[-1].children.append(branch)
                root = root or branch
                open_.append(branch)
            elif node.kind == c.XML_ELEMENT_END:
                open_.pop().end = node
            elif open_:
                open_[-1].children.append(node)
            else:
                self._around[root is not None].append(node)
        assert root is not None
        self.root = root

    def name(self, branch: Branch) -> str:
        """The element's name."""
        return self._text(branch.start.name) or ""

    def _text(self, index: int) -> str | None:
        """A string of the pool, trimmed; it is read once, however many elements share it."""
        if index not in self._texts:
            found = self.document.pool.text(index)
            self._texts[index] = None if found is None else found.strip()
        return self._texts[index]

    def inside(self, branch: Branch, name: str) -> list[Branch]:
        """The elements of that name right inside."""
        return [one for one in branch.branches if self.name(one) == name]

    def text(self, branch: Branch) -> str | None:
        """The text with which an element begins, trimmed; None where it begins with none."""
        first = branch.children[0] if branch.children else None
        if not isinstance(first, Node) or first.kind != c.XML_TEXT:
            return None
        raw, _, _, kind, data = TEXT.unpack_from(first.data, first.header_size)
        return self._text(data if kind == TYPE_STRING else raw)

    def value(self, branch: Branch, name: str) -> str | None:
        """A text attribute; None where it is absent or no text."""
        return self.document.string_of(self.document.find(branch.start, name))

    def flag(self, branch: Branch, name: str) -> bool:
        """A boolean attribute, false where it is absent; a text is no boolean, as the system has it."""
        found = self.document.find(branch.start, name)
        return found is not None and found.type in NUMBERS and found.data != 0

    def make(
        self, name: str, attributes: Mapping[str, str | bool], inside: str | Sequence[Branch | Node] = ()
    ) -> Branch:
        """A new element with a text or with others in it; it stands nowhere yet."""
        tag = self._plain(name)
        element = Element(0, NONE, NONE, tag, [], [None, None, None])
        for key, value in attributes.items():
            raw = self._plain(str(value).lower() if isinstance(value, bool) else value)
            kind, data = (TYPE_BOOLEAN, TRUE if value else 0) if isinstance(value, bool) else (TYPE_STRING, raw)
            element.attributes.append(Attribute(NONE, self._plain(key), raw, kind, data))
        end = _node(c.XML_ELEMENT_END, struct.pack("<II", NONE, tag))
        if isinstance(inside, str):
            at = self._plain(inside)
            inside = [_node(c.XML_TEXT, TEXT.pack(at, 8, 0, TYPE_STRING, at))]
        return Branch(element, end, list(inside))

    def _plain(self, text: str) -> int:
        """A string that stands behind those of the resource map, where a name would have an id."""
        pool = self.document.pool
        if not self._indices:
            for index in reversed(range(len(self.document.ids), len(pool))):
                self._indices[pool.text(index) or ""] = index
        if text not in self._indices:
            self._indices[text] = len(pool)
            pool.insert(len(pool), text)
        return self._indices[text]

    def pack(self) -> bytes:
        """The whole file."""
        self.document.nodes = [*self._around[0], *_flat(self.root), *self._around[1]]
        return self.document.pack()


def new_document(root: str, place: Place) -> Document:
    """A document of one element."""
    pool = StringPool([], UTF8)
    pool.insert(0, root)
    start = _node(c.XML_ELEMENT, ELEMENT.pack(NONE, 0, ELEMENT.size, 20, 0, 0, 0, 0))
    end = _node(c.XML_ELEMENT_END, struct.pack("<II", NONE, 0))
    body = pool.pack() + bytes(start.data) + bytes(end.data)
    return Document(c.HEADER.pack(c.XML, c.HEADER.size, c.HEADER.size + len(body)) + body, place)


def _node(kind: int, body: bytes) -> Node:
    return Node(kind, bytearray(NODE.pack(kind, NODE.size, NODE.size + len(body), 0, NONE) + body), NODE.size)


def _flat(branch: Branch) -> list[Element | Node]:
    out: list[Element | Node] = [branch.start]
    for child in branch.children:
        out += _flat(child) if isinstance(child, Branch) else [child]
    return [*out, branch.end]
