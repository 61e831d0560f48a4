from __future__ import annotations

import pytest

from aesmap.images.containers import canvas_before_opening, open_image_file
from sample_images import encode, gradient


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"exif": b"x"}])
def test_the_canvas_of_a_webp_is_that_of_its_decoder(options: dict[str, object]) -> None:
    data = encode(gradient(21, 34), "WEBP", **options)
    assert canvas_before_opening(data) == (34, 21)
    assert open_image_file(data, "WEBP").size == (34, 21)
    assert all(canvas_before_opening(data[:length]) is None for length in range(21))
