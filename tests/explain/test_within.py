"""The picture of the evidence beside the evidence less its own mean."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import skimage.data

from aesmap.explain import overlay, within
from aesmap.explain.canvas import Sheet
from aesmap.explain.meters import draw_within_scale
from aesmap.explain.text_layout import MINUS
from aesmap.explain.within import within_panel
from aesmap.model.maps import ActivationMaps
from aesmap.types import Size


def sheet_of(monkeypatch: pytest.MonkeyPatch, photo: np.ndarray, evidence: np.ndarray) -> Sheet:
    """The sheet that the panel is drawn on."""
    sheets: list[Sheet] = []

    class Kept(Sheet):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)  # type: ignore[arg-type]
            sheets.append(self)

    monkeypatch.setattr(within, "Sheet", Kept)
    within_panel(photo, ActivationMaps(evidence, 0.2), title="IMG_0412.jpg")
    return sheets[0]


@pytest.mark.parametrize("size", [(200, 300), (300, 200), (60, 600), (600, 40), (1, 1)], ids=str)
def test_nothing_overlaps(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    photo = np.full((*size, 3), 90, np.uint8)
    sheet = sheet_of(monkeypatch, photo, np.full((6, 9), 2, np.float32))

    assert len(sheet.pictures) == 5  # three tiles and two scales
    boxes = [box for _, box in sheet.lines] + sheet.pictures
    for one, other in combinations(boxes, 2):
        assert one.iou(other) == 0, f"{one} and {other} overlap"


def test_tiles_hold_the_maps_and_captions_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = skimage.data.chelsea()
    evidence = np.full((6, 9), 7, np.float32)
    evidence[:, :3] = 4  # mean 6: the left is -2, the rest +1
    sheet = sheet_of(monkeypatch, photo, evidence)
    words = " | ".join(line for line, _ in sheet.lines)
    box = sheet.pictures[2]
    tile = np.asarray(sheet.image)[box.top : box.bottom, box.left : box.right].astype(int)
    grey, drawn = tile[..., 1], tile[..., 1] - (tile[..., 0] + tile[..., 2]) // 2

    assert "mean +6.00" in words
    assert f"cells from {MINUS}2.00 to +1.00" in words
    assert drawn[:, -50:].mean() > 5  # green above the mean
    assert drawn[:, :50].mean() < -5  # rose below it
    assert np.std(grey) > 10  # of the photograph


def test_its_scale_runs_from_rose_to_green() -> None:
    from aesmap.explain.canvas import LIGHT

    sheet = Sheet(Size(120, 500), LIGHT)
    draw_within_scale(sheet, 20, 10, 440)
    (bar,) = sheet.pictures
    ramp = np.asarray(sheet.image)[(bar.top + bar.bottom) // 2, bar.left + 1 : bar.right - 1]

    np.testing.assert_allclose(ramp[0], overlay.BELOW_MEAN, atol=2)
    np.testing.assert_allclose(ramp[-1], overlay.ABOVE_MEAN, atol=2)
    assert f"+{overlay.WITHIN_LIMIT:g} or more" in [line for line, _ in sheet.lines]
