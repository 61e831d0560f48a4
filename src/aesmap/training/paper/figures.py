"""Figures 2, 4 and 5 of the paper with our own numbers, as SVG in a light and a dark theme."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from aesmap.explain.canvas import Colour, Theme, ThemeName, theme_named
from aesmap.explain.meters import mixed
from aesmap.training.data.datasets import RatedImages
from aesmap.training.network.label_weights import WeightConfig, weight_interval
from aesmap.training.paper import numbers as paper

_DROPPED_AT = 12.5  # where w(0:1), whose b/a is infinite, stands on the axis of figure 5
_NUM_BINS = 45
_PLAIN = WeightConfig()


@dataclass(frozen=True)
class VectoringLayer:
    """Figure 4: weights and biases that bring a feature map to ``num_units`` units.

    ``channels`` x ``height`` x ``width`` is the map; ``fully_connected`` the parameters of a layer
    on all of it, ``pooled`` those of a layer on its channel means.
    """

    name: str
    channels: int
    height: int
    width: int
    num_units: int
    fully_connected: int
    pooled: int


def vectoring_layers() -> tuple[VectoringLayer, ...]:
    """Figure 4's counts, from modules rather than formulas.

    The first two rows are shapes (the paper's, and VGG-16's true 512 channels at 14x14); the last
    two are the first fully connected layers of torchvision's own VGG-16 and AlexNet. Modules are
    made on torch's meta device, without memory or weights.
    """
    import torch
    from torch import nn
    from torchvision import models

    def count(module: nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    def layer(name: str, shape: tuple[int, int, int], full: nn.Module) -> VectoringLayer:
        pooled = nn.Linear(shape[0], num_units)
        return VectoringLayer(name, *shape, num_units, count(full), count(pooled))

    num_units = 4096
    with torch.device("meta"):
        first_of_vgg = models.vgg16(weights=None).classifier[0]
        first_of_alexnet = models.alexnet(weights=None).classifier[1]
        stated, true = (256, 14, 14), (512, 14, 14)
        return (
            layer("As the paper states it", stated, nn.Linear(256 * 14 * 14, num_units)),
            layer("VGG-16 before its last pooling", true, nn.Linear(512 * 14 * 14, num_units)),
            layer("VGG-16 as it was published", (512, 7, 7), first_of_vgg),
            layer("AlexNet as it was published", (256, 6, 6), first_of_alexnet),
        )


def parameters_figure(layers: Sequence[VectoringLayer], theme: ThemeName) -> str:
    """Figure 4: parameters of a fully connected layer against those after pooling."""

    def draw(figure: Figure, colours: Theme) -> None:
        axes = figure.add_subplot()
        at = np.arange(len(layers))[::-1] * 1.0
        full = [layer.fully_connected / 1e6 for layer in layers]
        pooled = [layer.pooled / 1e6 for layer in layers]
        for offset, values, colour in ((0.19, full, colours.cool), (-0.19, pooled, colours.warm)):
            axes.barh(at + offset, values, height=0.34, color=_rgb(colour))
            for y, value in zip(at + offset, values, strict=True):
                axes.text(value + max(full) / 90, y, f"{value:,.1f} M", va="center", fontsize=9)
        axes.set_yticks(at, [layer.name for layer in layers])
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, max(full) * 1.12)
        axes.set_xlabel("parameters, millions")
        axes.spines["left"].set_visible(False)
        for x, text, colour in (
            (0.80, "fully connected", colours.cool),
            (1.00, "after pooling", colours.warm),
        ):
            axes.text(
                x, 1.04, text, transform=axes.transAxes, ha="right", color=_rgb(colour), fontsize=10
            )

    return _svg(draw, theme, (8.4, 3.1))


def score_shares(images: RatedImages, weighting: WeightConfig = _PLAIN) -> dict[str, Any]:
    """Figure 2 in numbers: shares of images by their mean rating.

    ``inside``: strictly inside the interval that ``weighting`` sets apart (eq. 9; 4 to 6 on AVA);
    ``crowded``: in the closed interval of which the paper reports 83 % ([4.5, 6.5] on AVA),
    brought to the images' scale.
    """
    scale, mean = images.scale, images.mean
    ninth = (scale.high - scale.low) / 9
    low, high = weight_interval(weighting, scale, mean)
    first, last = scale.threshold - ninth / 2, scale.threshold + 1.5 * ninth
    return {
        "images": len(images),
        "inside": {
            "interval": [round(low, 4), round(high, 4)],
            "share": round(float(((mean > low) & (mean < high)).mean()), 4),
        },
        "crowded": {
            "interval": [round(first, 4), round(last, 4)],
            "share": round(float(((mean >= first) & (mean <= last)).mean()), 4),
        },
    }


def scores_figure(images: RatedImages, theme: ThemeName, weighting: WeightConfig = _PLAIN) -> str:
    """Figure 2: how many images have which mean rating, with eq. 9's interval shaded."""

    def draw(figure: Figure, colours: Theme) -> None:
        axes, scale = figure.add_subplot(), images.scale
        edges = np.linspace(scale.low, scale.high, _NUM_BINS + 1)
        counts, _ = np.histogram(images.mean, edges)
        low, high = weight_interval(weighting, scale, images.mean)
        axes.axvspan(low, high, color=_rgb(mixed(colours.warm, colours.paper, 0.18)), lw=0)
        centres, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
        fills = [_rgb(colours.warm if low < c < high else colours.cool) for c in centres]
        axes.bar(centres, counts, width=width * 0.86, color=fills)
        axes.axvline(scale.threshold, color=_rgb(colours.ink), lw=1, ls=(0, (4, 3)))
        axes.set_ylim(0, max(1, counts.max()) * 1.18)
        top = counts.max() * 1.1
        axes.text(scale.threshold, top, " high", ha="left", fontsize=9, color=_rgb(colours.muted))
        axes.text(scale.threshold, top, "low ", ha="right", fontsize=9, color=_rgb(colours.muted))
        axes.set_xlim(scale.low, scale.high)
        axes.set_xlabel(f"mean rating, on the scale of {scale.low} to {scale.high}")
        axes.set_ylabel("images")
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))

    return _svg(draw, theme, (8.4, 3.0))


