"""Ratings, keywords and scores merged into an XMP packet, so that they can be taken out again.

What is already there stays, byte for byte. Our own values go into one ``rdf:Description`` of
their own at the end of the packet; only where the packet has a rating that is to be replaced, or
a list of keywords, is something edited in place, for XMP allows each property only once. The same
block holds what :mod:`aesmap.tagging.xmp.undo` needs, so no backup files are left about.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass

from aesmap.images.cropping.kept_metadata import AESMAP_TAGS
from aesmap.images.metadata.xmp.document import (
    DC,
    META,
    RDF,
    XMP,
    Document,
    Edit,
    Name,
    XmpError,
)
from aesmap.images.metadata.xmp.properties import (
    append_items,
    bag,
    items_of,
    list_of,
    opened,
    set_value,
    value_of,
    xml_text,
)
from aesmap.tagging.xmp.undo import BLANK_STATE, untag_packet

_BLANK = (
    f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="{META}">\n'
    f' <rdf:RDF xmlns:rdf="{RDF}">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'
).encode()

REJECTED = -1
"""The rating of a photograph that somebody has rejected."""


@dataclass(frozen=True, kw_only=True)
class PhotoTags:
    """What is to be said of one photograph.

    ``rating`` is 1 to 5 stars, -1 for rejected, or ``None`` for no rating, and ``label`` the colour
    label, ``None`` for none; ``scores`` are name and value of the
    properties in our own namespace, such as ``("p_high", "0.86")``. ``own_keywords`` are those
    that the photograph has in other places: a new list begins with them, since readers that
    prefer it would no longer see the others.
    """

    rating: int | None
    label: str | None = None
    keywords: tuple[str, ...] = ()
    scores: tuple[tuple[str, str], ...] = ()
    own_keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rating not in (None, REJECTED, 1, 2, 3, 4, 5):
            raise ValueError(f"a rating is 1 to 5 stars, or -1, not {self.rating}")


@dataclass(frozen=True)
class TaggedPacket:
    """A packet with our tags in it, and what they changed.

    ``rating`` is the one written, ``None`` if there is none or another stays. ``rating_before``
    is the one that was there, replaced or kept. ``label`` is the colour label written, ``None`` if
    there is none or another stays. ``keywords`` are those it did not have yet.
    """

    data: bytes
    rating: int | None
    rating_before: str | None
    label: str | None
    keywords: tuple[str, ...]


def tag_packet(
    data: bytes | None,
    tags: PhotoTags,
    *,
    overwrite: bool = False,
) -> TaggedPacket:
    """Merge ``tags`` into a packet, or into a new one.

    Tags of an earlier run are replaced: the packet is first brought back to what it was before.

    Parameters
    ----------
    data
        The packet, or ``None`` for a new one.
    tags
        What is to be said of the photograph.
    overwrite
        Whether a rating or label that somebody else has given is replaced; otherwise it stays.

    Returns
    -------
    TaggedPacket
        A packet from which :func:`untag_packet` restores the bytes of ``data``; this is checked.

    Raises
    ------
    XmpError
        If the packet cannot be edited safely.
    """
    base = None if data is None else untag_packet(data).data
    document = Document(_BLANK if base is None else base)
    if next(document.properties(AESMAP_TAGS), None) is not None:
        raise XmpError("holds tags of ours that cannot be taken out")
    found = document.find(XMP, "Rating")
    before = (value_of(document, found) or "").strip()
    if found is not None and not before and value_of(document, found) is None:
        before = "a rating in an unusual form"
    rated = before if is_rating(before) else None
    rating = tags.rating if rated is None or overwrite else None

    edits, own = [], list(tags.scores)
    if rating is not None:
        own.append(("rating_given", str(rating)))
        if found is not None:
            edits.append(set_value(document, found, str(rating)))
            own.append(("rating_before", before))
    labelled = document.find(XMP, "Label")
    label_before = value_of(document, labelled)
    is_unlabelled = labelled is None or label_before == ""
    label = tags.label if is_unlabelled or overwrite else None
    if label is not None:
        own.append(("label_given", label))
        if labelled is not None:
            edits.append(set_value(document, labelled, label))
            own.append(("label_before", label_before or ""))
    subject = document.find(DC, "subject")
    own_keywords = () if subject is not None else tags.own_keywords
    present = {item.text.strip().casefold() for item in items_of(list_of(subject))}
    present |= {word.casefold() for word in own_keywords}
    unique = {word.casefold(): word for word in reversed(tags.keywords)}
    keywords = tuple(word for key, word in reversed(unique.items()) if key not in present)
    if keywords and subject is not None:
        edits.append(append_items(document, subject, keywords))
    # An empty element to be opened for our block must not swallow the other edits: it has none.
    if not document.rdf.children and document.rdf.empty_tag:
        edits.append(opened(document, document.rdf, b""))

    edited = document.edited(edits)
    lead = _space_for_block(edited)
    journal = {"created": base is None, "lead": len(lead), "edits": _reversed(document, edits)}
    own.append(("undo", base64.b64encode(json.dumps(journal).encode()).decode()))
    own.append(("undo_check", BLANK_STATE))
    block = _block(
        edited,
        own,
        [
            (name, value)
            for name, value, place in (("Rating", rating, found), ("Label", label, labelled))
            if value is not None and place is None
        ],
        (*own_keywords, *keywords) if subject is None and keywords else (),
        keywords,
        lead,
    )
    last = edited.descriptions[-1].end if edited.descriptions else edited.rdf.tag_end
    blank = edited.edited([Edit(last, last, lead + block)])
    state = hashlib.sha256(blank.to_bytes(blank.body)).hexdigest()
    tagged = blank.edited([_state_edit(blank, state)])
    result = tagged.to_bytes(tagged.body)
    _check(result, base, rating)
    return TaggedPacket(result, rating, rated, label, keywords)


def is_rating(value: str) -> bool:
    """Whether this is somebody's rating: -1 (rejected) is one, 0 and nothing mean unrated."""
    try:
        return float(value) != 0
    except ValueError:
        return bool(value)


