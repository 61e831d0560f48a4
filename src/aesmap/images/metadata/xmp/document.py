"""XMP packets as text that is edited in place, piece by piece.

A sidecar belongs to the programs and people that wrote it: their comments, line endings, order,
padding and encoding are no business of ours. So a packet is never written anew from a parsed tree.
Expat parses it and says where each part stands; edits replace those parts and leave every other
byte alone. Layout by the XMP specification, part 1 (ISO 16684-1:2019).

Positions are bytes of the packet in UTF-8 without a byte order mark, whatever its own encoding.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
META = "adobe:ns:meta/"

_SEPARATOR = "\x1f"  # may stand nowhere in XML, and so in no namespace either
_TRACKED_DEPTH = 5
"""How far below ``rdf:RDF`` elements are told apart: description, property, list, item, value."""

_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_TAG_NAME = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE = re.compile(rb"""\s([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_DECLARED = re.compile(rb"""\A<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
_EIGHT_BIT = {"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"}


class XmpError(ValueError):
    """A packet that cannot be edited safely; the message says why and names no file."""


class Name(NamedTuple):
    """The name of an element or attribute: namespace and local part."""

    namespace: str
    local: str


class Edit(NamedTuple):
    """Put ``new`` in place of the bytes from ``start`` to ``end``."""

    start: int
    end: int
    new: bytes


@dataclass(frozen=True)
class Attribute:
    """``name="value"`` of a start tag, from ``start`` to ``end``; the value without its quotes."""

    name: Name
    value: str
    start: int
    value_start: int
    end: int

    @property
    def value_end(self) -> int:
        """Where the closing quote stands."""
        return self.end - 1


@dataclass
class Element:
    """An element: its tag up to ``tag_end``, its content up to ``inner_end``, all up to ``end``.

    ``text`` is what stands directly in it. For ``<a/>`` the last three positions are the same.
    """

    name: Name
    prefix: str
    start: int
    tag_end: int
    attributes: tuple[Attribute, ...]
    inner_end: int = -1
    end: int = -1
    children: list[Element] = field(default_factory=list)
    text: str = ""

    @property
    def empty_tag(self) -> bool:
        """Whether it is written ``<a/>``."""
        return self.tag_end == self.end


@dataclass(frozen=True)
class Property:
    """A top-level property of a packet, in either of the forms that RDF allows."""

    description: Element
    form: Attribute | Element

    @property
    def name(self) -> Name:
        """The property's name."""
        return self.form.name


class Document:
    """One parsed packet.

    ``body`` is its text as UTF-8, ``rdf`` the one ``rdf:RDF`` element in it. Raises
    :class:`XmpError` for anything that is not well-formed XMP, holds a document type (no XMP has
    one, and that is where entity bombs are made), or would not survive a round trip.
    """

    def __init__(self, data: bytes) -> None:
        self._mark, self._codec = _encoding_of(data)
        try:
            text = data[len(self._mark) :].decode(self._codec)
        except UnicodeDecodeError:
            raise XmpError(f"is not the {self._codec} text that it says it is") from None
        self.body = text.encode()
        if self.to_bytes(self.body) != data:
            raise XmpError(f"its {self._codec} text would not survive being written again")
        self.rdf = _parse(self.body)

    def to_bytes(self, body: bytes) -> bytes:
        """Another body in this packet's encoding, with its byte order mark if it has one."""
        return self._mark + body.decode().encode(self._codec)

    def edited(self, edits: Iterable[Edit]) -> Document:
        """The packet after these edits, which may come in any order but not overlap."""
        return Document(self.to_bytes(spliced(self.body, edits)))

    @property
    def descriptions(self) -> list[Element]:
        """The ``rdf:Description`` elements that hold the properties."""
        return [e for e in self.rdf.children if e.name == Name(RDF, "Description")]

    @property
    def newline(self) -> bytes:
        """The line ending that this packet uses."""
        return b"\r\n" if b"\r\n" in self.body else b"\n"

    def properties(self, namespace: str | None = None) -> Iterator[Property]:
        """The properties in this namespace, or all of them, in the order of the text."""
        for description in self.descriptions:
            forms: list[Attribute | Element] = [*description.attributes, *description.children]
            for form in forms:
                if namespace in (None, form.name.namespace):
                    yield Property(description, form)

    def find(self, namespace: str, local: str) -> Property | None:
        """The property of this name. Raises :class:`XmpError` if it is stated twice."""
        found = [p for p in self.properties(namespace) if p.name.local == local]
        if len(found) > 1:
            raise XmpError(f"states {local} more than once")
        return found[0] if found else None

    def space_before(self, position: int) -> bytes:
        """The white space that ends at ``position``."""
        start = position
        while start and self.body[start - 1] in b" \t\r\n":
            start -= 1
        return self.body[start:position]


def spliced(body: bytes, edits: Iterable[Edit]) -> bytes:
    """``body`` after ``edits``, whose positions are those before any of them."""
    pieces, position = [], 0
    for start, end, new in sorted(edits):
        if not position <= start <= end <= len(body):
            raise XmpError("has edits that overlap")
        pieces += [body[position:start], new]
        position = end
    return b"".join((*pieces, body[position:]))


def _encoding_of(data: bytes) -> tuple[bytes, str]:
    """The byte order mark, and the name of the codec of what follows it."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return mark, codec
    if data.startswith(b"<\0"):
        return b"", "utf-16-le"
    if data.startswith(b"\0<"):
        return b"", "utf-16-be"
    declared = _DECLARED.match(data[:256])
    name = declared.group(1).decode() if declared else "utf-8"
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = name
    if codec not in _EIGHT_BIT:
        raise XmpError(f"is in the encoding {name}, which is not read here")
    return b"", codec


def _parse(body: bytes) -> Element:
    """The ``rdf:RDF`` element of a well-formed packet."""
    if not body.strip():
        raise XmpError("is empty")
    builder = _TreeBuilder(body)
    try:
        builder.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise XmpError(f"is not well-formed XML ({error})") from None
    if len(builder.found) != 1:
        raise XmpError(f"holds {len(builder.found) or 'no'} rdf:RDF elements, where XMP has one")
    return builder.found[0]


class _TreeBuilder:
    """Collects the upper levels of ``rdf:RDF`` while expat reads; what lies deeper only passes."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.found: list[Element] = []
        self._open: list[Element | None] = []
        self._outside: list[Name] = []
        # Decoded already: what an XML declaration says of the encoding is no longer true.
        parser: Any = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        self.parser = parser

    def _doctype(self, *_: object) -> NoReturn:
        raise XmpError("holds a document type, which no XMP has")

    def _start(self, name: str, attributes: list[str]) -> None:
        if self._open:
            deep = len(self._open) > _TRACKED_DEPTH or self._open[-1] is None
            self._open.append(None if deep else self._element(name, attributes))
            if not deep and (parent := self._open[-2]) is not None:
                parent.children.append(self._open[-1])  # type: ignore[arg-type]
            return
        # As the root, or in the x:xmpmeta that is; older writers called that x:xapmeta.
        if _name(name) == Name(RDF, "RDF") and all(o.namespace == META for o in self._outside):
            self._open.append(self._element(name, attributes))
            self.found.append(self._open[0])  # type: ignore[arg-type]
        else:
            self._outside.append(_name(name))

    def _end(self, _: str) -> None:
        if not self._open:
            self._outside.pop()
            return
        element = self._open.pop()
        if element is None:
            return
        if self.body[element.tag_end - 2 : element.tag_end] == b"/>":
            element.inner_end = element.end = element.tag_end
        else:
            element.inner_end = self.parser.CurrentByteIndex
            element.end = self.body.index(b">", element.inner_end) + 1

    def _characters(self, text: str) -> None:
        if self._open and self._open[-1] is not None:
            self._open[-1].text += text

    def _element(self, name: str, values: list[str]) -> Element:
        start = self.parser.CurrentByteIndex
        tag = _TAG.match(self.body, start)
        qualified = _TAG_NAME.match(self.body, start)
        if tag is None or qualified is None:
            raise XmpError("has a tag that is not understood")
        standing = [
            found
            for found in _ATTRIBUTE.finditer(self.body, start, tag.end())
            if found.group(1) != b"xmlns" and not found.group(1).startswith(b"xmlns:")
        ]
        attributes = tuple(
            Attribute(_name(key), value, found.start(1), found.start(2) + 1, found.end(2))
            for key, value, found in zip(values[::2], values[1::2], standing, strict=True)
        )
        prefix = qualified.group(1).decode().rpartition(":")[0]
        return Element(_name(name), prefix, start, tag.end(), attributes)


def _name(expanded: str) -> Name:
    namespace, _, local = expanded.rpartition(_SEPARATOR)
    return Name(namespace, local)
