"""Small instruments for figures: probability, score, and the scale of the colours."""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.explain import overlay
from aesmap.explain.canvas import Colour, Sheet
from aesmap.explain.headline import as_percentage
from aesmap.explain.text_layout import MINUS
from aesmap.types import Box, FloatArray, Size, UInt8Array

LOWEST_SCORE, HIGHEST_SCORE = 1.0, 10.0
_SMALL, _MEDIUM, _HUGE = 16, 23, 44
_TRACK: Final = 8
_BAR: Final = 16


def draw_probability(sheet: Sheet, left: int, top: int, width: int, p_high: float) -> None:
    """The probability of the high level: a number over a bar that is full at 100 %."""
    label = "Probability of high"
    sheet.text(left, top + 16, label, size=_SMALL, width=width, fill=sheet.theme.muted)
    sheet.text(left, top + 66, as_percentage(p_high), size=_HUGE, width=width)
    draw_probability_bar(sheet, Box(left, top + 86, left + width, top + 86 + _TRACK), p_high)


def draw_probability_bar(sheet: Sheet, box: Box, p_high: float) -> None:
    """A bar filled from the left, warm above one half and cool below, with a notch at one half."""
    sheet.bar(box, sheet.theme.well)
    filled = round(box.width * p_high)
    if filled:
        fill = overlay.SPEAKS_FOR if p_high > 0.5 else overlay.WEIGHS_AGAINST
        # Never narrower than high: a sliver would not be seen as a rounded end.
        right = box.left + min(box.width, max(box.height, filled))
        sheet.bar(Box(box.left, box.top, right, box.bottom), fill)
    middle = (box.left + box.right) // 2
    sheet.bar(Box(middle - 1, box.top - 3, middle + 1, box.bottom + 3), sheet.theme.muted, radius=0)


def draw_score(
    sheet: Sheet, left: int, top: int, width: int, score: float, spread: float | None
) -> None:
    """The mean rating on 1-10: a number, and a dot on a line with a band of one spread each way."""
    theme = sheet.theme
    sheet.text(left, top + 16, "Score, 1 to 10", size=_SMALL, width=width, fill=theme.muted)
    end = sheet.text(left, top + 66, f"{score:.1f}", size=_HUGE, width=width)
    if spread is not None:
        room = left + width - end - 10
        note = f"± {spread:.1f}"
        sheet.text(end + 10, top + 66, note, size=_MEDIUM, width=room, fill=theme.muted)
    upper = top + 86
    sheet.bar(Box(left, upper, left + width, upper + _TRACK), theme.well)

    def place(rating: float) -> int:
        share = (rating - LOWEST_SCORE) / (HIGHEST_SCORE - LOWEST_SCORE)
        return left + round(width * min(1.0, max(0.0, share)))

    if spread is not None:
        low, high = place(score - spread), place(score + spread)
        if high > low:
            sheet.bar(Box(low, upper, high, upper + _TRACK), mixed(theme.muted, theme.well, 0.5))
    dot = min(max(place(score) - _TRACK, left), left + width - 2 * _TRACK)
    sheet.bar(Box(dot, upper - _TRACK // 2, dot + 2 * _TRACK, upper + _TRACK * 3 // 2), theme.ink)


def draw_evidence_scale(sheet: Sheet, left: int, top: int, width: int, limit: float) -> None:
    """The scale of the colours, 74 pixels high, with what its two ends mean."""
    theme = sheet.theme
    words = ("weighs against", "evidence, in log-odds", "speaks for")
    ramp = overlay.colour_evidence(_ramp(width, limit), Size(1, width), limit=limit)
    _draw_scale(sheet, left, top, ramp, limit, words, (theme.cool, theme.warm))


def draw_within_scale(sheet: Sheet, left: int, top: int, width: int) -> None:
    """The scale of evidence less its own mean, 74 pixels high."""
    ink, limit = sheet.theme.ink, overlay.WITHIN_LIMIT
    words = ("below the mean", "within this photo", "above the mean")
    ramp = overlay.colour_within(_ramp(width, limit), Size(1, width))
    _draw_scale(sheet, left, top, ramp, limit, words, (ink, ink))


def _ramp(width: int, limit: float) -> FloatArray:
    """Evidence (1,width) from one limit to the other, in even steps of opacity."""
    return overlay.evidence_at(np.linspace(-1, 1, width), limit)[None, :]


def _draw_scale(
    sheet: Sheet,
    left: int,
    top: int,
    ramp: UInt8Array,
    limit: float,
    words: tuple[str, str, str],
    inks: tuple[Colour, Colour],
) -> None:
    """A ramp of colours (1,W,4) with words above, and numbers where they belong below."""
    theme, width = sheet.theme, ramp.shape[1]
    right, third = left + width, width // 3  # of the width, for the words at each end
    middle = left + width // 2
    low, about, high = words
    sheet.text(left, top + 14, low, size=_SMALL, width=third, fill=inks[0])
    sheet.text(
        middle, top + 14, about, size=_SMALL, width=width // 2, align="centre", fill=theme.muted
    )
    sheet.text(right, top + 14, high, size=_SMALL, width=third, align="right", fill=inks[1])
    tall = np.repeat(overlay.flatten(ramp, theme.paper), _BAR, axis=0)
    bar = sheet.picture(left, top + 24, tall)
    sheet.frame(bar, theme.line)
    baseline = bar.bottom + 20
    between = limit / 6  # told besides, as the scale is not even
    place = round(width / 2 * float(overlay.opacity(np.array(between), limit)))
    for x, text in (
        (middle - place, f"{MINUS}{between:.2g}"),
        (middle, "0"),
        (middle + place, f"+{between:.2g}"),
    ):
        sheet.text(x, baseline, text, size=_SMALL, width=third, align="centre")
    sheet.text(left, baseline, f"{MINUS}{limit:g} or less", size=_SMALL, width=third)
    sheet.text(right, baseline, f"+{limit:g} or more", size=_SMALL, width=third, align="right")


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """``share`` of one colour and the rest of the other."""
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue
