"""How many cores this process may use."""

from __future__ import annotations

import os


def num_cores() -> int:
    """Return the number of cores that this process may use, by its affinity where there is one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
