"""Strips cut off at one side."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.faithfulness import strips
from aesmap.types import Size

SIZE = Size(48, 80)


@pytest.mark.parametrize("side", strips.SIDES)
@pytest.mark.parametrize("share", strips.SHARES)
def test_strip_and_rest_are_the_whole(side: str, share: float) -> None:
    picture = np.arange(48 * 80 * 3).reshape(48, 80, 3) % 251
    box = strips.strip(side, share, SIZE)
    rest = strips.without(picture.astype(np.uint8), box)
    assert box.area + rest.shape[0] * rest.shape[1] == SIZE.num_pixels
    assert box.area == pytest.approx(share * SIZE.num_pixels, rel=0.05)
    cut = picture[box.top : box.bottom, box.left : box.right]
    assert cut.sum() + rest.sum(dtype=np.int64) == picture.sum()


def test_predictions_by_hand() -> None:
    """One at the left half, 0 at the right: an interpolated step, symmetric about the middle."""
    cells = np.repeat([[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]], 6, axis=0)
    means, changes = strips.strip_means(cells, SIZE), strips.predicted_changes(cells, SIZE)
    at = dict(zip(strips.SIDES, range(4), strict=True))
    for row, share in enumerate(strips.SHARES):
        assert means[row, at["left"]] == pytest.approx(1)
        assert means[row, at["right"]] == pytest.approx(0)
        assert means[row, at["top"]] == pytest.approx(0.5)
        # Of a mean of 1/2, share * 1 is gone, and the rest is spread over 1 - share.
        assert changes[row, at["left"]] == pytest.approx((0.5 - share) / (1 - share) - 0.5)
        assert changes[row, at["right"]] == pytest.approx(0.5 / (1 - share) - 0.5)
        assert changes[row, at["bottom"]] == pytest.approx(0)
