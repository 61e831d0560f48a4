"""What a photograph already says of itself: ratings and keywords, gathered from every place.

A photograph can be rated in its sidecars of either name, in XMP inside the file, in EXIF and by
programs that use properties of their own. A rating found anywhere keeps every place from getting
another, since which of two ratings counts differs from program to program. What cannot be
understood counts as a rating that may be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aesmap.errors import OutputError
from aesmap.images.metadata.embedded import embedded_metadata
from aesmap.images.metadata.iptc import iptc_keywords
from aesmap.images.metadata.xmp.document import DC, XMP, Document, XmpError
from aesmap.images.metadata.xmp.properties import items_of, list_of, value_of
from aesmap.tagging.sidecars import PacketFile, SidecarFinder
from aesmap.tagging.xmp.packet import is_rating
from aesmap.tagging.xmp.undo import untag_packet

_MICROSOFT = "http://ns.microsoft.com/photo/1.0/"
_DYNAMIC_MEDIA = "http://ns.adobe.com/xmp/1.0/DynamicMedia/"
_DIGIKAM = "http://www.digikam.org/ns/1.0/"
_PICKS = ((_DYNAMIC_MEDIA, "pick"), (_DIGIKAM, "PickLabel"))
"""Properties that pick or reject; 0 means undecided."""

_UNUSUAL_RATING = "in an unusual form"
_EXIF_RATING, _EXIF_RATING_PERCENT, _EXIF_KEYWORDS = 0x4746, 0x4749, 0x9C9E
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


@dataclass(frozen=True)
class Statement:
    """A value, and the place that states it: ``a.xmp``, or ``the EXIF of a.jpg``."""

    value: str
    place: str


@dataclass(frozen=True)
class Existing:
    """What a photograph says of itself, apart from what this program wrote.

    Attributes
    ----------
    ratings
        Ratings, picks and rejections, strongest place first.
    keywords
        Keywords in the order in which they were found, each once whatever its case.
    unreadable
        Places with XMP that cannot be understood, with the reason: a rating may stand there.
    """

    ratings: tuple[Statement, ...] = ()
    keywords: tuple[Statement, ...] = ()
    unreadable: tuple[Statement, ...] = ()


def gather(photo: Path, sidecars: SidecarFinder) -> Existing:
    """Gather ratings and keywords from all sidecars of a photograph and from inside it.

    Parameters
    ----------
    photo
        The photograph; what it holds is decided by its bytes, not by its name.
    sidecars
        Finds the sidecars beside it.

    Returns
    -------
    Existing
        What is found. A file that cannot be read at all states nothing: whatever reads it next
        says so.
    """
    ratings: list[Statement] = []
    keywords: dict[str, Statement] = {}
    unreadable: list[Statement] = []
    inside = embedded_metadata(photo)
    packets = [
        *_sidecar_packets(photo, sidecars),
        *((packet, f"the XMP inside {photo.name}") for packet in inside.xmp),
    ]
    for data, place in packets:
        try:
            document = _foreign_part(data)
            if document is None:
                continue
            ratings += [Statement(value, place) for value in ratings_in(document)]
            words = keywords_in(document)
        except XmpError as error:
            unreadable.append(Statement(str(error), place))
            continue
        for word in words:
            keywords.setdefault(word.casefold(), Statement(word, place))
    for value in _exif_ratings(inside.tags):
        ratings.append(Statement(value, f"the EXIF of {photo.name}"))
    for word in iptc_keywords(inside.iptc):
        keywords.setdefault(word.casefold(), Statement(word, f"the IPTC of {photo.name}"))
    for word in _exif_keywords(inside.tags):
        keywords.setdefault(word.casefold(), Statement(word, f"the EXIF of {photo.name}"))
    return Existing(tuple(ratings), tuple(keywords.values()), tuple(unreadable))


def ratings_in(document: Document) -> list[str]:
    """List the ratings that a packet states, in any form and under any program's name.

    0 and empty mean unrated; -1 means rejected.
    """
    found = []
    for rating in document.properties(XMP):
        if rating.name.local == "Rating":
            value = value_of(document, rating)
            if value is None:
                found.append(_UNUSUAL_RATING)
            elif is_rating(value):
                found.append(value)
    for percent in document.properties(_MICROSOFT):
        value = value_of(document, percent) or ""
        if percent.name.local == "Rating" and is_rating(value) and not found:
            found.append(f"{value} %")
    for namespace, local in _PICKS:
        for pick in document.properties(namespace):
            value = value_of(document, pick) or ""
            if pick.name.local == local and is_rating(value):
                found.append(f"{local} {value}")
    return found


def keywords_in(document: Document) -> list[str]:
    """List the keywords (``dc:subject``) of a packet; text that is no list is one keyword."""
    words = []
    for subject in document.properties(DC):
        if subject.name.local == "subject":
            items = [item.text.strip() for item in items_of(list_of(subject))]
            words += items or [value_of(document, subject) or ""]
    return [word for word in words if word]


def _sidecar_packets(photo: Path, sidecars: SidecarFinder) -> Iterator[tuple[bytes, str]]:
    """The packets of all sidecars, with their names."""
    for path in sidecars.beside(photo):
        with suppress(OutputError):  # a folder, a pipe, a broken link: no packet
            packet = PacketFile(photo, path).packet()
            if packet is not None:
                yield packet, path.name


def _foreign_part(data: bytes) -> Document | None:
    """A packet without our own tags; ``None`` where it is ours alone."""
    if not data.startswith(_WIDE_MARKS):
        data = data.rstrip(b"\0 \r\n\t")  # padding that some writers count to the packet
    untagged = untag_packet(data).data if data else None
    return None if untagged is None else Document(untagged)


def _exif_ratings(tags: Mapping[int, Any]) -> list[str]:
    """The rating that Windows and some cameras write (0 to 5), or else its percentage."""
    for tag, unit in ((_EXIF_RATING, ""), (_EXIF_RATING_PERCENT, " %")):
        value = tags.get(tag)
        value = value[0] if isinstance(value, tuple) and value else value
        if isinstance(value, int) and value:
            return [f"{value}{unit}"]
    return []


def _exif_keywords(tags: Mapping[int, Any]) -> list[str]:
    """Windows' keywords: UTF-16, with semicolons between."""
    value = tags.get(_EXIF_KEYWORDS)
    data = bytes(value) if isinstance(value, bytes | tuple) else b""
    text = data.decode("utf-16-le", "replace").split("\0")[0]
    return [word for part in text.split(";") if (word := part.strip())]
