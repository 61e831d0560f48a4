"""Figures 6 and 7: their sums by hand, their pictures where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.model.maps import ActivationMaps
from aesmap.training.paper.pictures import ShownPhoto, activation_figure, crop_figure
from aesmap.training.paper.shown_photos import by_rules


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


def test_rules_for_attribute_maps_by_hand() -> None:
    """Three photographs whose evidence lies left; Sky's map agrees with it and Water's does not."""
    left, right = np.zeros((2, 4), np.float32), np.zeros((2, 4), np.float32)
    left[:, :2], right[:, 2:] = 4.0, 4.0

    def shown(labels: tuple[str, ...], bias: list[float]) -> ShownPhoto:
        names = ("Sky", "Water", "Floral", "Urban")
        stack = np.stack([left, right, right, right])
        maps = ActivationMaps(left, 0.0, names, stack, np.array(bias, np.float32))
        return ShownPhoto("a.jpg", np.full((40, 80, 3), 90, np.uint8), maps, True, labels)

    found = by_rules(
        [
            shown(("Sky",), [0, 0, 0, -9]),  # in the top three, and agrees by both rules
            shown(("Water",), [0, 0, 0, -9]),  # in the top three, elsewhere; ours finds Sky
            shown(("Urban",), [-9, 0, 0, -5]),  # third; Sky is fourth, so ours finds none
            shown((), [0, 0, 0, -9]),
        ]
    )
    assert found == {
        "photographs": 4,
        "labelled": 3,
        "label_in_top3": 3,
        "label_agrees": 1,
        "overlap_agrees": 3,
        "overlap_is_label": 1,
    }
