"""Two charts of a taste's page, as SVG: what was measured, and what is liked more and less."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any, Final

from aesmap.taste.words import liked_value

_WIDTH: Final = 560
_ROW: Final = 30
_NAMES: Final = 172
"""Room for names on the left, in the chart's units."""
_NUMBERS: Final = 150
"""Room for numbers on the right."""
_LEAST_REACH: Final = 0.25
"""So that a chart of nothing much does not look like one of something."""


def worth_chart(crowd: Sequence[float], mine: Sequence[float]) -> str:
    """Two bars from one half, which is chance, to one, with 95 % intervals.

    Parameters
    ----------
    crowd, mine
        Share of held-out pairs in the right order, with its interval's ends, 0 to 1.
    """
    ends = [*crowd, *mine, 0.5, 1.0]
    low = min(ends)
    place = _scale(low, 1.0)
    rows = [f'<line class="zero" x1="{place(0.5)}" x2="{place(0.5)}" y1="0" y2="{2 * _ROW}"/>']
    for row, (name, kind, (value, least, most)) in enumerate(
        (("the crowd's judge", "", crowd), ("yours", " mine", mine))
    ):
        middle = _ROW * row + _ROW / 2
        left, right = sorted((place(0.5), place(value)))
        rows += [
            _name(name, middle),
            f'<rect class="bar{kind}" x="{left}" y="{middle - 7}" width="{right - left:.1f}"'
            ' height="14" rx="2"/>',
            f'<line class="reach" x1="{place(least)}" x2="{place(most)}" y1="{middle}"'
            f' y2="{middle}"/>',
            _number(f"{value:.0%} [{100 * least:.0f}, {100 * most:.0f}]", middle),
        ]
    foot = 2 * _ROW + 16
    rows.append(
        f'<text class="muted" x="{place(0.5)}" y="{foot}" text-anchor="middle">chance, 50%</text>'
    )
    about = "Share of held-out pairs that each judge puts in your order"
    return _svg("worth", about, 2 * _ROW + 22, rows)


def liked_chart(liked: Sequence[dict[str, Any]]) -> str:
    """A row for each attribute: the estimate, its 95 % interval, and the numbers."""
    reach = max([_LEAST_REACH, *(abs(one[end]) for one in liked for end in ("low", "high"))])
    place = _scale(-reach, reach)
    height = _ROW * len(liked)
    rows = [f'<line class="zero" x1="{place(0)}" x2="{place(0)}" y1="0" y2="{height}"/>']
    for row, one in enumerate(liked):
        middle = _ROW * row + _ROW / 2
        kind = "more" if one["low"] > 0 else "less" if one["high"] < 0 else ""
        value = one["more"] if "more" in one else one["stars"]
        rows += [
            _name(f"{one['name']} ({one['photographs']})", middle),
            f'<g class="{kind}"><line class="reach" x1="{place(one["low"])}"'
            f' x2="{place(one["high"])}" y1="{middle}" y2="{middle}"/>'
            f'<circle cx="{place(value)}" cy="{middle}" r="6"/></g>',
            _number(liked_value(one), middle),
        ]
    return _svg("liked", "Liked more to the right, less to the left", height, rows)


def _scale(low: float, high: float) -> Callable[[float], float]:
    """What places values between the names and the numbers."""
    unit = (_WIDTH - _NAMES - _NUMBERS - 20) / (high - low)
    return lambda value: round(_NAMES + 10 + (value - low) * unit, 1)


def _name(text: str, middle: float) -> str:
    return f'<text x="{_NAMES}" y="{middle + 5}" text-anchor="end">{html.escape(text)}</text>'


def _number(text: str, middle: float) -> str:
    return (
        f'<text class="muted" x="{_WIDTH}" y="{middle + 5}" text-anchor="end">'
        f"{html.escape(text)}</text>"
    )


def _svg(kind: str, about: str, height: float, rows: Sequence[str]) -> str:
    return (
        f'<div class="{kind}"><svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img"'
        f' aria-label="{html.escape(about)}">' + "".join(rows) + "</svg></div>"
    )
