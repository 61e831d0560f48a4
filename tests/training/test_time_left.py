"""How long work has to go yet."""

from __future__ import annotations

import pytest

from aesmap.training import time_left
from aesmap.training.time_left import count_aloud, told_time


def test_times_as_people_say_them() -> None:
    assert [told_time(s) for s in (12, 600, 36_000)] == ["12 s", "10 min", "10.0 h"]


def test_work_is_told_every_half_minute_and_not_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time_left.time, "monotonic", lambda: clock[0])
    told: list[str] = []
    advance = count_aloud("computed", 1_200, told.append)
    for _ in range(1_200):
        clock[0] += 0.125
        advance()
    assert told[0] == "computed 240 of 1,200; 2 min left"
    assert len(told) == 4
