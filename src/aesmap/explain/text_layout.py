"""Text in the bundled fonts: measured, shortened, and only with characters that they have.

Noto Sans has Latin, Greek and Cyrillic letters, Noto Sans CJK the common Chinese, Japanese and
Korean ones (SIL Open Font License; made by ``scripts/subset_fonts.py``). So pictures look the same
on every machine. Other characters are escaped as ``\\u05d0``: captions can be told apart in any
script, and no letter becomes the empty box of a missing glyph.
"""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MINUS: Final = "\N{MINUS SIGN}"
_ELLIPSIS: Final = "…"
_FONTS: Final = ("NotoSans.ttf", "NotoSansCJK.otf")
_PROBE_SIZE: Final = 24
_SCALE: Final = 0.97  # of the layouts, which were drawn for a narrower face
_ASCENT, _DESCENT = 0.97, 0.26
_NO_CHARACTER: Final = "\uffff"  # in no font, and never will be


def signed(value: float) -> str:
    """Write a number with its sign and two decimals: ``+1.80``, ``−0.25``."""
    return f"{value:+.2f}".replace("-", MINUS)


@lru_cache(maxsize=128)
def font(size: int, face: int = 0) -> ImageFont.FreeTypeFont:
    """Return a bundled font at ``size`` pixels; Pillow's wheels carry the FreeType it needs."""
    path = files("aesmap") / "assets" / "fonts" / _FONTS[face]
    return ImageFont.truetype(str(path), _SCALE * size, layout_engine=ImageFont.Layout.BASIC)


def line_box(size: int) -> tuple[int, int]:
    """Return how far letters reach above and below their baseline, in pixels.

    The fonts' own metrics leave room for stacked accents that no caption has.
    """
    return round(_ASCENT * size), math.ceil(_DESCENT * size)


def spell(text: str) -> str:
    """Spell ``text`` in characters that can be drawn, on one line."""
    return "".join(_spell_one(char) for char in unicodedata.normalize("NFC", text))


def text_width(text: str, size: int) -> int:
    """Width in pixels of ``text``, spelled, at ``size``, rounded up."""
    return _width(spell(text), size)


def elide_middle(text: str, size: int, width: int) -> str:
    """``text`` spelled and, where it is wider than ``width``, with its middle left out.

    The end stays as long as the beginning: it tells ``IMG_0412.jpg`` from ``IMG_0413.jpg``.
    """
    return _elide(spell(text), size, width, end_share=0.5)


def wrap(text: str, size: int, width: int, max_lines: int) -> list[str]:
    """``text`` spelled and broken at spaces into lines that fit; what is too much is left out."""
    words = spell(text).split()
    lines: list[str] = []
    while words and len(lines) < max_lines - 1:
        count = 1
        while count < len(words) and _width(" ".join(words[: count + 1]), size) <= width:
            count += 1
        lines.append(_elide(" ".join(words[:count]), size, width, end_share=0))
        words = words[count:]
    if words:
        lines.append(_elide(" ".join(words), size, width, end_share=0))
    return lines


def draw_text(
    draw: ImageDraw.ImageDraw,
    left: int,
    baseline: int,
    text: str,
    *,
    size: int,
    fill: tuple[int, int, int],
) -> None:
    """Write ``text``, spelled, with its first letter at ``left`` and its foot on ``baseline``."""
    x = float(left)
    for face, run in _runs(spell(text)):
        if run[0] == MINUS:
            for number in range(len(run)):
                _draw_minus(draw, x + number * _minus_width(size), baseline, size, fill)
        else:
            draw.text((x, baseline), run, font=font(size, face), fill=fill, anchor="ls")
        x += _run_width(face, run, size)


def _draw_minus(
    draw: ImageDraw.ImageDraw, x: float, baseline: int, size: int, fill: tuple[int, int, int]
) -> None:
    """The level bar of the plus sign, for the font has no minus sign."""
    left, top, right, bottom = _plus_bar(size)
    box = (round(x) + left, baseline + top, round(x) + right - 1, baseline + bottom - 1)
    draw.rectangle(box, fill=fill)


@lru_cache(maxsize=64)
def _plus_bar(size: int) -> tuple[int, int, int, int]:
    """The level bar of the plus sign, relative to its origin on the baseline; half open."""
    cell = Image.new("L", (size, 2 * size))
    ImageDraw.Draw(cell).text((0, size), "+", font=font(size), fill=255, anchor="ls")
    ink = np.asarray(cell, dtype=np.int64)
    rows = ink.sum(axis=1)
    bar_rows = np.flatnonzero(rows > rows.max() / 2)  # the upright has a fifth of the bar's ink
    columns = np.flatnonzero(ink.max(axis=0) > 127)
    top, bottom = int(bar_rows[0]) - size, int(bar_rows[-1]) + 1 - size
    return int(columns[0]), top, int(columns[-1]) + 1, bottom


def _minus_width(size: int) -> float:
    return font(size).getlength("+")


def _run_width(face: int, run: str, size: int) -> float:
    if run[0] == MINUS:
        return len(run) * _minus_width(size)
    return font(size, face).getlength(run)


def _runs(spelled: str) -> list[tuple[int, str]]:
    """A line as runs of one font each, with the number of that font."""
    groups = groupby(spelled, key=lambda char: (_face_of(char), char == MINUS))
    return [(face, "".join(run)) for (face, _), run in groups]


def _width(spelled: str, size: int) -> int:
    return math.ceil(sum(_run_width(face, run, size) for face, run in _runs(spelled)))


def _elide(spelled: str, size: int, width: int, end_share: float) -> str:
    """The line, or as many of its characters as fit with an ellipsis; a share from its end."""
    if _width(spelled, size) <= width:
        return spelled

    def shortened(kept: int) -> str:
        tail = int(kept * end_share)
        start = spelled[: kept - tail].rstrip()
        return start + _ELLIPSIS + spelled[len(spelled) - tail :].lstrip()

    fewest, most = 0, len(spelled) - 1
    while fewest < most:
        kept = (fewest + most + 1) // 2
        if _width(shortened(kept), size) <= width:
            fewest = kept
        else:
            most = kept - 1
    return shortened(fewest)


@lru_cache(maxsize=4096)
def _spell_one(char: str) -> str:
    if char == MINUS:
        return char
    if char.isspace():
        return " "
    if any(_has_glyph(char, face) for face in range(len(_FONTS))):
        return char
    if unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return ""  # a joiner, the accent of a letter that is escaped: nothing of its own to show
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=4096)
def _face_of(char: str) -> int:
    """The first font that has a character."""
    return next((face for face in range(len(_FONTS)) if _has_glyph(char, face)), 0)


def _has_glyph(char: str, face: int) -> bool:
    """Whether a font knows a character: it draws all unknown ones as one and the same box."""
    if char == " ":
        return face == 0
    return char.isprintable() and _picture(char, face) != _picture(_NO_CHARACTER, face)


@lru_cache(maxsize=4096)
def _picture(char: str, face: int) -> tuple[tuple[int, int], bytes]:
    mask = font(_PROBE_SIZE, face).getmask(char)
    return mask.size, bytes(mask)
