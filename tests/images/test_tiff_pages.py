"""Of the pages of a TIFF, the first that is a picture of its own."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from aesmap.images.cropping.saving import encode_crop
from aesmap.images.reading import probe_size, read_image
from aesmap.types import Box, Size
from sample_images import quadrants

NEW, OLD = 254, 255


def pages(*kinds: tuple[int, int, int], order: str = "<") -> bytes:
    """A TIFF whose pages are ``quadrants`` of a height, with one tag that says what they are."""
    data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", 8)
    for number, (height, tag, value) in enumerate(kinds):
        pixels = quadrants(height, 48).tobytes()
        tags = sorted(
            [
                *((tag, 4 if tag == NEW else 3, value), (256, 4, 48), (257, 4, height)),
                *((258, 3, 8), (259, 3, 1), (262, 3, 2), (273, 4, 0), (277, 3, 3)),
                *((278, 4, height), (279, 4, len(pixels))),
            ]
        )
        start = len(data) + 2 + 12 * len(tags) + 4
        data += struct.pack(order + "H", len(tags))
        for key, kind, content in tags:
            content = start if key == 273 else content
            form = "HHLL" if kind == 4 else "HHLHxx"
            data += struct.pack(order + form, key, kind, 1, content)
        is_last = number + 1 == len(kinds)
        data += struct.pack(order + "L", 0 if is_last else start + len(pixels)) + pixels
    return data


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("kinds", "height"),
    [
        ([(16, NEW, 1), (32, NEW, 0)], 32),
        ([(16, NEW, 4), (32, NEW, 0)], 32),
        ([(16, OLD, 2), (32, OLD, 1)], 32),
        ([(16, NEW, 1), (24, NEW, 5), (32, NEW, 0), (40, NEW, 0)], 32),
        ([(16, NEW, 2), (32, NEW, 0)], 16),  # a page of several is a picture
        ([(16, NEW, 1), (24, NEW, 1)], 16),  # nothing else is there
    ],
)
def test_reduced_copies_and_masks_are_passed(
    kinds: list[tuple[int, int, int]], height: int, order: str
) -> None:
    data = pages(*kinds, order=order)
    assert probe_size(data) == Size(height, 48)
    np.testing.assert_array_equal(read_image(data).rgb, quadrants(height, 48))


def test_a_crop_is_cut_from_the_same_page() -> None:
    data, _ = encode_crop(pages((16, NEW, 1), (32, NEW, 0)), Box(0, 0, 48, 32), "PNG", name="p")
    np.testing.assert_array_equal(read_image(data).rgb, quadrants(32, 48))
