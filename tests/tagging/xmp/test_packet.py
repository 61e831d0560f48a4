"""Tags merged into packets and taken out again."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aesmap.images.cropping.kept_metadata import AESMAP_TAGS as AESMAP
from aesmap.images.metadata.xmp.document import Document, XmpError
from aesmap.images.metadata.xmp.properties import value_of
from aesmap.tagging.xmp.packet import PhotoTags, is_rating, tag_packet
from aesmap.tagging.xmp.undo import holds_tags, untag_packet
from xmp_samples import DARKTABLE, DC, RDF, XMP, packets

TAGS = PhotoTags(
    rating=4, keywords=("Sky", "Water"), scores=(("score", "6.65"), ("p_high", "0.860"))
)
SOURCE = DARKTABLE.encode()


def tree(data: bytes) -> ElementTree.Element:
    """By another parser, which knows fewer encodings and so gets text."""
    starts = ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    starts += ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"", "utf-8-sig"))
    codec = next(codec for start, codec in starts if data.startswith(start))
    return ElementTree.fromstring(re.sub(r"\A<\?xml [^>]*>", "", data.decode(codec)).strip())


def ratings(data: bytes) -> list[str]:
    """Every top-level xmp:Rating, by ElementTree rather than by the code under test."""
    found = []
    for description in tree(data).iter(f"{{{RDF}}}Description"):
        found += [v for k, v in description.attrib.items() if k == f"{{{XMP}}}Rating"]
        found += [e.text or "" for e in description.findall(f"{{{XMP}}}Rating")]
    return found


def keywords(data: bytes) -> list[str | None]:
    items = tree(data).findall(f".//{{{DC}}}subject/*/{{{RDF}}}li")
    return [item.text for item in items]


def without_ours(data: bytes) -> list[str]:
    """All elements and attributes of a packet but the rating, the keywords and our own."""
    ours = (f"{{{AESMAP}}}", f"{{{XMP}}}Rating", f"{{{DC}}}subject")
    seen = []
    for element in tree(data).iter():
        if not element.tag.startswith(ours) and not element.tag.startswith(f"{{{RDF}}}"):
            seen.append(f"{element.tag} {(element.text or '').strip()}")
        seen += [
            f"{k}={v}"
            for k, v in element.attrib.items()
            if not k.startswith((*ours, f"{{{RDF}}}about"))
        ]
    return seen


def check_round_trip(data: bytes, overwrite: bool, tags: PhotoTags) -> None:
    tagged = tag_packet(data, tags, overwrite=overwrite)
    assert untag_packet(tagged.data).data == data
    assert tag_packet(tagged.data, tags, overwrite=overwrite).data == tagged.data
    if tags.rating is not None and overwrite:
        assert str(tags.rating) in [rating.strip() for rating in ratings(tagged.data)]
    assert {w.casefold() for w in tags.keywords} <= {
        (w or "").strip().casefold() for w in keywords(tagged.data)
    }
    assert sorted(without_ours(tagged.data)) == sorted(without_ours(data))


TAGS_STRATEGY = st.builds(
    lambda rating, words: PhotoTags(rating=rating, keywords=tuple(words)),
    st.none() | st.integers(1, 5),
    st.lists(st.sampled_from(["Sky", "Water", "Ä & <b>", '"quoted"']), max_size=3, unique=True),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=packets(), overwrite=st.booleans(), tags=TAGS_STRATEGY)
def test_merged_and_undone_is_where_it_started(
    data: bytes, overwrite: bool, tags: PhotoTags
) -> None:
    check_round_trip(data, overwrite, tags)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=packets(), overwrite=st.booleans(), tags=TAGS_STRATEGY)
def test_five_hundred_packets_round_trip(data: bytes, overwrite: bool, tags: PhotoTags) -> None:
    check_round_trip(data, overwrite, tags)


def test_a_rating_stays_unless_overwritten() -> None:
    kept = tag_packet(SOURCE, TAGS)
    assert (kept.rating, kept.rating_before) == (None, "2")
    assert ratings(kept.data) == ["2"]
    replaced = tag_packet(SOURCE, TAGS, overwrite=True)
    assert (replaced.rating, replaced.rating_before) == (4, "2")
    assert ratings(replaced.data) == ["4"]


@pytest.mark.parametrize(
    ("value", "rated"),
    [("", False), ("0", False), ("0.0", False), ("-1", True), ("3", True), ("x", True)],
)
def test_zero_is_unrated_and_rejected_is_rated(value: str, rated: bool) -> None:
    assert is_rating(value) is rated
    source = DARKTABLE.replace('Rating="2"', f'Rating="{value}"').encode()
    assert ratings(tag_packet(source, TAGS).data) == [value if rated else "4"]


LABELLED = SOURCE.replace(b'xmp:Rating="2"', b'xmp:Rating="0"\n   xmp:Label="Blue"')


@pytest.mark.parametrize("source", [None, SOURCE, LABELLED, LABELLED.replace(b"Blue", b"")])
@pytest.mark.parametrize("overwrite", [False, True])
def test_labels_come_and_go_as_ratings_do(source: bytes | None, overwrite: bool) -> None:
    tagged = tag_packet(source, PhotoTags(rating=-1, label="Green"), overwrite=overwrite)
    has_label = source is not None and b"Blue" in source
    assert tagged.label == (None if has_label and not overwrite else "Green")
    found = Document(tagged.data)
    label, rating = (value_of(found, found.find(XMP, name)) for name in ("Label", "Rating"))
    assert label == ("Blue" if has_label and not overwrite else "Green")
    assert rating == ("2" if source == SOURCE and not overwrite else "-1")
    assert untag_packet(tagged.data).data == source
    # Edited since: only ours is taken out, and what it replaced comes back.
    edited = untag_packet(tagged.data.replace(b"</rdf:RDF>", b" </rdf:RDF>"))
    assert not edited.exact
    assert edited.data is not None
    left = Document(edited.data)
    before = (
        None if source is None else value_of(Document(source), Document(source).find(XMP, "Label"))
    )
    assert value_of(left, left.find(XMP, "Label")) == before


def test_a_label_changed_since_is_the_persons() -> None:
    tagged = tag_packet(SOURCE, PhotoTags(rating=None, label="Green")).data
    left = untag_packet(tagged.replace(b'xmp:Label="Green"', b'xmp:Label="Red"')).data
    assert left is not None
    assert b'xmp:Label="Red"' in left
    assert b"label_given" not in left


def test_a_keyword_that_is_there_is_not_added_again() -> None:
    tagged = tag_packet(SOURCE, TAGS)
    assert tagged.keywords == ("Water",)
    assert keywords(tagged.data) == ["sky", "holiday", "Water"]


def test_a_new_list_begins_with_the_keywords_that_it_would_hide() -> None:
    tags = PhotoTags(rating=None, keywords=("Sky", "Water"), own_keywords=("Grandma", "sky"))
    tagged = tag_packet(None, tags)
    assert keywords(tagged.data) == ["Grandma", "sky", "Water"]
    assert tagged.keywords == ("Water",)
    assert untag_packet(tagged.data).data is None
    # Edited since: the person's own keywords are theirs, wherever they stand.
    edited = untag_packet(tagged.data.replace(b"<rdf:RDF", b"<!-- edited --><rdf:RDF"))
    assert edited.data is not None
    assert keywords(edited.data) == ["Grandma", "sky"]


def test_without_keywords_of_ours_nothing_is_hidden_and_no_list_is_made() -> None:
    tagged = tag_packet(None, PhotoTags(rating=3, own_keywords=("Grandma",)))
    assert keywords(tagged.data) == []


def test_a_list_that_stands_there_is_not_given_keywords_of_other_places() -> None:
    tags = PhotoTags(rating=None, keywords=("Water",), own_keywords=("Grandma",))
    assert keywords(tag_packet(SOURCE, tags).data) == ["sky", "holiday", "Water"]


def test_every_other_byte_stays() -> None:
    tagged = tag_packet(SOURCE, TAGS, overwrite=True).data.decode()
    head, tail = DARKTABLE.split('Rating="2"')
    assert tagged.startswith(head + 'Rating="4"')
    for piece in tail.split("     <rdf:li>holiday</rdf:li>\n"):
        assert piece.removesuffix(" </rdf:RDF>\n</x:xmpmeta>\n") in tagged


def test_a_new_packet_is_undone_to_nothing() -> None:
    tagged = tag_packet(None, TAGS)
    assert ratings(tagged.data) == ["4"]
    assert keywords(tagged.data) == ["Sky", "Water"]
    assert untag_packet(tagged.data).data is None
    assert holds_tags(tagged.data)


def test_tagging_again_replaces_what_an_earlier_run_wrote() -> None:
    first = tag_packet(SOURCE, TAGS, overwrite=True)
    second = tag_packet(first.data, PhotoTags(rating=1, keywords=("Birds",)), overwrite=True)
    assert ratings(second.data) == ["1"]
    assert keywords(second.data) == ["sky", "holiday", "Birds"]
    assert untag_packet(second.data).data == SOURCE
    # Without overwrite the person's own rating comes back.
    assert ratings(tag_packet(first.data, TAGS).data) == ["2"]


def test_after_an_edit_elsewhere_only_ours_is_taken_out() -> None:
    tagged = tag_packet(SOURCE, TAGS, overwrite=True).data
    undone = untag_packet(tagged.replace(b"<!-- kept -->", b"<!-- edited -->"))
    assert not undone.exact
    assert undone.data == SOURCE.replace(b"<!-- kept -->", b"<!-- edited -->")


def test_a_rating_and_keywords_changed_since_are_the_persons() -> None:
    tagged = tag_packet(SOURCE, TAGS, overwrite=True).data
    edited = tagged.replace(b'xmp:Rating="4"', b'xmp:Rating="5"').replace(b">holiday<", b">work<")
    undone = untag_packet(edited)
    assert undone.data is not None
    assert ratings(undone.data) == ["5"]
    assert keywords(undone.data) == ["sky", "work"]
    assert AESMAP.encode() not in undone.data
    # And a new run leaves that rating alone.
    assert ratings(tag_packet(edited, TAGS).data) == ["5"]


def test_a_forged_journal_is_not_followed() -> None:
    tagged = tag_packet(SOURCE, TAGS).data
    start = tagged.index(b'aesmap:undo="') + 13
    forged = tagged[:start] + b"e30=" + tagged[tagged.index(b'"', start) :]
    undone = untag_packet(forged)
    assert not undone.exact
    assert undone.data == SOURCE


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (b"", "is empty"),
        (b"no xml", "not well-formed"),
        (SOURCE[:-20], "not well-formed"),
        (b"<a/>", "no rdf:RDF"),
        (b"\xff\xfeabc", "utf-16"),
        (b'<?xml version="1.0" encoding="ebcdic-cp-us"?><a/>', "encoding"),
        (SOURCE.replace(b"holiday", b"\xff"), "utf-8"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (SOURCE.replace(b"darktable:history_end", b'x="1" xmp:Rating'), "not well-formed"),
        (SOURCE.replace(b"<!-- kept -->", b"<xmp:Rating>1</xmp:Rating>"), "more than once"),
    ],
)
def test_packets_that_are_refused(packet: bytes, words: str) -> None:
    with pytest.raises(XmpError, match=words):
        tag_packet(packet, TAGS)


def test_an_entity_bomb_is_refused_at_once() -> None:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(20))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{levels}]><x>&e20;</x>'
    with pytest.raises(XmpError, match="document type"):
        Document(bomb.encode())


def test_keywords_in_another_form_are_not_touched() -> None:
    odd = DARKTABLE.replace(
        "    <rdf:Bag>\n     <rdf:li>sky</rdf:li>\n     <rdf:li>holiday</rdf:li>\n    </rdf:Bag>",
        "sky",
    )
    with pytest.raises(XmpError, match="not as a list"):
        tag_packet(odd.encode(), TAGS)
    assert untag_packet(tag_packet(odd.encode(), PhotoTags(rating=2)).data).data == odd.encode()


def test_large_and_deep_packets() -> None:
    large = DARKTABLE.replace("gz01", "A" * 8_000_000).encode()
    assert untag_packet(tag_packet(large, TAGS).data).data == large
    deep = DARKTABLE.replace("<!-- kept -->", "<a>" * 20_000 + "</a>" * 20_000).encode()
    assert untag_packet(tag_packet(deep, TAGS).data).data == deep


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_rewrites_and_our_part_is_still_found(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(tag_packet(SOURCE, TAGS, overwrite=True).data)
    run = ["exiftool", "-q", "-overwrite_original", "-XMP-dc:Title=New", str(path)]
    subprocess.run(run, check=True, timeout=30)
    undone = untag_packet(path.read_bytes())
    assert undone.found
    assert not undone.exact
    assert undone.data is not None
    assert ratings(undone.data) == ["2"]
    assert keywords(undone.data) == ["sky", "holiday"]
    assert b"New" in undone.data
    assert not list(Document(undone.data).properties(AESMAP))
