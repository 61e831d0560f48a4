"""A census of rated photographs in words, and as the picture of its ratings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from aesmap.training.network.dataset_statistics import NUM_BINS, Band, Census

if TYPE_CHECKING:
    from PIL import Image

_LISTED = 5
_TAGS_LISTED = 8
_BINS_PER_ROW = 5
_BAR_WIDTH = 50


def census_lines(census: Census) -> Iterator[str]:
    """The census as lines of text."""
    yield census.name
    for label, words in _facts(census):
        yield f"  {label:<19} {words}"
    for label, entries in (
        ("missing", census.missing),
        ("unreadable", [f"{path}: {problem}" for path, problem in census.unreadable]),
    ):
        for entry in islice(entries, _LISTED):
            yield f"  {label:<19} {entry}"
        if len(entries) > _LISTED:
            yield f"  {'':<19} and {len(entries) - _LISTED:,} more; --json lists all"
    yield ""
    yield from _histogram_lines(census)
    yield ""
    yield from _weight_lines(census)


def problem_warning(census: Census) -> str:
    """What is wrong with the files, on one line; empty if nothing is."""
    missing, unreadable = len(census.missing), len(census.unreadable)
    if not missing + unreadable:
        return ""
    return f"images left out: {missing} missing, {unreadable} unreadable"


def draw_ratings(census: Census) -> Image.Image:
    """Figure 2 of the paper for this data set."""
    from aesmap.explain.histogram import RatingBand, rating_histogram

    total = census.num_images
    bands = [
        RatingBand(band.low_of_ten, band.high_of_ten, f"{_percent(band.num_images, total)} {where}")
        for band, where in (
            (census.inside, _interval(census.inside, "in ({}, {})")),
            (census.near, _interval(census.near, "in [{}, {}]")),
        )
        if band is not None
    ]
    low = total - census.num_high
    return rating_histogram(
        census.low_counts,
        census.high_counts,
        title=f"Mean ratings of {total:,} images: {census.name}",
        legend=(
            f"low: {low:,}, {_percent(low, total)}",
            f"high: {census.num_high:,}, {_percent(census.num_high, total)}",
        ),
        bands=bands,
    )


def _facts(census: Census) -> Iterator[tuple[str, str]]:
    total, rating = census.num_images, census.rating
    if census.scale is None:
        yield "scale", "several, brought to 1-10 by their ends; levels by their own thresholds"
    else:
        scale = census.scale
        yield "scale", f"{scale.low} to {scale.high}, high above {scale.threshold:g}"
    test = f", {census.num_test:,} of them in its test split" if census.num_test else ""
    yield "images", f"{total:,} in {census.num_groups:,} groups{test}"
    yield (
        "rating",
        f"mean {rating['mean']:.3f}, standard deviation {rating['sd']:.3f},"
        f" from {rating['min']:.2f} to {rating['max']:.2f}",
    )
    yield "high", f"{census.num_high:,} of {total:,}, {_percent(census.num_high, total)}"
    for band, count, name, brackets in (
        (census.inside, census.num_inside, "weight interval", "({}, {})"),
        (census.near, census.num_near, "near threshold", "[{}, {}]"),
    ):
        where = _interval(band, brackets) or "each its own"
        yield name, f"{where} holds {count:,}, {_percent(count, total)}"
    yield from _vote_facts(census)
    if census.tags:
        first = islice(census.tags.items(), _TAGS_LISTED)
        words = ", ".join(f"{name} {count:,}" for name, count in first if count)
        more = f", {len(census.tags)} in all" if len(census.tags) > _TAGS_LISTED else ""
        untagged = _percent(census.num_untagged, census.num_with_tags)
        yield "tags", f"{untagged} of {census.num_with_tags:,} have none; {words}{more}"
    for note in census.notes:
        name, _, words = note.partition(": ")
        yield name, words


def _vote_facts(census: Census) -> Iterator[tuple[str, str]]:
    if census.votes is None or census.undecided is None:
        yield "votes", "unknown: only mean ratings are given"
        return
    votes, undecided = census.votes, census.undecided
    yield (
        "votes per image",
        f"{votes['min']:g} to {votes['max']:g}, mean {votes['mean']:.1f}, median"
        f" {votes['median']:g}",
    )
    share = _percent(undecided.num_undecided, undecided.num_known)
    yield (
        "undecided",
        f"{undecided.num_undecided:,} of {undecided.num_known:,}, {share}: the 95 % interval of"
        " the mean holds the threshold",
    )
    yield (
        "accuracy ceiling",
        f"{100 * undecided.ceiling:.1f} % expected of one who knew the true means;"
        f" {100 * undecided.simple_ceiling:.1f} % if half of the undecided count as wrong",
    )


def _histogram_lines(census: Census) -> Iterator[str]:
    """Half a point a row, rows from the first to the last that hold an image."""
    counts = [low + high for low, high in zip(census.low_counts, census.high_counts, strict=True)]
    rows = [sum(counts[i : i + _BINS_PER_ROW]) for i in range(0, NUM_BINS, _BINS_PER_ROW)]
    held = [index for index, count in enumerate(rows) if count]
    mark = _block()
    yield "  ratings on 1 to 10 (the upper end belongs to the row)"
    for index in range(held[0], held[-1] + 1):
        low = 1 + index / 2
        length = max(1, round(_BAR_WIDTH * rows[index] / max(rows))) if rows[index] else 0
        yield f"  {low:4.1f} to {low + 0.5:4.1f} {rows[index]:>9,}  {mark * length}".rstrip()


def _weight_lines(census: Census) -> Iterator[str]:
    yield "  weights     mean weight   high, of all weight"
    for effect in census.weights:
        name = f"w({effect.inside:g}:{effect.outside:g})"
        high = "none" if effect.effective_high is None else f"{100 * effect.effective_high:.1f} %"
        yield f"  {name:<11} {effect.mean_weight:>11.3f}   {high:>8}"


def _block() -> str:
    """A bar's mark, where the terminal can show it."""
    try:
        "█".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "█"


def _interval(band: Band | None, brackets: str) -> str:
    return "" if band is None else brackets.format(f"{band.low:.4g}", f"{band.high:.4g}")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"