def ratio_figure(entries: Sequence[dict[str, Any]], theme: ThemeName, *, comparable: bool) -> str:
    """Figure 5: accuracy, and its paired gain over w(1:1), against b/a for one backbone.

    ``entries`` are those of table 2 (:func:`~.tables.paper_tables`). The paper's
    points stand beside ours: in the left panel where ``comparable``, in the right one always,
    since a gain can be set beside a gain on other images. What was not run is left out.
    """

    def draw(figure: Figure, colours: Theme) -> None:
        left, right = figure.subplots(1, 2)
        reference = next((e["paper"] for e in entries if e["ratio"] == 1 and e["paper"]), None)
        stated = [(_position(e), e["paper"]) for e in entries if e["paper"] is not None]
        if comparable:
            _plot_points(left, stated, colours)
        if reference is not None:
            _plot_points(right, [(x, 100 * (y - reference)) for x, y in stated], colours)
        for normalise, colour, dashes in (
            ("none", colours.cool, "-"),
            ("mean", colours.warm, (0, (4, 2))),
        ):
            ours = [e for e in entries if e["normalise"] == normalise]
            _plot_band(left, [(_position(e), *_ends(e["accuracy"])) for e in ours], colour, dashes)
            gains = [
                (_position(e), *_ends(e["difference"] and e["difference"]["accuracy"], 100))
                if e["ratio"] != 1
                else (1.0, *_ends(e["accuracy"], 0))
                for e in ours
            ]
            _plot_band(right, gains, colour, dashes)
        right.axhline(0, color=_rgb(colours.muted), lw=0.8, zorder=0)
        left.set_title("accuracy", loc="left", fontsize=10)
        right.set_title("gain over w(1:1), in points, paired", loc="left", fontsize=10)
        left.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.1f} %"))
        right.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:+.1f}".replace("-", "−")))
        ticks = [*paper.RATIOS, _DROPPED_AT]
        for axes in (left, right):
            axes.set_xticks(ticks, [*(f"{ratio:g}" for ratio in paper.RATIOS), "w(0:1)"])
            axes.set_xlim(0.4, _DROPPED_AT + 1)
            axes.set_xlabel("b/a")
            axes.axvline(11.25, color=_rgb(colours.line), lw=1, ls=(0, (2, 3)))
            axes.yaxis.set_major_locator(MaxNLocator(6))
            axes.grid(axis="y", color=_rgb(colours.line), lw=0.6)
            axes.set_axisbelow(True)

    return _svg(draw, theme, (8.9, 3.4))


