"""Figures about crops."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.explain import canvas, crop_figures, overlay
from aesmap.explain.canvas import Sheet, fitted, resized
from aesmap.explain.crop_figures import crop_preview, fig7_strip
from aesmap.model.maps import ActivationMaps
from aesmap.types import Box, Size


def maps() -> ActivationMaps:
    random = np.random.default_rng(4)
    return ActivationMaps(
        random.normal(0.3, 1.5, (7, 9)).astype(np.float32),
        0.0,
        ("Landscape", "Science and Technology"),
        random.normal(0.3, 1.5, (2, 7, 9)).astype(np.float32),
        np.zeros(2, dtype=np.float32),
    )


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """Every sheet that the figures draw on."""
    kept: list[Sheet] = []

    class KeptSheet(Sheet):
        def __init__(self, size: Size, theme: canvas.Theme) -> None:
            super().__init__(size, theme)
            kept.append(self)

    monkeypatch.setattr(crop_figures, "Sheet", KeptSheet)
    return kept


FULL: dict[str, Any] = {
    "aesam_box": Box(1, 0, 3, 1),
    "attribute": "Science and Technology",
    "attribute_box": Box(0, 0, 2, 1),
    "merged_box": Box(0, 0, 3, 1),
    "title": "IMG_0412.jpg",
}


@pytest.mark.parametrize(
    "shape", [(1, 3), (300, 200), (200, 300), (100, 300), (60, 600), (600, 60), (2, 900)], ids=str
)
@pytest.mark.parametrize("given_boxes", [FULL, {"aesam_box": None}], ids=["full", "bare"])
@pytest.mark.filterwarnings("error")
def test_strips_of_any_shape_overlap_nothing(
    sheets: list[Sheet], shape: tuple[int, int], given_boxes: dict[str, Any]
) -> None:
    image = fig7_strip(noise(*shape), maps(), **given_boxes)
    (sheet,) = sheets

    assert image.width <= 2000
    assert len(sheet.pictures) == (8 if "merged_box" in given_boxes else 2)
    boxes = [box for _, box in sheet.lines] + sheet.pictures
    for one, other in combinations(boxes, 2):
        assert one.iou(other) == 0
    assert not any("…" in line for line, _ in sheet.lines)


def test_a_strip_shows_the_maps_and_the_crops(sheets: list[Sheet]) -> None:
    photo = skimage.data.chelsea()
    box = Box(100, 20, 400, 280)
    fig7_strip(
        photo,
        maps(),
        aesam_box=box,
        attribute="Landscape",
        attribute_box=Box(50, 0, 350, 290),
        merged_box=Box(75, 10, 375, 285),
    )
    (sheet,) = sheets
    pixels = np.asarray(sheet.image)
    shown = [pixels[b.top : b.bottom, b.left : b.right] for b in sheet.pictures]
    tile = Size(*shown[0].shape[:2])
    small = resized(photo, tile)
    high = overlay.colour_positive(maps().evidence, tile, pigment=overlay.SPEAKS_FOR)
    attribute = overlay.colour_positive(
        maps().attribute_map("Landscape"),
        tile,
        pigment=overlay.ATTRIBUTE,
        limit=overlay.ATTRIBUTE_LIMIT,
    )

    np.testing.assert_array_equal(shown[0], small)
    np.testing.assert_array_equal(shown[1], overlay.blend(small, high))
    np.testing.assert_array_equal(shown[4], overlay.blend(small, attribute))
    for index, framed_box in ((2, box), (5, Box(50, 0, 350, 290))):
        framed = shown[index - 1].copy()
        scaled = crop_figures._scaled(framed_box, Size(300, 451), tile)
        crop_figures._draw_frame(framed, scaled, 2)
        np.testing.assert_array_equal(shown[index], framed)
    crop = fitted(box.size, Size(tile.height, 226))
    np.testing.assert_array_equal(shown[3], resized(photo[20:280, 100:400], crop))
    words = [line for line, _ in sheet.lines]
    assert "Landscape" in words
    assert "300 x 260" in words
    # 300 * 260 of 451 * 300 pixels
    assert "58 % of the photo" in words


def test_a_frame_lies_around_its_box() -> None:
    picture = np.full((60, 80, 3), 90, dtype=np.uint8)
    crop_figures._draw_frame(picture, Box(20, 20, 50, 40), 2)

    assert (picture[20:40, 20:50] == 90).all()
    # From inside to outside: dark, white, white, dark.
    assert picture[30, 19:15:-1, 0].tolist() == [0, 255, 255, 0]
    assert picture[30, 50:54, 0].tolist() == [0, 255, 255, 0]
    assert picture[40:44, 30, 0].tolist() == [0, 255, 255, 0]
    assert (picture[:16] == 90).all()
    assert (picture[44:] == 90).all()


@pytest.mark.parametrize(
    ("box", "scaled"),
    [
        (Box(0, 0, 400, 300), Box(0, 0, 100, 75)),
        (Box(100, 40, 300, 200), Box(25, 10, 75, 50)),
        (Box(399, 299, 400, 300), Box(99, 74, 100, 75)),
        (Box(200, 100, 201, 101), Box(50, 25, 51, 26)),
    ],
)
def test_boxes_are_scaled_with_their_photo(box: Box, scaled: Box) -> None:
    assert crop_figures._scaled(box, Size(300, 400), Size(75, 100)) == scaled


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"aesam_box": None}, "No part of the photo"),
        ({"attribute": None}, "No attribute agrees"),
        ({"attribute_box": None}, "No box for Science"),
        ({"merged_box": None}, "No crop."),
    ],
)
def test_what_is_missing_is_said(sheets: list[Sheet], missing: dict[str, Any], words: str) -> None:
    fig7_strip(noise(200, 300), maps(), **(FULL | missing))
    (sheet,) = sheets

    assert words in " ".join(line for line, _ in sheet.lines)
    assert len(sheet.pictures) < 8


def test_strips_are_the_same_every_time() -> None:
    one, other = (fig7_strip(noise(20, 30), maps(), **FULL, theme="dark") for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_unknown_attributes_and_boxes_outside_are_refused() -> None:
    with pytest.raises(KeyError, match="Macro"):
        fig7_strip(noise(20, 30), maps(), aesam_box=None, attribute="Macro")
    with pytest.raises(ValueError, match="not inside"):
        fig7_strip(noise(20, 30), maps(), aesam_box=Box(0, 0, 31, 20))
    with pytest.raises(ValueError, match="not inside"):
        crop_preview(noise(20, 30), Box(-1, 0, 30, 20))
    with pytest.raises(ValueError, match="dim"):
        crop_preview(noise(20, 30), Box(0, 0, 30, 20), dim=2)


def test_a_preview_keeps_the_crop_and_dims_the_rest() -> None:
    photo = skimage.data.coffee()
    box = Box(150, 80, 450, 330)
    shown = np.asarray(crop_preview(photo, box))

    np.testing.assert_array_equal(shown[80:330, 150:450], photo[80:330, 150:450])
    outside = np.ones(photo.shape[:2], dtype=bool)
    outside[70:340, 140:460] = False
    before, after = photo[outside].astype(float), shown[outside].astype(float)
    # 1 - dim = 0.38 of the light, and half of the colour.
    assert after.mean() == pytest.approx(0.38 * before.mean(), abs=0.5)
    assert np.ptp(after, axis=1).mean() == pytest.approx(
        0.19 * np.ptp(before, axis=1).mean(), abs=1
    )


def test_thirds_lie_at_the_thirds_of_the_crop() -> None:
    photo = np.full((200, 300, 3), 101, dtype=np.uint8)
    shown = np.asarray(crop_preview(photo, Box(60, 50, 240, 140), thirds=True))[50:140, 60:240, 0]
    line = (101 + 255) // 2

    assert np.flatnonzero((shown == line).all(axis=1)).tolist() == []  # the lines cross
    assert np.flatnonzero(shown[5] != 101).tolist() == [60, 120]
    assert np.flatnonzero(shown[:, 5] != 101).tolist() == [30, 60]
    assert shown[5, 60] == line


@settings(deadline=None, max_examples=40)
@given(st.data(), st.integers(1, 90), st.integers(1, 90), st.integers(1, 60))
def test_previews_of_any_box(data: st.DataObject, height: int, width: int, max_side: int) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right = data.draw(st.integers(left + 1, width))
    box = Box(left, top, right, data.draw(st.integers(top + 1, height)))
    image = crop_preview(noise(height, width), box, thirds=True, max_side=max_side)

    assert max(image.size) == min(max_side, max(height, width))
    assert crop_preview(noise(height, width), box, max_side=None).size == (width, height)
