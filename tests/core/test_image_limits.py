from __future__ import annotations

import pytest

from aesmap.core.errors import ImageTooLargeError, UsageError
from aesmap.core.image_limits import DEFAULT_LIMITS, ImageLimits


@pytest.mark.parametrize("field", ["max_pixels", "max_bytes"])
@pytest.mark.parametrize("value", [0, -1])
def test_limits_are_positive(field: str, value: int) -> None:
    with pytest.raises(UsageError, match=f"{field} is at least 1, not {value}"):
        ImageLimits(**{field: value})


def test_a_limit_is_the_largest_allowed() -> None:
    limits = ImageLimits(max_pixels=100, max_bytes=1000)
    limits.check_pixels("photo", 10, 10)
    limits.check_pixels("photo", 20, 10, allowance=2)
    limits.check_bytes("photo", 1000)
    with pytest.raises(ImageTooLargeError, match="photo: has 101x1 pixels"):
        limits.check_pixels("photo", 101, 1)
    with pytest.raises(ImageTooLargeError, match="photo: has 201x1 pixels"):
        limits.check_pixels("photo", 201, 1, allowance=2)
    with pytest.raises(ImageTooLargeError, match="raise max_bytes"):
        limits.check_bytes("photo", 1001)


def test_the_defaults_let_cameras_through_and_bombs_not() -> None:
    DEFAULT_LIMITS.check_pixels("151 megapixels", 14204, 10652)
    DEFAULT_LIMITS.check_pixels("200 megapixels", 16320, 12240)
    with pytest.raises(ImageTooLargeError, match=r"60000x60000 pixels \(3600 megapixels\).*of 256"):
        DEFAULT_LIMITS.check_pixels("bomb", 60_000, 60_000)
