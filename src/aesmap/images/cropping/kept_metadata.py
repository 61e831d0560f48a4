"""What a photograph's author wrote about it, carried over to a crop of it.

XMP and IPTC go along as EXIF does, without what a crop makes untrue: gain maps, other pictures in
the same file, a raw converter's crop, the places of faces, thumbnails, the size of the frame.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from aesmap.images.metadata.embedded import EmbeddedMetadata, embedded_metadata
from aesmap.images.metadata.iptc import iptc_datasets
from aesmap.images.metadata.xmp.document import (
    DC,
    RDF,
    XMP,
    Document,
    Edit,
    Property,
    XmpError,
)
from aesmap.images.metadata.xmp.properties import opened, removal

MetadataPolicy: TypeAlias = Literal["keep", "copyright", "none"]
"""What goes along: all that stays true, who made it and holds the rights, or nothing."""

AESMAP_TAGS: Final = "urn:uuid:5b9d169c-6388-4ead-afe9-a64382952ccf#"
"""The namespace of the properties that `aesmap tag` writes. It never changes."""

_OUTPUT: Final = "urn:uuid:0c3f7d52-6a0e-4c8e-9d67-5f0f5a4c1b8e#"
"""The namespace that marks pictures made by this program, which may be replaced."""

_GAIN_MAPS: Final = (
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
)
_UNTRUE_NAMESPACES: Final = frozenset(
    (
        *_GAIN_MAPS,
        "http://ns.google.com/photos/1.0/container/",
        "http://ns.google.com/photos/1.0/camera/",
        "http://ns.google.com/photos/1.0/panorama/",
        "http://ns.google.com/photos/1.0/depthmap/",
        "http://ns.google.com/photos/1.0/image/",
        "http://ns.google.com/photos/1.0/audio/",
        "http://www.metadataworkinggroup.com/schemas/regions/",
        "http://ns.microsoft.com/photo/1.2/",
        "http://ns.acdsee.com/regions/",
        "http://ns.adobe.com/xmp/note/",
        AESMAP_TAGS,
        _OUTPUT,
    )
)
_CRS: Final = "http://ns.adobe.com/camera-raw-settings/1.0/"
_UNTRUE_NAMES: Final = frozenset(
    (
        (XMP, "Thumbnails"),
        (_CRS, "HasCrop"),
        ("http://ns.adobe.com/tiff/1.0/", "Orientation"),
        ("http://ns.adobe.com/tiff/1.0/", "ImageWidth"),
        ("http://ns.adobe.com/tiff/1.0/", "ImageLength"),
        ("http://ns.adobe.com/exif/1.0/", "PixelXDimension"),
        ("http://ns.adobe.com/exif/1.0/", "PixelYDimension"),
        ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "ImageRegion"),
    )
)
_RIGHTS_NAMES: Final = frozenset(
    (
        (DC, "rights"),
        (DC, "creator"),
        ("http://ns.adobe.com/photoshop/1.0/", "Credit"),
        ("http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "CreatorContactInfo"),
    )
)
_RIGHTS_NAMESPACES: Final = frozenset(
    ("http://ns.adobe.com/xap/1.0/rights/", "http://ns.useplus.org/ldf/xmp/1.0/")
)
_IPTC_CHARSET: Final = (1, 90)
_IPTC_RIGHTS: Final = frozenset((_IPTC_CHARSET, (2, 80), (2, 110), (2, 116)))
_GAIN_MAP_NOTE: Final = "its HDR gain map is not kept"
_APPLE_GAIN_MAP: Final = b"urn:com:apple:photo:2020:aux:hdrgainmap"
_DECLARATION: Final = re.compile(rb"\A<\?xml[^>]*\?>\s*")


@dataclass(frozen=True)
class CropMetadata:
    """Metadata of a crop.

    Attributes
    ----------
    xmp
        A packet in UTF-8; it marks the picture as made by this program.
    iptc
        IPTC datasets, empty for none.
    notes
        What could not be kept, each in a few words that begin with "its".
    """

    xmp: bytes
    iptc: bytes = b""
    notes: tuple[str, ...] = ()


def metadata_for_crop(data: bytes, policy: MetadataPolicy = "keep") -> CropMetadata:
    """Take from a photograph what stays true of a crop.

    Parameters
    ----------
    data
        The photograph's file.
    policy
        What goes along.
    """
    found = embedded_metadata(data)
    notes = [_GAIN_MAP_NOTE] if _has_gain_map(data, found) else []
    if policy == "none":
        return CropMetadata(made_packet("crop"), notes=tuple(notes))
    xmp = made_packet("crop")
    if found.xmp:
        try:
            xmp = _cleaned(found.xmp[0], policy)
        except XmpError as error:
            notes.append(f"its XMP {error}, so it is not kept")
    if len(found.xmp) > 1:
        notes.append("its Extended XMP is not kept")
    iptc = found.iptc or b""
    if policy == "copyright":
        iptc = b"".join(
            struct.pack(">BBBH", 0x1C, *dataset, len(value)) + value
            for dataset, value in iptc_datasets(iptc)
            if dataset in _IPTC_RIGHTS
        )
    return CropMetadata(xmp, iptc, tuple(notes))


def made_packet(kind: str) -> bytes:
    """Make an XMP packet that says nothing but that this program made the picture.

    Parameters
    ----------
    kind
        What it is, such as ``crop``, ``panel`` or ``contact sheet``.
    """
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about="" xmlns:aesmap="{_OUTPUT}" aesmap:made="{kind}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def is_made_here(path: Path) -> bool:
    """Whether a picture was made by this program, as its XMP says."""
    return any(_OUTPUT.encode() in packet for packet in embedded_metadata(path).xmp)


def _cleaned(packet: bytes, policy: MetadataPolicy) -> bytes:
    """A packet without what is untrue of a crop, with the mark of this program."""
    document = Document(packet.rstrip(b"\0 \r\n\t"))
    unwanted = _is_untrue if policy == "keep" else _is_not_of_rights
    edits = [
        removal(document, found.form)
        for found in document.properties()
        if found.name.namespace != RDF and unwanted(found)
    ]
    mark = f'<rdf:Description rdf:about="" xmlns:rdf="{RDF}"'.encode()
    mark += f' xmlns:aesmap="{_OUTPUT}" aesmap:made="crop"/>'.encode()
    if document.rdf.empty_tag:
        edits.append(opened(document, document.rdf, mark))
    else:
        edits.append(Edit(document.rdf.inner_end, document.rdf.inner_end, mark))
    # Files hold XMP in UTF-8, whatever the packet declared of itself.
    return _DECLARATION.sub(b"", document.edited(edits).body)


def _is_untrue(found: Property) -> bool:
    namespace, local = found.name
    is_raw_crop = namespace == _CRS and local.startswith("Crop")
    return namespace in _UNTRUE_NAMESPACES or found.name in _UNTRUE_NAMES or is_raw_crop


def _is_not_of_rights(found: Property) -> bool:
    return found.name.namespace not in _RIGHTS_NAMESPACES and found.name not in _RIGHTS_NAMES


def _has_gain_map(data: bytes, found: EmbeddedMetadata) -> bool:
    said = any(name.encode() in packet for name in _GAIN_MAPS for packet in found.xmp)
    return said or (data[4:8] == b"ftyp" and _APPLE_GAIN_MAP in data[:_META_BYTES])


_META_BYTES: Final = 2**20
