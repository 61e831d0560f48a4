"""Taking our tags out of an XMP packet again.

The packet holds a digest of itself (with the digest's own digits as zeros). While that fits,
nobody has edited it since, and the journal beside it leads back to the very bytes that were there
before. Once another program has written the packet, the digest no longer fits; then only what is
ours is taken out, and whatever anybody has changed since stays.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from aesmap.images.cropping.kept_metadata import AESMAP_TAGS
from aesmap.images.metadata.xmp.document import (
    DC,
    RDF,
    XMP,
    Attribute,
    Document,
    Edit,
    Element,
    Name,
    Property,
    XmpError,
    spliced,
)
from aesmap.images.metadata.xmp.properties import items_of, list_of, removal, set_value, value_of

BLANK_STATE = "0" * 64
_ABOUT = {Name(RDF, "about"), Name("", "about")}


@dataclass(frozen=True)
class UntaggedPacket:
    """A packet without our tags.

    ``data`` is ``None`` when the packet was made by us and nothing was added since. ``found``
    says whether there was anything of ours, ``exact`` whether ``data`` is what was there before
    we came, byte for byte.
    """

    data: bytes | None
    found: bool
    exact: bool


def holds_tags(data: bytes) -> bool:
    """Whether a packet mentions our namespace at all, in any encoding; quick, and never raises."""
    return any(AESMAP_TAGS.encode(codec) in data for codec in ("utf-8", "utf-16-le", "utf-32-le"))


def untag_packet(data: bytes) -> UntaggedPacket:
    """Take our tags out of a packet. Raises :class:`XmpError` if it cannot be edited safely."""
    document = Document(data)
    if next(document.properties(AESMAP_TAGS), None) is None:
        return UntaggedPacket(data, found=False, exact=True)
    # A journal that somebody has tampered with leads nowhere, and is not followed.
    with suppress(ValueError, KeyError, TypeError, IndexError, RecursionError):
        if _unedited(document):
            return UntaggedPacket(_rolled_back(document), found=True, exact=True)
    document = _without_value(document, "Rating")
    document = _without_value(document, "Label")
    document = _without_keywords(document)
    document = _without_own(document)
    if next(document.properties(AESMAP_TAGS), None) is not None:
        raise XmpError("holds tags of ours that cannot be taken out")
    return UntaggedPacket(document.to_bytes(document.body), found=True, exact=False)


def _unedited(document: Document) -> bool:
    """Whether the packet is still the one we left."""
    found = document.find(AESMAP_TAGS, "undo_check")
    if found is None:
        return False
    blank = spliced(document.body, [set_value(document, found, BLANK_STATE)])
    digest = hashlib.sha256(document.to_bytes(blank)).hexdigest()
    return value_of(document, found) == digest


def _rolled_back(document: Document) -> bytes | None:
    """What the journal leads back to."""
    found = document.find(AESMAP_TAGS, "undo")
    if found is None:
        raise XmpError("has lost its journal")
    journal = json.loads(base64.b64decode(value_of(document, found) or "", validate=True))
    if journal["created"]:
        return None
    block = found.description
    without = spliced(document.body, [Edit(block.start - journal["lead"], block.end, b"")])
    edits = [Edit(at, at + length, old.encode()) for at, length, old in journal["edits"]]
    data = document.to_bytes(spliced(without, edits))
    Document(data)
    return data


def _without_value(document: Document, local: str) -> Document:
    """Put back what we replaced, or take ours out, unless somebody has changed it."""
    given, before = f"{local.lower()}_given", f"{local.lower()}_before"
    ours = value_of(document, document.find(AESMAP_TAGS, given))
    found = document.find(XMP, local)
    value = value_of(document, found)
    if ours is None or found is None or value is None or not _same(ours, value):
        return document
    old = value_of(document, document.find(AESMAP_TAGS, before))
    if old is None:
        return _without(document, lambda p: p.name == found.name)
    return document.edited([set_value(document, found, old)])


def _without_keywords(document: Document) -> Document:
    """Take out the keywords that we added, and the whole list if nothing else is in it."""
    container = list_of(document.find(AESMAP_TAGS, "keywords_given"))
    ours = [item.text.strip() for item in items_of(container)]
    subject = document.find(DC, "subject")
    edits = []
    for item in reversed(items_of(list_of(subject))):
        if not item.children and item.text.strip() in ours:
            ours.remove(item.text.strip())
            edits.append(removal(document, item))
    document = document.edited(edits)
    subject = document.find(DC, "subject")
    container = list_of(subject)
    if not edits or container is None or subject is None:
        return document
    if document.body[container.tag_end : container.inner_end].strip():
        return document
    return _without(document, lambda p: p.name == Name(DC, "subject"))


def _without_own(document: Document) -> Document:
    return _without(document, lambda p: p.name.namespace == AESMAP_TAGS)


def _without(document: Document, unwanted: Callable[[Property], bool]) -> Document:
    """Take properties out, and descriptions that hold nothing afterwards."""
    touched, edits = set(), []
    for index, description in enumerate(document.descriptions):
        forms: list[Attribute | Element] = [*description.attributes, *description.children]
        gone = [form for form in forms if unwanted(Property(description, form))]
        edits += [removal(document, form) for form in gone]
        if gone:
            touched.add(index)
    document = document.edited(edits)
    hollow = [
        description
        for index, description in enumerate(document.descriptions)
        if index in touched
        and {attribute.name for attribute in description.attributes} <= _ABOUT
        and not document.body[description.tag_end : description.inner_end].strip()
    ]
    return document.edited([removal(document, description) for description in hollow])


def _same(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one == other
