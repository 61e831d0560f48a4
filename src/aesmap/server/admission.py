"""How much the service takes on at a time; the rest is told when to come again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aesmap.server.errors import ServiceError
from aesmap.server.settings import Settings

_SMOOTHING = 0.1


@dataclass
class Slot:
    """One request's place; ``num_bytes`` of its body are held, ``num_photos`` are to be done."""

    admission: Admission
    num_bytes: int = 0
    num_photos: int = 1

    def hold(self, num_bytes: int) -> None:
        """Count bytes that are about to be kept; :class:`ServiceError` if that is too many."""
        if self.admission.num_bytes + num_bytes > self.admission.max_bytes:
            raise self.admission.refusal("busy", "the uploads under way fill the memory set aside")
        self.num_bytes += num_bytes
        self.admission.num_bytes += num_bytes

    def expect(self, num_photos: int) -> None:
        """Say how many photographs of the request are still to be done."""
        self.admission.num_photos += num_photos - self.num_photos
        self.num_photos = num_photos


class Admission:
    """Counts requests and their bytes, on the event loop's own thread.

    A request takes its place before its body is read, so that what waits in memory is bounded.
    """

    def __init__(self, settings: Settings) -> None:
        self.capacity = settings.capacity
        self.max_bytes = settings.max_held_bytes
        self.draining = False
        self.num_requests = 0
        self.num_photos = 0
        self.num_bytes = 0
        self.num_refused = 0
        self._workers = settings.workers
        self._seconds_each = 0.1

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """A place for the duration of a request; :class:`ServiceError` if there is none."""
        if self.draining:
            raise self.refusal("shutting_down", "the service is being stopped")
        if self.num_requests >= self.capacity:
            raise self.refusal("busy", "the queue is full")
        slot = Slot(self)
        self.num_requests += 1
        self.num_photos += slot.num_photos
        try:
            yield slot
        finally:
            self.num_requests -= 1
            self.num_photos -= slot.num_photos
            self.num_bytes -= slot.num_bytes

    def worked(self, seconds: float) -> None:
        """Tell how long a worker was busy with a photograph, for estimates of the wait."""
        self._seconds_each += _SMOOTHING * (seconds - self._seconds_each)

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until what is under way should be done; at least 1."""
        return max(1, math.ceil(self.num_photos * self._seconds_each / self._workers))

    def refusal(self, code: str, problem: str) -> ServiceError:
        """A 503 that says when to come again."""
        self.num_refused += 1
        after = self.retry_after_s
        return ServiceError(
            code, f"{problem}; try again in {after} s", headers={"Retry-After": str(after)}
        )
