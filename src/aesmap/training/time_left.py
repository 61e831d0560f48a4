"""How long work has to go yet, said while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

TOLD_EVERY_S = 30.0


def count_aloud(what: str, total: int, log: Callable[[str], None]) -> Callable[[], None]:
    """What to call after each of ``total`` items: every half minute it logs how many are done."""
    done, began = 0, time.monotonic()
    told = began

    def advance() -> None:
        nonlocal done, told
        done += 1
        now = time.monotonic()
        if now - told >= TOLD_EVERY_S and done < total:
            told = now
            left = (now - began) / done * (total - done)
            log(f"{what} {done:,} of {total:,}; {told_time(left)} left")

    return advance


def told_time(seconds: float) -> str:
    """A span of time as people say it: seconds, minutes or hours."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
