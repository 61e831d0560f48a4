"""Contact sheets."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from aesmap.errors import UsageError
from aesmap.explain import contact_sheet as module
from aesmap.explain import overlay
from aesmap.explain.contact_sheet import MAX_ITEMS, SheetItem, contact_sheet, contact_sheets


def item(index: int, shape: tuple[int, int] = (20, 30), p_high: float | None = 0.7) -> SheetItem:
    """A photograph of one colour, which tells where it was put."""
    photo = np.full((*shape, 3), (index, 255 - index, 128), dtype=np.uint8)
    return SheetItem(photo, f"IMG_{index:04}.jpg", p_high, 5.0 + index / 100)


@pytest.mark.filterwarnings("error")
def test_items_stand_in_the_order_given() -> None:
    sheet = module._draw([item(index) for index in (40, 10, 30, 20)], 3, "", "light")
    pixels = np.asarray(sheet.image)
    lefts = [box.left for box in sheet.pictures]
    tops = [box.top for box in sheet.pictures]

    assert [int(pixels[box.top, box.left, 0]) for box in sheet.pictures] == [40, 10, 30, 20]
    assert lefts[0] < lefts[1] < lefts[2]
    assert lefts[3] == lefts[0]
    assert tops[0] == tops[1] == tops[2] < tops[3]


@pytest.mark.parametrize("columns", [1, 2, 6, 12])
def test_any_shapes_and_names_overlap_nothing(columns: int) -> None:
    shapes = [(1, 1), (300, 20), (20, 300), (40, 30), (1, 500), (500, 1), (30, 40)]
    items = [item(index, shape) for index, shape in enumerate(shapes)]
    items.append(
        SheetItem(items[0].image_rgb, "名前" + "long_" * 40 + ".jpg", None, note="why " * 50)
    )
    items.append(SheetItem(items[0].image_rgb, "", 1.0, -123456.0, "why " * 50))
    sheet = module._draw(items, columns, "A title " * 60, "dark")

    assert len(sheet.pictures) == len(items)
    boxes = [box for _, box in sheet.lines] + sheet.pictures
    for one, other in combinations(boxes, 2):
        assert one.iou(other) == 0


def test_each_assessment_is_shown() -> None:
    black = np.zeros((20, 30, 3), dtype=np.uint8)
    items = [
        SheetItem(black, "good.jpg", 0.87, 6.5),
        SheetItem(black, "poor.jpg", 0.12, 4.1, "unfamiliar"),
        SheetItem(black, "broken.jpg", None, note="cannot be read"),
    ]
    sheet = module._draw(items, 3, "", "light")
    words = [line for line, _ in sheet.lines]
    pixels = np.asarray(sheet.image)
    for expected in ("good.jpg", "87 % high", "6.5", "12 % high, unfamiliar", "4.1"):
        assert expected in words
    assert "cannot be read" in words

    warm = (pixels == overlay.SPEAKS_FOR).all(axis=-1)
    cool = (pixels == overlay.WEIGHS_AGAINST).all(axis=-1)
    first, second, third = sheet.pictures
    columns = slice(first.left, first.right), slice(second.left, second.right)
    assert warm[:, columns[0]].any()
    assert not cool[:, columns[0]].any()
    assert cool[:, columns[1]].any()
    assert not warm[:, columns[1]].any()
    assert not (warm | cool)[:, third.left : third.right].any()


def test_sheets_hold_all_items_once_and_ask_for_them_as_they_go() -> None:
    asked: list[int] = []

    def items() -> object:
        for index in range(7):
            asked.append(index)
            yield item(index)

    pages = contact_sheets(items(), columns=2, rows=2)  # type: ignore[arg-type]
    first = next(pages)
    assert asked == [0, 1, 2, 3]
    second = next(pages)
    assert list(pages) == []
    assert asked == list(range(7))
    reds = {colour[0] for page in (first, second) for colour in colours(page)}
    assert set(range(7)) <= reds


def colours(page: Image.Image) -> list[tuple[int, int, int]]:
    """Colours that fill as much as a thumbnail does."""
    counted = page.getcolors(maxcolors=1 << 20)
    assert counted is not None
    return [colour for count, colour in counted if count > 5000]  # type: ignore[misc]


def test_a_short_sheet_is_no_wider_than_its_photos() -> None:
    assert contact_sheet([item(1)]).width < 320
    assert contact_sheet([item(1)] * 6).width == 1540


def test_limits_of_a_sheet() -> None:
    with pytest.raises(UsageError, match="not 0"):
        contact_sheet([])
    with pytest.raises(UsageError, match=f"1 to {MAX_ITEMS}"):
        contact_sheet([item(1)] * (MAX_ITEMS + 1))
    with pytest.raises(UsageError, match="columns"):
        contact_sheet([item(1)], columns=13)
    with pytest.raises(UsageError, match="rows, columns"):
        next(contact_sheets([item(1)], rows=100))


def test_sheets_are_the_same_every_time() -> None:
    one, other = (contact_sheet([item(3), item(4)], title="A day") for _ in range(2))
    assert one.tobytes() == other.tobytes()
