"""Aspect ratios of crops, as people write them; the boxes of each lie in :mod:`.families`.

Without numpy, so that the help of a command may name them.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from numbers import Rational, Real
from typing import Final, Literal, TypeAlias

from aesmap.errors import UsageError

Aspect: TypeAlias = "Fraction | Literal['free']"
"""Width over height, exact; or ``"free"`` for boxes of any aspect."""

OWN: Final = "own"
"""The name of the photograph's own aspect; not for :func:`parse_aspect`, which knows no photo."""

ASPECTS: Final = (OWN, "free", "1:1", "4:5", "3:2", "16:9", "9:16")
"""What is offered wherever an aspect can be chosen, in this order: by the command line's help, the
report and the page of the service. Any other ratio can be asked for where one can be written."""

# Digits are bounded because an exact fraction of a number such as 1e999999999 fills the memory.
_NUMBER = r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})"
_ASPECT = re.compile(rf"\s*{_NUMBER}\s*(?:[:/x]\s*{_NUMBER}\s*)?", re.ASCII | re.IGNORECASE)


def parse_aspect(aspect: str | float | tuple[float, float] | Fraction) -> Aspect:
    """Read an aspect ratio, width over height, and keep it exact.

    Takes ``"16:9"`` (also ``16/9``, ``16x9``, ``2.39:1``), ``"1.5"``, ``1.5``, ``(16, 9)`` and
    ``"free"``. A float stands for the decimal it prints as, so ``1.1`` is 11/10.
    Raises :class:`UsageError` for anything that is not a positive, finite ratio.
    """
    if isinstance(aspect, str):
        if aspect.strip().lower() == "free":
            return "free"
        match = _ASPECT.fullmatch(aspect)
        parts = [Fraction(part) for part in match.groups() if part] if match else []
    elif isinstance(aspect, tuple):
        parts = [_exact(part) for part in aspect] if len(aspect) == 2 else []
    else:
        parts = [_exact(aspect)]
    if not parts or min(parts) <= 0:
        raise UsageError(
            f"aspect {aspect!r} is no ratio of width to height: write it as 16:9, 1.5 or free, "
            "with both sides above zero"
        )
    return parts[0] / parts[-1] if len(parts) == 2 else parts[0]


def _exact(number: object) -> Fraction:
    """The number as a fraction, or 0, which is no ratio, for what is no finite number."""
    if isinstance(number, bool) or not isinstance(number, Real) or not math.isfinite(number):
        return Fraction(0)
    if isinstance(number, Rational):
        return Fraction(int(number.numerator), int(number.denominator))
    return Fraction(str(number))
