"""Values and lists of an XMP packet: read in either RDF form, and the edits that change them."""

from __future__ import annotations

from xml.sax.saxutils import escape

from aesmap.images.metadata.xmp.document import (
    RDF,
    Attribute,
    Document,
    Edit,
    Element,
    Name,
    Property,
    XmpError,
)

_LISTS = {Name(RDF, "Bag"), Name(RDF, "Seq"), Name(RDF, "Alt")}
_ITEM = Name(RDF, "li")


def xml_text(text: str) -> bytes:
    """Text as XML content or as a double-quoted value, in ASCII: any encoding can hold that."""
    return escape(text, {'"': "&quot;"}).encode("ascii", "xmlcharrefreplace")


def value_of(document: Document, found: Property | None) -> str | None:
    """The text of a simple property, stripped; ``None`` if it is missing or not simple."""
    if found is None:
        return None
    form = found.form
    if isinstance(form, Attribute):
        return form.value.strip()
    # A qualifier, a URI or a structure is told by attributes or elements inside.
    if form.attributes or b"<" in document.body[form.tag_end : form.inner_end]:
        return None
    return form.text.strip()


def set_value(document: Document, found: Property, text: str) -> Edit:
    """The edit that gives a simple property this value, in the form that it has."""
    if value_of(document, found) is None:
        raise XmpError(f"states {found.name.local} in a form that is not edited here")
    form, new = found.form, xml_text(text)
    if isinstance(form, Attribute):
        # A value in single quotes may not hold one.
        return Edit(form.value_start, form.value_end, new.replace(b"'", b"&apos;"))
    if form.empty_tag:
        return opened(document, form, new)
    return Edit(form.tag_end, form.inner_end, new)


def opened(document: Document, element: Element, content: bytes) -> Edit:
    """The edit that turns ``<a/>`` into ``<a>content</a>``."""
    name = element.name.local if not element.prefix else f"{element.prefix}:{element.name.local}"
    slash = document.body.rindex(b"/", element.start, element.tag_end)
    return Edit(slash, element.tag_end, b">" + content + b"</" + name.encode() + b">")


def removal(document: Document, part: Attribute | Element) -> Edit:
    """The edit that takes a part out, with the white space before it."""
    return Edit(part.start - len(document.space_before(part.start)), part.end, b"")


def list_of(found: Property | None) -> Element | None:
    """The ``rdf:Bag``, ``rdf:Seq`` or ``rdf:Alt`` of a property that is a list."""
    if found is None or isinstance(found.form, Attribute):
        return None
    lists = [child for child in found.form.children if child.name in _LISTS]
    return lists[0] if len(lists) == 1 == len(found.form.children) else None


def items_of(container: Element | None) -> list[Element]:
    """The items of a list; their ``text`` is stripped by nobody yet."""
    return [] if container is None else [e for e in container.children if e.name == _ITEM]


def append_items(document: Document, found: Property, texts: tuple[str, ...]) -> Edit:
    """The edit that adds items at the end of a list, laid out as its last one is."""
    form, container = found.form, list_of(found)
    if container is None:
        blank = (
            not isinstance(form, Attribute)
            and not document.body[form.tag_end : form.inner_end].strip()
        )
        if isinstance(form, Attribute) or not blank:
            raise XmpError(f"states {found.name.local}, but not as a list")
        content = bag(texts, declare=True)
        if form.empty_tag:
            return opened(document, form, content)
        return Edit(form.inner_end, form.inner_end, content)
    prefix = container.prefix or "rdf"
    declare = not container.prefix
    items = items_of(container)
    space = document.space_before(items[-1].start) if items else b""
    new = b"".join(space + item for item in _items(texts, prefix, declare))
    if container.empty_tag:
        return opened(document, container, new)
    position = items[-1].end if items else container.tag_end
    return Edit(position, position, new)


def bag(texts: tuple[str, ...], *, declare: bool = False) -> bytes:
    """An ``rdf:Bag`` of these texts; ``declare`` where the prefix may mean something else."""
    declaration = f' xmlns:rdf="{RDF}"'.encode() if declare else b""
    return b"<rdf:Bag" + declaration + b">" + b"".join(_items(texts, "rdf")) + b"</rdf:Bag>"


def _items(texts: tuple[str, ...], prefix: str, declare: bool = False) -> list[bytes]:
    name = f"{prefix}:li".encode()
    declaration = f' xmlns:{prefix}="{RDF}"'.encode() if declare else b""
    return [b"<" + name + declaration + b">" + xml_text(t) + b"</" + name + b">" for t in texts]
