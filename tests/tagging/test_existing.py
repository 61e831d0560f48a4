"""Ratings and keywords that a photograph already has, found in every place that can hold them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from aesmap.tagging.existing import Existing, gather
from aesmap.tagging.sidecars import SidecarFinder
from aesmap.tagging.xmp.packet import PhotoTags, tag_packet
from sample_images import quadrants

RATING = ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"'


def packet(attributes: str = "", inside: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"{attributes}>'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def subject(*words: str) -> str:
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    return f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"


REJECTED = packet(RATING.format(-1), subject("Grandma"))


def with_xmp(form: str, data: bytes) -> bytes:
    image = Image.fromarray(quadrants(32, 48))
    file = io.BytesIO()
    if form == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", data.decode())
        image.save(file, form, pnginfo=texts)
    elif form == "TIFF":
        image.save(file, form, tiffinfo={700: data})
    else:
        image.save(file, form, xmp=data)
    return file.getvalue()


def with_exif(fill: Callable[[Image.Exif], None]) -> bytes:
    exif = Image.Exif()
    fill(exif)
    file = io.BytesIO()
    Image.fromarray(quadrants(32, 48)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def with_iptc(*datasets: tuple[int, int, bytes]) -> bytes:
    iptc = b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value
        for record, number, value in datasets
    )
    block = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc
    block += b"\0" * (len(block) % 2)
    file = io.BytesIO()
    Image.fromarray(quadrants(32, 48)).save(file, "JPEG")
    data = file.getvalue()
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:]


def found(folder: Path, files: dict[str, bytes], photo: str = "a.jpg") -> Existing:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return gather(folder / photo, SidecarFinder())


def values(existing: Existing) -> tuple[list[str], list[str]]:
    return [r.value for r in existing.ratings], [k.value for k in existing.keywords]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WebP", "AVIF"])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.heic", "a"])
def test_xmp_inside_every_format_whatever_its_name(tmp_path: Path, form: str, name: str) -> None:
    existing = found(tmp_path, {name: with_xmp(form, REJECTED)}, name)
    assert values(existing) == (["-1"], ["Grandma"])
    assert existing.ratings[0].place == f"the XMP inside {name}"


@pytest.mark.parametrize("name", ["a.xmp", "a.jpg.xmp", "a.XMP", "A.JPG.xmp"])
def test_sidecars_of_either_name(tmp_path: Path, name: str) -> None:
    existing = found(tmp_path, {"a.jpg": b"", name: REJECTED})
    assert values(existing) == (["-1"], ["Grandma"])
    assert existing.ratings[0].place == name


def test_all_places_are_gathered_and_each_keyword_is_named_once(tmp_path: Path) -> None:
    files = {
        "a.jpg.xmp": packet("", subject("beach", "Sun")),
        "a.xmp": packet(RATING.format(3), subject("Beach", "Dog")),
        "a.jpg": with_xmp("JPEG", packet(RATING.format(4), subject("sun", "Cat"))),
    }
    assert values(found(tmp_path, files)) == (["3", "4"], ["beach", "Sun", "Dog", "Cat"])


@pytest.mark.parametrize(
    ("attributes", "inside", "value"),
    [
        (RATING.format("5.0"), "", "5.0"),
        ("", "<xmp:Rating xmlns:xmp='http://ns.adobe.com/xap/1.0/'>2</xmp:Rating>", "2"),
        (
            "",
            "<xmp:Rating xmlns:xmp='http://ns.adobe.com/xap/1.0/' rdf:parseType='Resource'>"
            "<rdf:value>5</rdf:value></xmp:Rating>",
            "in an unusual form",
        ),
        (
            ' xmlns:m="http://ns.microsoft.com/photo/1.0/" m:Rating="99"',
            "",
            "99 %",
        ),
        (
            ' xmlns:d="http://ns.adobe.com/xmp/1.0/DynamicMedia/" d:pick="-1"',
            "",
            "pick -1",
        ),
        (
            ' xmlns:k="http://www.digikam.org/ns/1.0/" k:PickLabel="1"',
            "",
            "PickLabel 1",
        ),
    ],
)
def test_forms_of_a_rating(tmp_path: Path, attributes: str, inside: str, value: str) -> None:
    existing = found(tmp_path, {"a.jpg": b"", "a.xmp": packet(attributes, inside)})
    assert [rating.value for rating in existing.ratings] == [value]


@pytest.mark.parametrize("value", ["0", "", " 0 ", "0.0"])
def test_zero_and_nothing_are_no_rating(tmp_path: Path, value: str) -> None:
    assert found(tmp_path, {"a.jpg": b"", "a.xmp": packet(RATING.format(value))}).ratings == ()


def test_two_ratings_in_one_packet_are_two(tmp_path: Path) -> None:
    twice = packet(
        RATING.format(2),
        "<xmp:Rating xmlns:xmp='http://ns.adobe.com/xap/1.0/'>4</xmp:Rating>",
    )
    assert values(found(tmp_path, {"a.jpg": b"", "a.xmp": twice}))[0] == ["2", "4"]


def test_exif_ratings_and_keywords(tmp_path: Path) -> None:
    def fill(exif: Image.Exif) -> None:
        exif[0x4746] = 1
        exif[0x4749] = 1
        exif[0x9C9E] = "Grandma; Großmutter\0".encode("utf-16-le")

    existing = found(tmp_path, {"a.jpg": with_exif(fill)})
    assert values(existing) == (["1"], ["Grandma", "Großmutter"])
    assert existing.ratings[0].place == "the EXIF of a.jpg"


def test_a_percentage_alone_is_a_rating(tmp_path: Path) -> None:
    existing = found(tmp_path, {"a.jpg": with_exif(lambda exif: exif.__setitem__(0x4749, 75))})
    assert [rating.value for rating in existing.ratings] == ["75 %"]


@pytest.mark.parametrize(
    ("declared", "encoding"), [(b"\x1b%G", "utf-8"), (b"", "latin-1"), (b"", "utf-8")]
)
def test_iptc_keywords_by_their_character_set(
    tmp_path: Path, declared: bytes, encoding: str
) -> None:
    words = [(2, 25, word.encode(encoding)) for word in ("Großmutter", "Café")]
    charset = [(1, 90, declared)] if declared else []
    existing = found(tmp_path, {"a.jpg": with_iptc(*charset, *words)})
    assert [word.value for word in existing.keywords] == ["Großmutter", "Café"]
    assert existing.keywords[0].place == "the IPTC of a.jpg"


def test_text_that_is_no_list_is_one_keyword(tmp_path: Path) -> None:
    sidecar = packet("", "<dc:subject>Beach, Sun</dc:subject>")
    existing = found(tmp_path, {"a.jpg": b"", "a.xmp": sidecar})
    assert [word.value for word in existing.keywords] == ["Beach, Sun"]


def test_padding_behind_a_packet_is_cut(tmp_path: Path) -> None:
    files = {"a.jpg": b"", "a.xmp": REJECTED + b"\0" * 20 + b"\n"}
    assert values(found(tmp_path, files)) == (["-1"], ["Grandma"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_packets_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    files = {"a.jpg": b"", "a.xmp": REJECTED.decode().encode(encoding)}
    assert values(found(tmp_path, files)) == (["-1"], ["Grandma"])


@pytest.mark.parametrize(
    "broken",
    [
        REJECTED.replace(b"Grandma", b"Gr\xfcn"),
        REJECTED.replace(b"Grandma", b"a\x01b"),
        REJECTED.replace(b"Grandma", b"a&#x1;b"),
        REJECTED[:-30],
        b"<half",
    ],
)
def test_what_cannot_be_understood_may_hold_a_rating(tmp_path: Path, broken: bytes) -> None:
    existing = found(tmp_path, {"a.jpg": b"", "a.xmp": broken})
    assert existing.ratings == ()
    assert [problem.place for problem in existing.unreadable] == ["a.xmp"]


def test_what_we_wrote_is_not_the_photographs_own(tmp_path: Path) -> None:
    ours = tag_packet(None, PhotoTags(rating=5, keywords=("Sky",))).data
    assert found(tmp_path, {"a.jpg": b"", "a.jpg.xmp": ours}) == Existing()
    on_top = tag_packet(packet("", subject("Dog")), PhotoTags(rating=5, keywords=("Sky",))).data
    assert values(found(tmp_path, {"a.xmp": on_top})) == ([], ["Dog"])


def test_damaged_blocks_state_nothing_and_stop_nothing(tmp_path: Path) -> None:
    data = with_iptc((2, 25, b"Dog"), (2, 25, b"Cat"))
    cut = data.replace(b"\x1c\x02\x19\x00\x03Cat", b"\x1c\x02\x19\x7f\xffCat")
    existing = found(tmp_path, {"a.jpg": cut})
    assert [word.value for word in existing.keywords] == ["Dog"]
    assert found(tmp_path, {"b.jpg": b"\xff\xd8\xff"}, "b.jpg") == Existing()
    assert gather(tmp_path / "gone.jpg", SidecarFinder()) == Existing()
