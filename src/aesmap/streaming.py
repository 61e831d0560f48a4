"""A stream of items, prepared and run in batches, to results in their order.

Each item is a job of :mod:`aesmap.scheduler`. Here it is seen to that at no time more than a
bounded number of items are between the source and the consumer, so that memory stays flat.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aesmap.cores import num_cores
from aesmap.errors import ImageError, UsageError
from aesmap.scheduler import Job, Task, Workers

Item = TypeVar("Item")
Prepared = TypeVar("Prepared")
Result = TypeVar("Result")


@dataclass
class WorkTime:
    """Seconds that the workers of a stream spent, all together; it grows while the stream runs."""

    preparing_s: float = 0.0
    running_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, *, preparing_s: float = 0.0, running_s: float = 0.0) -> None:
        """Add what one worker spent."""
        with self._lock:
            self.preparing_s += preparing_s
            self.running_s += running_s


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How a stream is worked off.

    ``workers`` threads, ``batch_size`` items in a run of the model, and at most ``runs_at_once``
    runs at a time: as many as there are workers where a run takes one core, 1 on an accelerator.
    Raises :class:`UsageError` for numbers below 1.
    """

    workers: int
    batch_size: int
    runs_at_once: int

    def __post_init__(self) -> None:
        for name in ("workers", "batch_size", "runs_at_once"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}: must be 1 or more, not {getattr(self, name)}")

    @property
    def prefetch(self) -> int:
        """How many items, not yet prepared, are taken ahead: enough for a moment's absence."""
        return 4 * self.workers + self.batch_size

    @property
    def max_in_flight(self) -> int:
        """How many items may be between the source and the consumer."""
        return 2 * self.prefetch + 16 * self.batch_size


def stream(
    items: Iterable[Item],
    prepare: Callable[[Item], Prepared],
    run: Callable[[list[Prepared]], list[Result]],
    *,
    group_of: Callable[[Prepared], Hashable],
    batching: Batching,
    stop: Callable[[], bool] = lambda: False,
    work_time: WorkTime | None = None,
) -> Generator[tuple[Item, Result | ImageError], None, None]:
    """Yield every item with its result, in order.

    ``prepare`` and ``run`` are called from several threads at once; ``items`` is gone through by
    the thread that consumes, so that any iterable will do. Batches hold items of one
    ``group_of``. An :class:`ImageError` that ``prepare`` raises is the item's result; any other
    exception, from wherever, ends the stream and is raised from it.

    Once ``stop()`` is true no new item is begun, and the stream ends after those that were.
    """
    spent = work_time or WorkTime()

    def timed_run(batch: list[Prepared]) -> list[Result]:
        start = time.perf_counter()
        results = run(batch)
        spent.add(running_s=time.perf_counter() - start)
        return results

    workers: Workers[Prepared, Result] = Workers(
        timed_run,
        group_of=group_of,
        num_workers=batching.workers,
        batch_size=batching.batch_size,
        runs_at_once=batching.runs_at_once,
        fill=True,
        name="aesmap-work",
    )
    flow = _Flow(iter(items), prepare, workers, batching, spent)
    try:
        yield from flow.results(stop)
    finally:
        flow.abandon()
        workers.close()


def each_in_order(
    items: Iterable[Item],
    work: Callable[[Item], Result],
    workers: int | None = None,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Generator[tuple[Item, Result | ImageError], None, None]:
    """Yield every item with what one step of work makes of it, in order; see :func:`stream`.

    Parameters
    ----------
    items
        Any iterable.
    work
        Called from several threads at once.
    workers
        Threads; ``None`` takes one for each core.
    stop
        Asked before each item; no further one is begun once it is true.
    """
    workers = num_cores() if workers is None else workers
    results = stream(
        items,
        work,
        lambda batch: batch,
        group_of=lambda _: 0,
        batching=Batching(workers=workers, batch_size=1, runs_at_once=workers),
        stop=stop,
    )
    with closing(results):  # at once: an exception would keep its threads alive
        yield from results


@dataclass
class _Flow(Generic[Item, Prepared, Result]):
    """What is between the source and the consumer, in order."""

    items: Iterator[Item]
    prepare: Callable[[Item], Prepared]
    workers: Workers[Prepared, Result]
    batching: Batching
    spent: WorkTime
    in_flight: deque[tuple[Item, Task[Prepared, Result, Result | ImageError]]] = field(
        default_factory=deque
    )
    news: threading.Event = field(default_factory=threading.Event)
    exhausted: bool = False

    def results(self, stop: Callable[[], bool]) -> Iterator[tuple[Item, Result | ImageError]]:
        while True:
            self.news.clear()
            self._take(stop)
            if not self.in_flight:
                return
            if not self.in_flight[0][1].future.done():
                self.news.wait()
                continue
            item, task = self.in_flight.popleft()
            result = task.future.result()
            del task  # and with it what it holds: the consumer may be long with this one
            yield item, result

    def _take(self, stop: Callable[[], bool]) -> None:
        """Take items as far as the bounds allow; after a stop, let go of what has not begun."""
        while not self.exhausted and not stop():
            if (
                len(self.in_flight) >= self.batching.max_in_flight
                or self.workers.num_pending >= self.batching.prefetch
            ):
                return
            try:
                item = next(self.items)  # may take its time
            except StopIteration:
                break
            task = self.workers.submit(self._job(item))
            task.future.add_done_callback(lambda _: self.news.set())
            self.in_flight.append((item, task))
        if not self.exhausted and stop():
            while self.in_flight and self.in_flight[-1][1].future.cancel():
                self.in_flight.pop()
        self.exhausted = True

    def _job(self, item: Item) -> Job[Prepared, Result, Result | ImageError]:
        self.news.set()  # one less is pending: there may be room
        start = time.perf_counter()
        try:
            prepared = self.prepare(item)
        except ImageError as error:
            return error.with_traceback(None)  # which would keep the file's bytes alive
        finally:
            self.spent.add(preparing_s=time.perf_counter() - start)
        wanted = [prepared]
        del item, prepared  # what is large is the workers' alone
        (result,) = yield wanted
        return result

    def abandon(self) -> None:
        """Let go of all that nobody will ask for."""
        while self.in_flight:
            self.in_flight.pop()[1].abandon()
