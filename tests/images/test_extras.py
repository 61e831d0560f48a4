from __future__ import annotations

import io
from collections.abc import Collection
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from aesmap.images.extras import THUMBNAIL_PX, Extra, PhotoExtras, photo_extras
from aesmap.images.moments.similarity import photo_signature
from aesmap.images.reading import open_image
from sample_images import encode


def extras(photo: Any, wanted: Collection[Extra]) -> PhotoExtras:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS R5"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    return photo_extras(open_image(encode(photo, "JPEG", exif=exif)), photo[::2, ::2], wanted)


@pytest.mark.parametrize("name", ["thumbnail", "exif", "signature"])
def test_only_what_is_asked_for_is_made(photos: dict[str, Any], name: Extra) -> None:
    found = extras(photos["china"], {name})
    assert (found.format, found.captured) == ("JPEG", datetime(2024, 5, 6, 7, 8, 9))
    made = {other: bool(getattr(found, other)) for other in ("thumbnail", "exif", "signature")}
    assert made == {other: other == name for other in made}


def test_extras_are_of_the_picture(photos: dict[str, Any]) -> None:
    picture = photos["china"][::2, ::2]
    found = extras(photos["china"], ("thumbnail", "exif", "signature"))
    assert found.signature is not None
    assert found.signature.bits == photo_signature(picture).bits
    assert found.exif == {"camera": "Canon EOS R5"}
    assert max(Image.open(io.BytesIO(found.thumbnail)).size) == THUMBNAIL_PX
