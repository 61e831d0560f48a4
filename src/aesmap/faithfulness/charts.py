"""Charts as inline SVG: curves, figures with intervals, points; coloured by the page's own style.

They hold no colours and no scripts: classes name what is drawn, so that light, dark and print are
the style sheet's business.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_WIDTH: Final = 380
_HEIGHT: Final = 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 14, 36
_ROW: Final = 24
_LABELS: Final = 170


@dataclass(frozen=True)
class Curve:
    """Points (x, y) with None where there is none; ``kind`` is the class in the style sheet."""

    kind: str
    points: Sequence[tuple[float, float | None]]


@dataclass(frozen=True)
class Row:
    """A labelled figure with its interval."""

    label: str
    kind: str
    value: float | None
    low: float | None
    high: float | None


class _Scale:
    """From values to pixels, over round numbers that hold all of them and zero."""

    def __init__(
        self, values: Iterable[float], first: float, last: float, *, ends_there: bool = False
    ) -> None:
        known = [0.0, *values]
        low, high = min(known), max(known)
        if high - low < 1e-9:
            high = low + 1
        step = _round_step((high - low) / 4)
        self.low, self.high = math.floor(low / step) * step, math.ceil(high / step) * step
        self.ticks = [
            round(self.low + step * n, 10) for n in range(round((self.high - self.low) / step) + 1)
        ]
        if ends_there:
            self.high = high
            self.ticks = [tick for tick in self.ticks if tick <= high]
        self._first, self._last = first, last

    def __call__(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{self._first + share * (self._last - self._first):.1f}"


def _round_step(least: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= least)


def curves_chart(title: str, curves: Sequence[Curve], x_label: str, y_label: str) -> str:
    """Lines over a share that was taken away."""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points if y is not None]
    x = _Scale(xs, _LEFT, _WIDTH - _RIGHT, ends_there=True)
    y = _Scale(ys, _HEIGHT - _BOTTOM, _TOP)
    parts = [_axes(x, y, x_label, y_label, percent=True)]
    for curve in curves:
        line = " ".join(f"{x(a)},{y(b)}" for a, b in curve.points if b is not None)
        parts.append(f'<polyline class="{curve.kind}" points="{line}"/>')
    return _svg(title, _WIDTH, _HEIGHT, parts)


def points_chart(
    title: str, points: Sequence[Sequence[float | None]], slope: float | None, labels: Sequence[str]
) -> str:
    """Points with the line of a perfect prediction, and the one that was found."""
    known = [(a, b) for a, b in points if a is not None and b is not None]
    x = _Scale((a for a, _ in known), _LEFT, _WIDTH - _RIGHT)
    y = _Scale((b for _, b in known), _HEIGHT - _BOTTOM, _TOP)
    parts = [_axes(x, y, *labels)]
    parts += [f'<circle class="point" cx="{x(a)}" cy="{y(b)}" r="2"/>' for a, b in known]
    for kind, gradient in (("perfect", 1.0), ("found", slope)):
        if gradient is not None:
            parts.append(_line_within(kind, gradient, x, y))
    return _svg(title, _WIDTH, _HEIGHT, parts)


def _line_within(kind: str, gradient: float, x: _Scale, y: _Scale) -> str:
    """The line through zero, as far as it stays inside."""
    ends = []
    for end in (x.low, x.high):
        height = min(max(gradient * end, y.low), y.high)
        ends.append((height / gradient if abs(gradient) > 1e-9 else end, height))
    (a, b), (c, d) = ends
    return _line(kind, x(a), y(b), x(c), y(d))


def rows_chart(title: str, rows: Sequence[Row], x_label: str, marks: Sequence[float] = ()) -> str:
    """Figures below each other, with their intervals; ``marks`` are values to compare with."""
    numbers = [n for row in rows for n in (row.value, row.low, row.high) if n is not None]
    height = _TOP + _ROW * len(rows) + _BOTTOM
    x = _Scale([*numbers, *marks], _LABELS, _WIDTH - _RIGHT)
    bottom = height - _BOTTOM
    parts = []
    for tick in x.ticks:
        parts.append(
            f'<line class="grid" x1="{x(tick)}" y1="{_TOP}" x2="{x(tick)}" y2="{bottom}"/>'
        )
        parts.append(f'<text class="tick middle" x="{x(tick)}" y="{bottom + 15}">{tick:g}</text>')
    for mark in (0.0, *marks):
        kind = "zero" if mark == 0 else "mark"
        parts.append(
            f'<line class="{kind}" x1="{x(mark)}" y1="{_TOP}" x2="{x(mark)}" y2="{bottom}"/>'
        )
    for number, row in enumerate(rows):
        y = _TOP + _ROW * (number + 0.5)
        parts.append(_text("name", _LABELS - 10, f"{y + 4:.1f}", row.label))
        if row.value is None:
            continue
        if row.low is not None and row.high is not None:
            parts.append(_line(f"interval {row.kind}", x(row.low), y, x(row.high), y))
        parts.append(f'<circle class="dot {row.kind}" cx="{x(row.value)}" cy="{y:.1f}" r="4"/>')
    parts.append(_text("middle", (_LABELS + _WIDTH - _RIGHT) / 2, height - 4, x_label))
    return _svg(title, _WIDTH, height, parts)


def _axes(x: _Scale, y: _Scale, x_label: str, y_label: str, *, percent: bool = False) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for tick in y.ticks:
        parts.append(_line("grid" if tick else "zero", _LEFT, y(tick), right, y(tick)))
        parts.append(_text("end", _LEFT - 6, float(y(tick)) + 4, f"{tick:g}"))
    for tick in x.ticks:
        said = f"{tick:.0%}" if percent else f"{tick:g}"
        parts.append(_text("middle", x(tick), bottom + 15, said))
    parts.append(_text("middle", (_LEFT + right) / 2, _HEIGHT - 4, x_label))
    across = f"translate(11 {(_TOP + bottom) / 2}) rotate(-90)"
    parts.append(f'<text class="middle" transform="{across}">{html.escape(y_label)}</text>')
    return "".join(parts)


_Place = str | float


def _line(kind: str, x1: _Place, y1: _Place, x2: _Place, y2: _Place) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _text(kind: str, x: _Place, y: _Place, said: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{html.escape(said)}</text>'


def _svg(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    said = html.escape(title)
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{said}">{"".join(parts)}</svg>'
    )