def _block(
    document: Document,
    own: list[tuple[str, str]],
    values: list[tuple[str, int | str]],
    subject: tuple[str, ...],
    keywords: tuple[str, ...],
    lead: bytes,
) -> bytes:
    """The ``rdf:Description`` with our values, its lines indented as its neighbours are."""
    about = b'""'
    for attribute in document.descriptions[0].attributes if document.descriptions else ():
        if attribute.name in (Name(RDF, "about"), Name("", "about")):
            about = document.body[attribute.value_start - 1 : attribute.end]
    line = (document.newline if lead else b"") + lead.rpartition(b"\n")[2] + b" "
    attributes = [b"rdf:about=" + about]
    if document.rdf.prefix != "rdf":
        attributes.append(f'xmlns:rdf="{RDF}"'.encode())
    if values:
        attributes.append(f'xmlns:xmp="{XMP}"'.encode())
    attributes += [f'xmp:{n}="'.encode() + xml_text(str(v)) + b'"' for n, v in values]
    attributes.append(f'xmlns:aesmap="{AESMAP_TAGS}"'.encode())
    attributes += [b"aesmap:" + n.encode() + b'="' + xml_text(v) + b'"' for n, v in own]
    children = []
    if subject:
        children.append(f'<dc:subject xmlns:dc="{DC}">'.encode() + bag(subject) + b"</dc:subject>")
    if keywords:
        children.append(b"<aesmap:keywords_given>" + bag(keywords) + b"</aesmap:keywords_given>")
    start = b"<rdf:Description " + (line + b" ").join(attributes)
    if not children:
        return start + b"/>"
    return start + b">" + b"".join(line + c for c in children) + line[:-1] + b"</rdf:Description>"


def _space_for_block(document: Document) -> bytes:
    """White space that puts our block on a line of its own, where the others have one."""
    if document.descriptions:
        space = document.space_before(document.descriptions[-1].start)
    else:
        space = document.space_before(document.rdf.start)
        space = space and space + b" "
    return space if b"\n" in space else b""


def _reversed(document: Document, edits: list[Edit]) -> list[tuple[int, int, str]]:
    """For each edit: where its new text stands afterwards, how long that is, and the old text."""
    steps, shift = [], 0
    for start, end, new in sorted(edits):
        steps.append((start + shift, len(new), document.body[start:end].decode()))
        shift += len(new) - (end - start)
    return steps


def _state_edit(document: Document, state: str) -> Edit:
    found = document.find(AESMAP_TAGS, "undo_check")
    if found is None:  # the block was not understood as one: someone's prefix means another thing
        raise XmpError("cannot be added to")
    return set_value(document, found, state)


def _check(result: bytes, base: bytes | None, rating: int | None) -> None:
    """Refuse to hand out what another program could misread, or what could not be undone."""
    document = Document(result)
    if rating is not None and value_of(document, document.find(XMP, "Rating")) != str(rating):
        raise XmpError("cannot be given a rating")
    undone = untag_packet(result)
    if not undone.exact or undone.data != base:
        raise XmpError("cannot be edited in a way that could be undone")
