"""What a crop carries over of XMP, IPTC, comments and density, and what it leaves out."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from aesmap.images.cropping.kept_metadata import MetadataPolicy, metadata_for_crop
from aesmap.images.cropping.saving import encode_crop, save_crop
from aesmap.images.metadata.embedded import embedded_metadata
from aesmap.images.metadata.xmp.document import DC, XMP, Document
from aesmap.types import Box
from sample_images import encode, quadrants

BOX = Box(4, 4, 24, 24)
FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"]
AUTHOR = (
    "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>(c) Jane</rdf:li></rdf:Alt></dc:rights>"
    "<dc:subject><rdf:Bag><rdf:li>Grandma</rdf:li></rdf:Bag></dc:subject>"
)
UNTRUE = (
    ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
    ' xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:HasCrop="True"'
    ' crs:CropTop="0.1" crs:Exposure2012="+0.30"'
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" tiff:Make="Maker"'
    ' xmlns:a="urn:uuid:5b9d169c-6388-4ead-afe9-a64382952ccf#" a:score="7"'
)
REGIONS = (
    '<mwg-rs:Regions xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
    ' rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li/></rdf:Bag></mwg-rs:RegionList>'
    "</mwg-rs:Regions>"
    "<xmp:Thumbnails xmlns:xmp='http://ns.adobe.com/xap/1.0/'><rdf:Alt><rdf:li/></rdf:Alt>"
    "</xmp:Thumbnails>"
)


def packet(attributes: str = "", inside: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"{attributes}>'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def photo(form: str, xmp: bytes, **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(quadrants())
    if form == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
        image.save(file, form, pnginfo=texts, **options)
    elif form == "TIFF":
        image.save(file, form, tiffinfo={700: xmp}, **options)
    else:
        image.save(file, form, xmp=xmp, **options)
    return file.getvalue()


def names(data: bytes) -> set[str]:
    (xmp,) = embedded_metadata(data).xmp
    return {
        form.name.local
        for description in Document(xmp).descriptions
        for form in (*description.attributes, *description.children)
    }


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_what_stays_true_goes_from_every_format_to_every_format(source: str, target: str) -> None:
    data, notes = encode_crop(
        photo(source, packet(UNTRUE, AUTHOR + REGIONS)), BOX, target, name="p"
    )
    assert names(data) - {"about"} == {
        *("Rating", "rights", "subject", "Exposure2012", "Make", "made"),
    }
    assert notes == ("its HDR gain map is not kept",)


@pytest.mark.parametrize("target", FORMATS)
def test_rights_alone(target: str) -> None:
    source = photo("JPEG", packet(UNTRUE, AUTHOR))
    data, _ = encode_crop(source, BOX, target, name="p", metadata="copyright")
    assert names(data) - {"about"} == {"rights", "made"}
    data, _ = encode_crop(source, BOX, target, name="p", metadata="none")
    assert names(data) - {"about"} == {"made"}


def with_iptc(data: bytes, iptc: bytes) -> bytes:
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">L", len(iptc)) + iptc
    block += bytes(len(iptc) % 2)
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:]


def dataset(number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ("keep", dataset(25, b"Dog") + dataset(116, b"(c) Jane")),
        ("copyright", dataset(116, b"(c) Jane")),
        ("none", None),
    ],
)
def test_iptc_goes_along(policy: MetadataPolicy, kept: bytes | None) -> None:
    iptc = dataset(25, b"Dog") + dataset(116, b"(c) Jane")
    source = with_iptc(encode(quadrants(), "JPEG"), iptc)
    for target in ("JPEG", "TIFF"):
        data, notes = encode_crop(source, BOX, target, name="p", metadata=policy)
        assert embedded_metadata(data).iptc == kept
        assert notes == ()
    _, notes = encode_crop(source, BOX, "PNG", name="p", metadata=policy)
    assert notes == (() if kept is None else ("its IPTC is not kept, for PNG has none",))


def test_a_comment_goes_along_unless_told_otherwise() -> None:
    file = io.BytesIO()
    Image.fromarray(quadrants()).save(file, "JPEG", comment="by hand")
    data, _ = encode_crop(file.getvalue(), BOX, "JPEG", name="p")
    assert Image.open(io.BytesIO(data)).info["comment"] == b"by hand"
    data, _ = encode_crop(file.getvalue(), BOX, "JPEG", name="p", metadata="copyright")
    assert "comment" not in Image.open(io.BytesIO(data)).info


@pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("target", ["JPEG", "PNG", "TIFF"])
def test_dots_per_inch_go_along(source: str, target: str) -> None:
    data = encode(quadrants(), source, dpi=(300, 150))
    crop, _ = encode_crop(data, BOX, target, name="p")
    assert Image.open(io.BytesIO(crop)).info["dpi"] == pytest.approx((300, 150), abs=0.02)


def test_density_turns_with_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(quadrants(), "JPEG", dpi=(300, 150), exif=exif)
    crop, _ = encode_crop(data, BOX, "PNG", name="p")
    assert Image.open(io.BytesIO(crop)).info["dpi"] == pytest.approx((150, 300), abs=0.02)


def test_sixteen_bits_carry_it_too(tmp_path: Path) -> None:
    samples = quadrants().astype("uint16") * 257
    from aesmap.images.cropping.high_bit_depth import write_png_16_bit

    source = tmp_path / "p.png"
    text = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet("", AUTHOR))
    density = (b"pHYs", struct.pack(">LLB", 11811, 11811, 1))
    with source.open("wb") as file:
        write_png_16_bit(file, samples, chunks=[text, density])
    for suffix in ("png", "tif"):
        save_crop(source, BOX, tmp_path / f"c.{suffix}")
        data = (tmp_path / f"c.{suffix}").read_bytes()
        assert {"rights", "subject", "Rating"} <= names(data)
        assert Image.open(io.BytesIO(data)).info["dpi"] == pytest.approx((300, 300), abs=0.02)


def test_xmp_that_cannot_be_read_is_said() -> None:
    found = metadata_for_crop(photo("JPEG", packet("", "<dc:title>").replace(b"</rdf:D", b"<")))
    assert found.notes[0].startswith("its XMP is not well-formed")
    assert names(photo("JPEG", found.xmp)) - {"about"} == {"made"}


def test_a_packet_in_another_encoding_becomes_utf_8() -> None:
    declared = b'<?xml version="1.0" encoding="iso-8859-1"?>\n'
    body = packet("", "<dc:title>Caf\u00e9</dc:title>").decode().encode("latin-1")
    found = metadata_for_crop(photo("JPEG", declared + body))
    document = Document(found.xmp)
    assert document.find(XMP, "Rating") is not None
    title = document.find(DC, "title")
    assert title is not None
    assert title.form.text == "Caf\u00e9"  # type: ignore[union-attr]


def test_xmp_too_long_for_a_jpeg_is_said(tmp_path: Path) -> None:
    long = packet("", f"<dc:title>{'x' * 70_000}</dc:title>")
    data, notes = encode_crop(photo("PNG", long), BOX, "JPEG", name="p")
    assert notes == ("its XMP is too long for a JPEG and not kept",)
    assert names(data) - {"about"} == {"made"}
