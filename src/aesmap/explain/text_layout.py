"""Text in Pillow's built-in font: measured, shortened, and only with characters that it has.

The font (Aileron, from ``ImageFont.load_default``) ships inside Pillow, so pictures look the same
on every machine. It covers ASCII and a little more: no accents, no other scripts, no minus sign.
The minus is drawn here; letters lose their accents; what remains unknown becomes a question mark,
never the empty box of a missing glyph.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MINUS: Final = "\N{MINUS SIGN}"
_ELLIPSIS: Final = "…"
_UNKNOWN: Final = "?"
_PROBE_SIZE: Final = 24
_SPACE: Final = 0.3  # of the size; the font's own space is rounded to 4 px at 16 px, too little
# Letters that have no decomposition into a base letter and an accent.
_SPELLED: Final = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l",
        "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "×": "x", "–": "-", "—": "-", "‑": "-",
    }
)  # fmt: skip


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The built-in font at ``size`` pixels; Pillow's wheels all carry the FreeType it needs."""
    built_in = ImageFont.load_default(size)
    if not isinstance(built_in, ImageFont.FreeTypeFont):
        raise RuntimeError("pictures with text need a Pillow that was built with FreeType")
    return built_in


def spell(text: str) -> str:
    """``text`` in characters that can be drawn, on one line."""
    return "".join(_spell_one(char) for char in text.translate(_SPELLED))


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
    face = font(size)
    x = float(left)
    for run in _runs(spell(text)):
        if run == MINUS:
            _draw_minus(draw, x, baseline, size, fill)
        elif run != " ":
            draw.text((x, baseline), run, font=face, fill=fill, anchor="ls")
        x += _run_length(run, size)


def _draw_minus(
    draw: ImageDraw.ImageDraw, x: float, baseline: int, size: int, fill: tuple[int, int, int]
) -> None:
    left, top, right, bottom = _plus_bar(size)
    box = (round(x) + left, baseline + top, round(x) + right - 1, baseline + bottom - 1)
    draw.rectangle(box, fill=fill)


@lru_cache(maxsize=64)
def _plus_bar(size: int) -> tuple[int, int, int, int]:
    """The level bar of the plus sign, relative to its origin on the baseline; half open."""
    width, height = size, 2 * size
    cell = Image.new("L", (width, height))
    ImageDraw.Draw(cell).text((0, size), "+", font=font(size), fill=255, anchor="ls")
    ink = np.asarray(cell, dtype=np.int64)
    rows = ink.sum(axis=1)
    bar_rows = np.flatnonzero(rows > rows.max() / 2)  # the upright has a fifth of the bar's ink
    columns = np.flatnonzero(ink.max(axis=0) > 127)
    return (
        int(columns[0]),
        int(bar_rows[0]) - size,
        int(columns[-1]) + 1,
        int(bar_rows[-1]) + 1 - size,
    )


def _runs(spelled: str) -> list[str]:
    """A line as minus signs, spaces, and the runs between them."""
    return [run for run in re.split(f"([ {MINUS}])", spelled) if run]


def _run_length(run: str, size: int) -> float:
    if run == " ":
        return size * _SPACE
    return font(size).getlength("+" if run == MINUS else run)


def _width(spelled: str, size: int) -> int:
    return math.ceil(sum(_run_length(run, size) for run in _runs(spelled)))


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
    if char == MINUS or _has_glyph(char):
        return char
    if char.isspace():
        return " "
    letters = "".join(
        part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
    )
    if letters and letters != char and all(_has_glyph(letter) for letter in letters):
        return letters
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return ""  # the accent of a decomposed letter, a joiner: nothing of its own to show
    return _UNKNOWN


def _has_glyph(char: str) -> bool:
    """Whether the font knows a character: it draws all unknown ones as one and the same box."""
    return _picture(char) != _picture("\N{REPLACEMENT CHARACTER}") and char.isprintable()


@lru_cache(maxsize=4096)
def _picture(char: str) -> tuple[tuple[int, int], bytes]:
    mask = font(_PROBE_SIZE).getmask(char)
    return mask.size, bytes(mask)
