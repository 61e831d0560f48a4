"""A sheet to draw figures on: two themes, and text and pictures that stay inside it.

Everything written or placed is recorded as a box and must lie on the sheet; a figure whose text
ran over its edge would be a bug in its layout, so the sheet asserts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from aesmap.errors import UsageError
from aesmap.explain.text_layout import draw_text, elide_middle, line_box, text_width
from aesmap.types import Box, Size, UInt8Array

Colour: TypeAlias = tuple[int, int, int]
ThemeName: TypeAlias = Literal["light", "dark"]
Align: TypeAlias = Literal["left", "centre", "right"]

_SMOOTHING: Final = 4  # shapes are drawn this much larger and reduced: Pillow's have hard edges


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a sheet: its paper, its text, text that matters less, lines, and empty bars.

    ``warm`` and ``cool`` are the two pigments as text, dark or light enough to read on the paper.
    """

    paper: Colour
    ink: Colour
    muted: Colour
    line: Colour
    well: Colour
    warm: Colour
    cool: Colour


LIGHT: Final = Theme(
    paper=(250, 250, 250),
    ink=(28, 30, 33),
    muted=(98, 103, 110),
    line=(216, 219, 223),
    well=(231, 233, 236),
    warm=(176, 84, 0),
    cool=(24, 100, 200),
)
DARK: Final = Theme(
    paper=(22, 24, 27),
    ink=(236, 238, 240),
    muted=(156, 162, 170),
    line=(62, 66, 72),
    well=(48, 51, 56),
    warm=(245, 152, 62),
    cool=(110, 174, 255),
)


def theme_named(name: str) -> Theme:
    """``light`` or ``dark``; ``UsageError`` for any other name."""
    themes = {"light": LIGHT, "dark": DARK}
    if name not in themes:
        raise UsageError(f"theme: {name!r} is unknown; use light or dark")
    return themes[name]


class Sheet:
    """A sheet of ``size`` in one theme.

    ``lines`` are the lines of text written so far with their boxes, ``pictures`` the boxes of the
    pictures placed.
    """

    def __init__(self, size: Size, theme: Theme) -> None:
        self.size = size
        self.theme = theme
        self.image = Image.new("RGB", (size.width, size.height), theme.paper)
        self.lines: list[tuple[str, Box]] = []
        self.pictures: list[Box] = []
        self._draw = ImageDraw.Draw(self.image)

    def text(
        self,
        x: int,
        baseline: int,
        text: str,
        *,
        size: int,
        width: int,
        fill: Colour | None = None,
        align: Align = "left",
    ) -> int:
        """Write one line, elided to ``width``, and return the x where it ends.

        ``x`` is its left edge, its centre or its right edge. Letters may be ``size`` pixels high.
        """
        line = elide_middle(text, size, width)
        taken = text_width(line, size)
        left = x - {"left": 0, "centre": taken // 2, "right": taken}[align]
        if taken:
            ascent, descent = line_box(size)
            box = Box(left, baseline - ascent, left + taken, baseline + descent)
            assert taken <= width, f"{line!r} is {taken} px wide, not {width}"
            self._assert_on_sheet(box)
            self.lines.append((line, box))
            draw_text(self._draw, left, baseline, line, size=size, fill=fill or self.theme.ink)
        return left + taken

    def picture(self, left: int, top: int, image_rgb: UInt8Array) -> Box:
        """Place a picture (H,W,3) with its upper left corner at ``(left, top)``."""
        height, width = image_rgb.shape[:2]
        box = Box(left, top, left + width, top + height)
        self._assert_on_sheet(box)
        self.pictures.append(box)
        self.image.paste(Image.fromarray(image_rgb), (left, top))
        return box

    def bar(self, box: Box, fill: Colour, *, radius: int | None = None) -> None:
        """A filled bar with round corners: full half circles unless ``radius`` says otherwise."""
        self._assert_on_sheet(box)
        corner = min(box.width, box.height) / 2 if radius is None else radius
        mask = Image.new("L", (box.width * _SMOOTHING, box.height * _SMOOTHING))
        ImageDraw.Draw(mask).rounded_rectangle(
            (0, 0, mask.width - 1, mask.height - 1), corner * _SMOOTHING, fill=255
        )
        self.image.paste(fill, box.as_tuple(), mask.reduce(_SMOOTHING))

    def frame(self, box: Box, fill: Colour, *, width: int = 1) -> None:
        """A frame of ``width`` pixels just inside ``box``."""
        self._assert_on_sheet(box)
        self._draw.rectangle(
            (box.left, box.top, box.right - 1, box.bottom - 1), outline=fill, width=width
        )

    def rule(self, left: int, right: int, y: int) -> None:
        """A thin horizontal line."""
        self._draw.line((left, y, right - 1, y), fill=self.theme.line)

    def _assert_on_sheet(self, box: Box) -> None:
        inside = box.left >= 0 and box.top >= 0
        inside = inside and box.right <= self.size.width and box.bottom <= self.size.height
        assert inside, f"{box} is not on a sheet of {self.size}"


def fitted(photo: Size, room: Size) -> Size:
    """The largest size with the photo's proportions inside ``room``, at least one pixel each way.

    Small photos are enlarged: figures show all photos alike.
    """
    scale = min(room.width / photo.width, room.height / photo.height)
    return Size(
        min(room.height, max(1, round(photo.height * scale))),
        min(room.width, max(1, round(photo.width * scale))),
    )


def resized(image_rgb: UInt8Array, size: Size) -> UInt8Array:
    """A photograph (H,W,3) at another size, for looking at: never for the network."""
    photo = Image.fromarray(image_rgb)
    small = photo.resize((size.width, size.height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(small)
