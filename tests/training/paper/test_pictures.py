"""Figures 6 and 7: their sums by hand, their pictures where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.model.maps import ActivationMaps
from aesmap.training.paper.pictures import ShownPhoto, activation_figure, crop_figure


def photo(is_high: bool = True) -> ShownPhoto:
    evidence = np.array([[4.0, -2.0], [0.0, 2.0]], np.float32)
    image = np.full((60, 80, 3), 120, np.uint8)
    return ShownPhoto("a.jpg", image, ActivationMaps(evidence, 0.5), is_high)


def test_sums_by_hand() -> None:
    """Evidence 4 - 2 + 0 + 2 over four cells is 1: the maps are -E/2 and E/2."""
    assert photo().sums == (pytest.approx(-0.5), pytest.approx(0.5))


def test_high_photos_stand_left_and_low_ones_right() -> None:
    def ink(*photos: ShownPhoto) -> tuple[int, int]:
        """Pixels that stand out in the area of the tiles, left and right."""
        picture = np.asarray(activation_figure(photos).convert("L"))[110:270]
        middle = picture.shape[1] // 2
        return int((picture[:, :middle] < 200).sum()), int((picture[:, middle:] < 200).sum())

    left, right = ink(photo(is_high=True))
    assert left > 20 * right
    left, right = ink(photo(is_high=False))
    assert right > 20 * left
    left, right = ink(photo(True), photo(False))
    assert left == pytest.approx(right, rel=0.1)


def test_nothing_to_show_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        activation_figure([])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_crops_are_drawn_in_both_themes(theme) -> None:
    assert crop_figure(photo(), theme).width > 1000
