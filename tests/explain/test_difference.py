"""The picture of two judges and of what lies between them."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from aesmap.explain.difference import difference_panel
from aesmap.model.maps import ActivationMaps


def maps_of(difference: np.ndarray) -> ActivationMaps:
    evidence = np.full((6, 9), 0.5, np.float32)
    return ActivationMaps(
        evidence=evidence + difference, bias=0.2, difference=difference, difference_bias=-0.3
    )


@pytest.mark.parametrize("size", [(200, 300), (300, 200), (60, 600), (600, 40), (1, 1)], ids=str)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_shape_is_drawn(size: tuple[int, int], theme: str) -> None:
    photo = np.full((*size, 3), 90, np.uint8)
    panel = difference_panel(photo, maps_of(np.zeros((6, 9), np.float32)), title="x", theme=theme)  # type: ignore[arg-type]
    assert panel.width >= 1000


def test_the_last_tile_shows_where_the_judges_differ() -> None:
    photo = skimage.data.chelsea()
    left = np.zeros((6, 9), np.float32)
    left[:, :4] = 6
    panel = np.asarray(difference_panel(photo, maps_of(left)), dtype=float)
    none = np.asarray(difference_panel(photo, maps_of(0 * left)), dtype=float)
    tile = (panel.shape[1] - 80 + 20) // 4
    changed = np.abs(panel - none).sum(axis=(0, 2))
    start = 40 + 3 * tile
    assert changed[start : start + tile // 3].min() > 100 * changed[start + tile * 2 // 3 :].max()
    assert changed[: 40 + tile - 20].max() == 0  # the photograph itself stays


def test_without_a_taste_there_is_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="taste"):
        difference_panel(
            np.zeros((20, 20, 3), np.uint8), ActivationMaps(np.zeros((2, 2), np.float32), 0.0)
        )


def test_a_difference_has_the_maps_own_shape() -> None:
    with pytest.raises(ValueError, match="difference"):
        ActivationMaps(np.zeros((2, 2), np.float32), 0.0, difference=np.zeros((3, 2), np.float32))
