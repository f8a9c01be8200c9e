"""Compiled XML (``ResXMLTree_*`` of AOSP ResourceTypes.h): read, change attributes, add elements, write back.

Untouched nodes keep their bytes, but for string indices that move when a string is put before them: names of
attributes with a resource id stand at the beginning of the pool, in the order of the resource map.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.android.resources import chunks as c
from pinfuse.android.resources.chunks import NONE, Chunk, Place
from pinfuse.android.resources.pool import StringPool

ANDROID = "http://schemas.android.com/apk/res/android"
NODE = struct.Struct("<HHIII")
"""Chunk header, line number, comment."""
ELEMENT = struct.Struct("<IIHHHHHH")
"""Namespace, name, offset, size and count of the attributes, 1-based indices of id, class and style."""
ATTRIBUTE = struct.Struct("<IIIHBBI")
"""Namespace, name, raw value, then ``Res_value``: size, 0, type, data."""
TYPE_NULL, TYPE_REFERENCE, TYPE_STRING, TYPE_INT, TYPE_INT_HEX, TYPE_BOOLEAN = 0x00, 0x01, 0x03, 0x10, 0x11, 0x12
TRUE = 0xFFFF_FFFF
NODES = range(c.XML_NAMESPACE_START, 0x0180)
PLAIN_REFERENCES = {c.XML_NAMESPACE_START: 2, c.XML_NAMESPACE_END: 2, c.XML_ELEMENT_END: 2, c.XML_TEXT: 1}
"""Node type → how many string references its body begins with."""
DEEPEST, MOST_ATTRIBUTES = 200, 0x7FFF


@dataclass(slots=True)
class Attribute:
    """One attribute: string references, and a typed value whose data is a string reference for ``TYPE_STRING``."""

    namespace: int
    name: int
    raw: int
    type: int
    data: int


@dataclass(slots=True)
class Element:
    """The start of an element. ``special`` are the attributes that hold id, class and style, or None each."""

    line: int
    comment: int
    namespace: int
    name: int
    attributes: list[Attribute]
    special: list[Attribute | None]


@dataclass(slots=True)
class Node:
    """Any other node or chunk, as its bytes."""

    kind: int
    data: bytearray
    header_size: int


class Document:
    """One compiled XML file, to be read and changed; ``place`` names it in errors."""

    def __init__(self, data: bytes, place: Place) -> None:
        self.place = place
        whole = c.outer(data, c.XML, place)
        self.nodes: list[Element | Node] = []
        self.ids: list[int] = []
        pool: StringPool | None = None
        for chunk in c.chunks(data, whole.header_size, len(whole.data), place):
            if chunk.kind == c.STRING_POOL and pool is None:
                pool = StringPool.read(chunk, place)
            elif pool is None:
                raise place.bad("the string pool does not come first", chunk.offset)
            elif chunk.kind == c.XML_RESOURCE_MAP and not self.ids:
                count = len(chunk.body) // 4
                self.ids = list(struct.unpack_from(f"<{count}I", chunk.body))
            else:
                self.nodes.append(self._node(chunk))
        if pool is None:
            raise place.bad("there is no string pool")
        if len(self.ids) > len(pool):
            raise place.bad(f"the resource map has {len(self.ids)} entries for {len(pool)} strings")
        self.pool = pool
        self._check_nesting()

    def _node(self, chunk: Chunk) -> Element | Node:
        if chunk.kind in NODES and chunk.header_size < NODE.size:
            raise self.place.bad("the header of a node is too small", chunk.offset)
        if chunk.kind == c.XML_ELEMENT:
            return self._element(chunk)
        need = 4 * PLAIN_REFERENCES.get(chunk.kind, 0) + (8 if chunk.kind == c.XML_TEXT else 0)
        if len(chunk.body) < need:
            raise self.place.bad("a node is too small", chunk.offset)
        return Node(chunk.kind, bytearray(chunk.data), chunk.header_size)

    def _element(self, chunk: Chunk) -> Element:
        body = chunk.body
        if len(body) < ELEMENT.size:
            raise self.place.bad("an element is too small", chunk.offset)
        namespace, name, start, step, count, *special = ELEMENT.unpack_from(body)
        if count and (step < ATTRIBUTE.size or start + step * count > len(body)):
            raise self.place.bad(f"the {count} attributes of an element lie outside of it", chunk.offset)
        if count > MOST_ATTRIBUTES:
            raise self.place.bad(f"an element has {count} attributes", chunk.offset)
        attributes = []
        for number in range(count):
            spaces, title, raw, _, _, kind, value = ATTRIBUTE.unpack_from(body, start + step * number)
            attributes.append(Attribute(spaces, title, raw, kind, value))
        _, _, _, line, comment = NODE.unpack_from(chunk.data)
        marked = [attributes[one - 1] if 0 < one <= count else None for one in special]
        return Element(line, comment, namespace, name, attributes, marked)

    def _check_nesting(self) -> None:
        depth = 0
        for node in self.nodes:
            if isinstance(node, Element):
                depth += 1
                if self.pool.text(node.name) is None:
                    raise self.place.bad(f"an element has the name {node.name:#x}, which is no string")
                for one in node.attributes:
                    if self.pool.text(one.name) is None or (
                        one.type == TYPE_STRING and one.data != NONE and self.pool.text(one.data) is None
                    ):
                        raise self.place.bad(f"an attribute of <{self.pool.text(node.name)}> refers to no string")
            elif node.kind == c.XML_ELEMENT_END:
                depth -= 1
            if not 0 <= depth <= DEEPEST:
                raise self.place.bad("its elements are not nested as XML is")
        if depth or not any(isinstance(node, Element) for node in self.nodes):
            raise self.place.bad("its elements have no end" if depth else "there is no element in it")

    def walk(self) -> Iterator[tuple[int, tuple[str, ...], Element]]:
        """Index in ``nodes``, names from the root to the element, and the element, in the order of the file."""
        names: list[str] = []
        for index, node in enumerate(self.nodes):
            if isinstance(node, Element):
                names.append(self.pool.text(node.name) or "")
                yield index, tuple(names), node
            elif node.kind == c.XML_ELEMENT_END:
                names.pop()

    def resource_id(self, attribute: Attribute) -> int:
        """The resource id of an attribute's name; 0 when it has none."""
        return self.ids[attribute.name] if attribute.name < len(self.ids) else 0

    def find(self, element: Element, name: int | str) -> Attribute | None:
        """The attribute with this resource id, or with this name and neither id nor namespace."""
        for one in element.attributes:
            if isinstance(name, int):
                if self.resource_id(one) == name:
                    return one
            elif self.pool.text(one.name) == name and one.namespace == NONE:
                return one
        return None

    def string_of(self, attribute: Attribute | None) -> str | None:
        """The text of a string attribute; None for any other."""
        if attribute is None or attribute.type != TYPE_STRING:
            return None
        return self.pool.text(attribute.data)

    def string(self, text: str) -> int:
        """The index of a string, put at the end of the pool when it is not there."""
        found = self.pool.index(text)
        if found is None:
            found = len(self.pool)
            self.pool.insert(found, text)
        return found

    def attribute_name(self, resource_id: int, text: str) -> int:
        """The index of an attribute's name; a new one ends the resource map, and the strings behind it move up."""
        if resource_id in self.ids:
            return self.ids.index(resource_id)
        at = len(self.ids)
        self.pool.insert(at, text)
        self.ids.append(resource_id)
        for node in self.nodes:
            _move_up(node, at)
        return at

    def set(self, element: Element, resource_id: int, text: str, kind: int, value: int | str) -> None:
        """Set an attribute of the Android namespace; attributes stay sorted by resource id, as the system needs it."""
        name = self.attribute_name(resource_id, text)
        namespace = self.string(ANDROID)
        raw, data = (NONE, value) if isinstance(value, int) else (self.string(value), self.string(value))
        found = self.find(element, resource_id)
        if found:
            found.namespace, found.raw, found.type, found.data = namespace, raw, kind, data
            return
        ids = [self.resource_id(one) or NONE for one in element.attributes]
        place = next((i for i, one in enumerate(ids) if one > resource_id), len(ids))
        element.attributes.insert(place, Attribute(namespace, name, raw, kind, data))

    def add_element(self, before: int, name: str) -> Element:
        """A new element without attributes, start and end, in front of the node with index ``before``."""
        tag = self.string(name)
        element = Element(0, NONE, NONE, tag, [], [None, None, None])
        head = NODE.pack(c.XML_ELEMENT_END, NODE.size, NODE.size + 8, 0, NONE)
        end = Node(c.XML_ELEMENT_END, bytearray(head + struct.pack("<II", NONE, tag)), NODE.size)
        self.nodes[before:before] = [element, end]
        return element

    def end_of(self, start: int) -> int:
        """Index of the node that ends the element that starts at ``start``."""
        depth = 0
        for index in range(start, len(self.nodes)):
            node = self.nodes[index]
            depth += isinstance(node, Element)
            depth -= isinstance(node, Node) and node.kind == c.XML_ELEMENT_END
            if not depth:
                return index
        raise self.place.bad("an element has no end")

    def pack(self) -> bytes:
        """The whole file."""
        parts = [self.pool.pack()]
        if self.ids:
            head = c.HEADER.pack(c.XML_RESOURCE_MAP, c.HEADER.size, c.HEADER.size + 4 * len(self.ids))
            parts.append(head + struct.pack(f"<{len(self.ids)}I", *self.ids))
        parts += [_pack_element(node) if isinstance(node, Element) else bytes(node.data) for node in self.nodes]
        body = b"".join(parts)
        return c.HEADER.pack(c.XML, c.HEADER.size, c.HEADER.size + len(body)) + body


