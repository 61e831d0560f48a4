"""How surely a share is known that was counted."""

from __future__ import annotations

import math
from typing import Final

_Z: Final = 1.959964
"""The standard normal distribution is below this in 97.5 %."""


def wilson_interval(num_true: int, num_all: int) -> tuple[float, float]:
    """95 % interval of a share by Wilson's score; (0, 1) of nothing.

    Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    if num_all == 0:
        return 0.0, 1.0
    share, spread = num_true / num_all, _Z**2 / num_all
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z * math.sqrt(share * (1 - share) / num_all + spread / (4 * num_all)) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)
