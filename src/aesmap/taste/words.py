"""A taste in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aesmap.errors import TasteError
from aesmap.model.taste import Taste
from aesmap.taste.stars import said

_MINUS = "−"


def held_out_line(taste: Taste) -> str:
    """What was measured: ``of 412 pairs ..., the crowd's judge orders 61 %, yours 68 % [62, 74]``.

    Raises :class:`TasteError` where the file does not say.
    """
    with said_by(taste) as about:
        figures = about["held_out"]
        crowd, mine, gain = (figures[name] for name in ("crowd", "mine", "gain"))
        which = "decided" if is_of_pairs(taste) else "rated differently"
        return (
            f"of {figures['pairs']:,} pairs that you {which}, held out: the crowd's judge"
            f" orders {crowd[0]:.0%}, yours {mine[0]:.0%} [{100 * mine[1]:.0f},"
            f" {100 * mine[2]:.0f}]; the difference is {_points(gain[0])} points"
            f" [{_points(gain[1])}, {_points(gain[2])}]"
        )


def not_yet(more: int | None, what: str = "rated photographs") -> str:
    """Say that nothing is shown to have been learned, and about how many more would tell."""
    if more is None:
        return "not yet: there is no sign so far that your order differs from the crowd's"
    return f"not yet: about {more:,} more {what} would be needed to tell"


def is_of_pairs(taste: Taste) -> bool:
    """Whether a taste was learned from pairs, by ``aesmap taste ask``, and not from stars."""
    return "pairs" in taste.learned


def source_line(taste: Taste) -> str:
    """What a taste was learned from, and when; raises :class:`TasteError` where it does not say."""
    with said_by(taste) as about:
        if is_of_pairs(taste):
            return (
                f"learned {about['made']} from {about['pairs']:,} answers about"
                f" {about['photographs']:,} photographs ({about['ties']:,} ties)"
            )
        stars = ", ".join(f"{said(int(n))}: {k}" for n, k in about["stars"].items() if k)
        return (
            f"learned {about['made']} from {about['photographs']:,} photographs of"
            f" {about['groups']:,} {about['grouped_by']}s ({stars})"
        )


def judge_lines(taste: Taste) -> Iterator[str]:
    """What its numbers mean: ``p_high``, forecast stars, how far the crowd's evidence counts."""
    with said_by(taste):
        yield (
            "p_high: the chance that you give 4 or 5 stars"
            if taste.calibrated
            else "p_high: uncalibrated, no probability"
        )
        if taste.forecast is not None:
            yield f"stars forecast: {taste.forecast.words()}"
        yield f"the crowd's own evidence counts {1 + taste.stretch:.2f} times"


def liked_title(taste: Taste) -> str:
    """What the numbers of ``liked`` are."""
    unit = "log-odds of being preferred" if is_of_pairs(taste) else "stars"
    return f"{unit} beyond what the crowd's judge lets expect, with 95 % intervals"


def liked_value(one: dict[str, Any]) -> str:
    """Say by how much something is liked more: ``+0.61 [+0.20, +1.02]``."""
    low, high = signed(one["low"]), signed(one["high"])
    return f"{signed(one['more'] if 'more' in one else one['stars'])} [{low}, {high}]"


def different_words(one: dict[str, Any]) -> str:
    """Say how far a photograph is from the crowd's judge, and its stars where it has any."""
    stars = f"  {said(one['stars'])}" if one.get("stars") is not None else ""
    return f"{signed(one['difference'])}{stars}"


def taste_lines(taste: Taste) -> Iterator[str]:
    """Everything that a taste says of itself; raises :class:`TasteError` for a damaged one."""
    with said_by(taste) as about:
        yield f"taste {taste.taste_id}, beside {taste.model}@{taste.model_sha256[:8]}"
        yield source_line(taste)
        yield held_out_line(taste)
        yield from judge_lines(taste)
        if about["liked"]:
            yield ""
            yield f"{liked_title(taste)}:"
        for one in about["liked"]:
            yield f"  {one['name']:<18} {liked_value(one)}  ({one['photographs']} photographs)"
        for which, title in (("more", "above"), ("less", "below")):
            if about["most_different"][which]:
                yield ""
                yield f"furthest {title} the crowd's judge, in log-odds beyond the usual:"
            for one in about["most_different"][which]:
                yield f"  {different_words(one)}  {one['path']}"


@contextmanager
def said_by(taste: Taste) -> Iterator[dict[str, Any]]:
    """What a taste tells of its learning; one that does not is named as damaged."""
    try:
        yield taste.learned
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise TasteError(
            f"the taste does not say how it was learned ({error!r}); learn it again with"
            " 'aesmap taste learn'"
        ) from None


def _points(share: Any) -> str:
    return signed(100 * float(share), 0)


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign: ``+0.42``, ``−1.30``."""
    return f"{value:+.{digits}f}".replace("-", _MINUS)