def _pack_element(element: Element) -> bytes:
    special = [element.attributes.index(one) + 1 if one else 0 for one in element.special]
    body = ELEMENT.pack(
        element.namespace, element.name, ELEMENT.size, ATTRIBUTE.size, len(element.attributes), *special
    )
    for one in element.attributes:
        body += ATTRIBUTE.pack(one.namespace, one.name, one.raw, 8, 0, one.type, one.data)
    return NODE.pack(c.XML_ELEMENT, NODE.size, NODE.size + len(body), element.line, element.comment) + body


def _move_up(node: Element | Node, at: int) -> None:
    """Add one to every string reference of a node from ``at`` on."""

    def moved(reference: int) -> int:
        return reference + 1 if at <= reference < NONE else reference

    if isinstance(node, Element):
        node.comment, node.namespace, node.name = moved(node.comment), moved(node.namespace), moved(node.name)
        for one in node.attributes:
            one.namespace, one.name, one.raw = moved(one.namespace), moved(one.name), moved(one.raw)
            if one.type == TYPE_STRING:
                one.data = moved(one.data)
        return
    if node.kind not in NODES:
        return
    places = [12, *(node.header_size + 4 * i for i in range(PLAIN_REFERENCES.get(node.kind, 0)))]
    if node.kind == c.XML_TEXT and node.data[node.header_size + 7] == TYPE_STRING:
        places.append(node.header_size + 8)
    for place in places:
        struct.pack_into("<I", node.data, place, moved(struct.unpack_from("<I", node.data, place)[0]))