def _position(entry: dict[str, Any]) -> float:
    return _DROPPED_AT if entry["ratio"] is None else float(entry["ratio"])


def _ends(found: dict[str, Any] | None, factor: float = 1) -> tuple[float, float, float]:
    """Value and interval, NaN where there is none."""
    if not found or found["value"] is None:
        return (np.nan,) * 3
    return (
        factor * found["value"],
        factor * found["interval_95"][0],
        factor * found["interval_95"][1],
    )


def _plot_points(axes: Axes, points: list[tuple[float, float]], colours: Theme) -> None:
    x, y = [p[0] for p in points], [p[1] for p in points]
    muted = _rgb(colours.muted)
    axes.plot(x, y, "D", ms=5, mfc="none", mec=muted, mew=1.3, zorder=4)


def _plot_band(
    axes: Axes, points: list[tuple[float, float, float, float]], colour: Colour, dashes: Any
) -> None:
    """A line with its band over the ratios, and a bar with whiskers for w(0:1)."""
    table = np.array(points, dtype=float).reshape(-1, 4)
    curve, dropped = table[table[:, 0] < _DROPPED_AT], table[table[:, 0] == _DROPPED_AT]
    axes.fill_between(curve[:, 0], curve[:, 2], curve[:, 3], color=_rgb(colour), alpha=0.16, lw=0)
    axes.plot(curve[:, 0], curve[:, 1], ls=dashes, marker="o", ms=4, color=_rgb(colour), lw=1.6)
    nudge = 0.0 if dashes == "-" else 0.35
    for x, value, low, high in dropped:
        axes.plot([x + nudge, x + nudge], [low, high], color=_rgb(colour), lw=1.6, alpha=0.6)
        axes.plot([x + nudge], [value], "o", ms=4, color=_rgb(colour))


def _rgb(colour: Colour) -> tuple[float, float, float]:
    return colour[0] / 255, colour[1] / 255, colour[2] / 255


def _svg(draw: Callable[[Figure, Theme], None], name: ThemeName, size: tuple[float, float]) -> str:
    """Draw on a transparent sheet of ``size`` inches; the same input gives the same text."""
    colours = theme_named(name)
    ink, muted = _rgb(colours.ink), _rgb(colours.muted)
    style = {
        "svg.hashsalt": "aesmap",
        "svg.fonttype": "path",
        "font.size": 9.5,
        "text.color": ink,
        "axes.titlecolor": ink,
        "axes.labelcolor": muted,
        "axes.edgecolor": _rgb(colours.line),
        "xtick.color": muted,
        "ytick.color": muted,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):  # type: ignore[arg-type]
        figure = Figure(figsize=size, layout="constrained")
        draw(figure, colours)
        handle = io.StringIO()
        figure.savefig(handle, format="svg", transparent=True, metadata={"Date": None})
    return handle.getvalue()
