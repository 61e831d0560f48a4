"""What a run is told to have done: counts, errors by kind, rate, where time went, the scores."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from aesmap.errors import (
    AesmapError,
    ImageError,
    ImageMissingError,
    ImageTooLargeError,
)

_BINS_PER_POINT = 2
_BAR_WIDTH = 40
_BAR_PIECES = " ▏▎▍▌▋▊▉█"


class HasScore(Protocol):
    """An assessment, or what another process sends of one."""

    @property
    def score(self) -> float:
        """The mean rating."""


@dataclass
class RunTally:
    """Counts what comes by; its size does not grow with the run. ``total`` is all photographs."""

    total: int
    num_scored: int = 0
    num_before: int = 0
    num_failed_before: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    first_error: ImageError | None = None
    scores: Counter[int] = field(default_factory=Counter)
    preparing_s: float = 0.0
    running_s: float = 0.0
    began: float = field(default_factory=time.monotonic)
    took_s: float = 0.0

    def add(self, result: HasScore | ImageError) -> None:
        """Count one result."""
        self.num_scored += 1
        self.took_s = time.monotonic() - self.began
        if isinstance(result, ImageError):
            self.errors[_kind(result)] += 1
            self.first_error = self.first_error or result
        else:
            self.scores[int(result.score * _BINS_PER_POINT)] += 1

    @property
    def num_failed(self) -> int:
        """Files that could not be read, now or when they were tried before."""
        return self.errors.total() + self.num_failed_before

    def end(self) -> None:
        """Raise :class:`AesmapError`, one line for the user, if files could not be read."""
        num_failed = self.num_failed
        if not num_failed:
            return
        noun = "file" if self.total == 1 else "files"
        if self.first_error is None:
            which = "before; --retry-errors tries them again"
            raise AesmapError(f"{num_failed} of {self.total} {noun} could not be read {which}")
        which = "" if num_failed == 1 else "the first of them: "
        raise AesmapError(
            f"{num_failed} of {self.total} {noun} could not be read; {which}{self.first_error}"
        )

    def line(self) -> str:
        """One line: how many, how long, how fast."""
        before = f"{_count(self.num_before)} done before" if self.num_before else ""
        if not self.num_scored:
            return f"nothing left to do, {before}" if before else "nothing to do"
        rate = self.num_scored / self.took_s if self.took_s else 0.0
        told = f"{_count(self.num_scored)} in {_duration(self.took_s)}, {rate:,.1f} a second"
        return f"{told}; {before}" if before else told

    def lines(self) -> list[str]:
        """What a terminal shows beyond :meth:`line`: errors, time, and a histogram of scores."""
        lines = []
        work_s = self.preparing_s + self.running_s
        if work_s:
            share = self.preparing_s / work_s
            lines.append(f"time: {share:.0%} reading and decoding, {1 - share:.0%} in the model")
        lines += [f"{count:,} {kind}" for kind, count in self.errors.most_common()]
        if self.scores:
            most = max(self.scores.values())
            for number in range(min(self.scores), max(self.scores) + 1):
                low = number / _BINS_PER_POINT
                count = self.scores[number]
                bar = _bar(count / most)
                lines.append(f"{low:4.1f} to {low + 1 / _BINS_PER_POINT:4.1f}  {bar} {count:,}")
        return lines


def _kind(error: ImageError) -> str:
    if isinstance(error, ImageMissingError):
        return "missing"
    return "too large" if isinstance(error, ImageTooLargeError) else "unreadable"


def _count(number: int) -> str:
    return f"{number:,} photograph" + ("" if number == 1 else "s")


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _bar(share: float) -> str:
    eighths = round(share * _BAR_WIDTH * 8)
    if share and not eighths:
        eighths = 1
    return "█" * (eighths // 8) + _BAR_PIECES[eighths % 8].strip()
