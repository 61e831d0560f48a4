"""A taste in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aesmap.errors import TasteError
from aesmap.model.taste import Taste
from aesmap.taste.stars import said

_MINUS = "−"


def held_out_line(taste: Taste) -> str:
    """What was measured: ``of 412 pairs ..., the crowd's judge orders 61 %, yours 68 % [62, 74]``.

    Raises :class:`TasteError` where the file does not say.
    """
    try:
        figures = taste.learned["held_out"]
        crowd, mine, gain = (figures[name] for name in ("crowd", "mine", "gain"))
        return (
            f"of {figures['pairs']:,} pairs that you rated differently, held out: the crowd's judge"
            f" orders {crowd[0]:.0%}, yours {mine[0]:.0%} [{100 * mine[1]:.0f},"
            f" {100 * mine[2]:.0f}]; the difference is {_points(gain[0])} points"
            f" [{_points(gain[1])}, {_points(gain[2])}]"
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise _damaged(error) from None


def taste_lines(taste: Taste) -> Iterator[str]:
    """Everything that a taste says of itself; raises :class:`TasteError` for a damaged one."""
    try:
        about = taste.learned
        stars = ", ".join(f"{said(int(n))}: {k}" for n, k in about["stars"].items() if k)
        yield f"taste {taste.taste_id}, beside {taste.model}@{taste.model_sha256[:8]}"
        yield (
            f"learned {about['made']} from {about['photographs']:,} photographs of"
            f" {about['groups']:,} {about['grouped_by']}s ({stars})"
        )
        yield held_out_line(taste)
        yield (
            "p_high: the chance that you give 4 or 5 stars"
            if taste.calibrated
            else "p_high: uncalibrated, no probability"
        )
        yield f"the crowd's own evidence counts {1 + taste.stretch:.2f} times"
        if about["liked"]:
            yield ""
            yield "stars beyond what the crowd's judge lets expect, with 95 % intervals:"
        for one in about["liked"]:
            yield (
                f"  {one['name']:<18} {_signed(one['stars'], 2)}"
                f" [{_signed(one['low'], 2)}, {_signed(one['high'], 2)}]"
                f"  ({one['photographs']} photographs)"
            )
        for which, title in (("more", "above"), ("less", "below")):
            if about["most_different"][which]:
                yield ""
                yield f"furthest {title} the crowd's judge, in log-odds beyond the usual:"
            for one in about["most_different"][which]:
                yield f"  {_signed(one['difference'], 2)}  {said(one['stars'])}  {one['path']}"
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise _damaged(error) from None


def _points(share: Any) -> str:
    return _signed(100 * float(share), 0)


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", _MINUS)


def _damaged(error: Exception) -> TasteError:
    return TasteError(
        f"the taste does not say how it was learned ({error!r}); learn it again with"
        " 'aesmap taste learn'"
    )
