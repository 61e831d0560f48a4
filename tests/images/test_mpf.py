"""The list of a JPEG's other pictures: found in both byte orders, and never an error."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.MpoImagePlugin import MpoImageFile

from aesmap.images.mpf import large_thumbnails
from mpf_files import FULL_HD, GAIN_MAP, VGA, Order, camera_exif, jpeg_of, with_previews
from sample_images import gradient

PHOTO = jpeg_of(gradient(160, 240), exif=camera_exif())
SMALL = jpeg_of(gradient(16, 24))
LARGE = jpeg_of(gradient(80, 120))
FILE = with_previews(PHOTO, [(VGA, SMALL), (FULL_HD, LARGE)])


@pytest.mark.parametrize("order", ["<", ">"])
def test_large_thumbnails_come_largest_first(order: Order) -> None:
    file = with_previews(PHOTO, [(VGA, SMALL), (FULL_HD, LARGE), (GAIN_MAP, LARGE)], order)
    assert large_thumbnails(file) == [LARGE, SMALL]


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_maker_writes_what_pillow_reads(order: Order) -> None:
    """So that the tests' own files are no private dialect."""
    file = with_previews(PHOTO, [(VGA, SMALL), (FULL_HD, LARGE)], order)
    with Image.open(io.BytesIO(file)) as image:
        assert isinstance(image, MpoImageFile)
        kinds = [entry["Attribute"]["MPType"] for entry in image.mpinfo[0xB002]]
        assert kinds == [
            "Baseline MP Primary Image",
            "Large Thumbnail (VGA Equivalent)",
            "Large Thumbnail (Full HD Equivalent)",
        ]
        sizes = []
        for frame in range(3):
            image.seek(frame)
            sizes.append(image.size)
    assert sizes == [(240, 160), (24, 16), (120, 80)]


def test_files_without_large_thumbnails_have_none() -> None:
    stream = io.BytesIO()
    pictures = [Image.fromarray(gradient(40, 60)) for _ in range(2)]
    pictures[0].save(stream, "MPO", save_all=True, append_images=pictures[1:])
    for file in (PHOTO, SMALL, b"", b"\xff\xd8", b"\xff" * 99, stream.getvalue()):
        assert large_thumbnails(file) == []


def test_lists_that_lead_elsewhere_are_none() -> None:
    for shift in (1, -1, len(FILE), 2**31, -len(PHOTO)):
        file = with_previews(PHOTO, [(FULL_HD, LARGE)], shift=shift)
        assert large_thumbnails(file) == [], shift
    assert large_thumbnails(FILE[:-1]) == [SMALL], "the last one is cut short"


@pytest.mark.parametrize("length", range(0, len(FILE) - len(LARGE), 61))
def test_a_file_cut_short_is_no_error(length: int) -> None:
    assert large_thumbnails(FILE[:length]) == []


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8)
)
def test_damaged_lists_are_no_error(changes: list[tuple[int, int]]) -> None:
    start = FILE.index(b"MPF\0") - 8
    damaged = bytearray(FILE)
    for place, value in changes:
        damaged[start + place] = value
    for found in large_thumbnails(bytes(damaged)):
        assert found.startswith(b"\xff\xd8\xff")


def test_a_list_that_says_it_is_endless_is_not_gone_through() -> None:
    place = FILE.index(b"MPF\0") + 4 + 8
    damaged = bytearray(FILE)
    damaged[place : place + 2] = b"\xff\xff"  # so many tags
    damaged[place + 2 + 24 + 4 : place + 2 + 24 + 8] = b"\xff\xff\xff\xff"  # so many bytes of them
    assert np.isfinite(len(large_thumbnails(bytes(damaged))))
