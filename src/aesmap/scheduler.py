"""A pipeline that never waits: items are prepared and run in batches by the same few threads.

Every worker thread does whatever comes next: it runs a batch that is full, or else prepares one
more item. With one worker for each core and a model that runs on the thread that calls it, all
cores are busy and none has two things to do, whatever decoding and the model cost. Threads rather
than processes: the decoder, the resizing and the model all let go of Python's lock.

Nothing here knows photographs or networks, and at no time are more than a bounded number of items
between the source and the consumer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aesmap.errors import ImageError, UsageError

Item = TypeVar("Item")
Prepared = TypeVar("Prepared")
Result = TypeVar("Result")

_JOIN_S = 5.0


@dataclass
class WorkTime:
    """Seconds that the workers of a stream spent, all together; it grows while the stream runs."""

    preparing_s: float = 0.0
    running_s: float = 0.0


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
    pipeline = _Pipeline(prepare, run, group_of, batching, work_time or WorkTime())
    try:
        yield from pipeline.results(iter(items), stop)
    finally:
        pipeline.close()


@dataclass
class _Pipeline(Generic[Item, Prepared, Result]):
    prepare: Callable[[Item], Prepared]
    run: Callable[[list[Prepared]], list[Result]]
    group_of: Callable[[Prepared], Hashable]
    batching: Batching
    work_time: WorkTime

    # Items pass through these in turn; each is known by its number in the source.
    pending: deque[tuple[int, Item]] = field(default_factory=deque)
    waiting: dict[Hashable, list[tuple[int, Item, Prepared]]] = field(default_factory=dict)
    full: deque[list[tuple[int, Item, Prepared]]] = field(default_factory=deque)
    done: dict[int, tuple[Item, Result | ImageError]] = field(default_factory=dict)

    num_taken: int = 0
    num_given: int = 0
    num_preparing: int = 0
    num_running: int = 0
    exhausted: bool = False
    closed: bool = False
    failure: BaseException | None = None
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.work = threading.Condition(self.lock)  # for workers: there may be something to do
        self.news = threading.Condition(self.lock)  # for the consumer

    # What the consumer's thread does

    def results(
        self, items: Iterator[Item], stop: Callable[[], bool]
    ) -> Iterator[tuple[Item, Result | ImageError]]:
        while True:
            self._take(items, stop)
            with self.lock:
                while not (self.num_given in self.done or self._may_take() or self._is_over()):
                    self.news.wait()
                if self.failure is not None:
                    raise self.failure
                if self.num_given in self.done:
                    result = self.done.pop(self.num_given)
                    self.num_given += 1
                elif self.exhausted:
                    return
                else:
                    continue
            yield result

    def _take(self, items: Iterator[Item], stop: Callable[[], bool]) -> None:
        while self._may_take() and not stop():
            try:
                item = next(items)  # may take its time, so without the lock
            except StopIteration:
                self.exhausted = True
                break
            with self.lock:
                self.pending.append((self.num_taken, item))
                self.num_taken += 1
                self.work.notify()
            if len(self.threads) < min(self.batching.workers, self.num_taken):
                self._start_worker()
        with self.lock:
            if stop():
                self.exhausted = True
                self.num_taken -= len(self.pending)  # the last ones taken
                self.pending.clear()
            if self.exhausted:
                self.work.notify_all()  # batches need not fill up any more

    def _may_take(self) -> bool:
        return (
            not self.exhausted
            and len(self.pending) < self.batching.prefetch
            and self.num_taken - self.num_given < self.batching.max_in_flight
        )

    def _is_over(self) -> bool:
        return self.failure is not None or (self.exhausted and self.num_given == self.num_taken)

    def _start_worker(self) -> None:
        name = f"aesmap-work-{len(self.threads)}"
        # A daemon, so that a disk that never answers cannot keep the program from ending.
        self.threads.append(threading.Thread(target=self._work, name=name, daemon=True))
        self.threads[-1].start()

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self.work.notify_all()
        deadline = time.monotonic() + _JOIN_S
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    # What the workers' threads do

    def _work(self) -> None:
        try:
            while True:
                with self.lock:
                    batch, entry = self._next_task()
                if batch is not None:
                    self._run(batch)
                elif entry is not None:
                    self._prepare(*entry)
                else:
                    return
        except BaseException as error:  # noqa: BLE001  (raised again, by the consumer)
            with self.lock:
                self.failure = self.failure or error
                self.closed = True
                self.work.notify_all()
                self.news.notify()

    def _next_task(
        self,
    ) -> tuple[list[tuple[int, Item, Prepared]] | None, tuple[int, Item] | None]:
        """A batch to run, or an item to prepare; neither when all is over. Needs the lock."""
        while not self.closed:
            batch = self._next_batch() if self.num_running < self.batching.runs_at_once else None
            if batch is not None:
                self.num_running += 1
                return batch, None
            if self.pending and len(self.full) < self.batching.workers:
                entry = self.pending.popleft()
                self.num_preparing += 1
                if self._may_take():
                    self.news.notify()
                return None, entry
            self.work.wait()
        return None, None

    def _next_batch(self) -> list[tuple[int, Item, Prepared]] | None:
        if self.full:
            return self.full.popleft()
        if self.pending or not self.waiting:
            return None
        oldest = min(self.waiting, key=lambda group: self.waiting[group][0][0])
        is_last = self.exhausted and self.num_preparing == 0
        # A rare shape must not hold back for long what comes behind it.
        is_held_back = (
            self.num_taken - self.num_given >= self.batching.max_in_flight
            and self.waiting[oldest][0][0] == self.num_given
        )
        return self.waiting.pop(oldest) if is_last or is_held_back else None

    def _prepare(self, number: int, item: Item) -> None:
        start = time.perf_counter()
        prepared: Prepared | None = None
        problem: ImageError | None = None
        try:
            prepared = self.prepare(item)
        except ImageError as error:
            problem = error.with_traceback(None)  # which would keep the file's bytes alive
        group = None if prepared is None else self.group_of(prepared)
        with self.lock:
            self.work_time.preparing_s += time.perf_counter() - start
            self.num_preparing -= 1
            if self.exhausted and self.num_preparing == 0:
                self.work.notify_all()  # for the batches that will not fill up
            if prepared is None:
                assert problem is not None
                self._finish(number, (item, problem))
                return
            entries = self.waiting.setdefault(group, [])
            entries.append((number, item, prepared))
            entries.sort(key=lambda entry: entry[0])
            if len(entries) >= self.batching.batch_size:
                self.full.append(self.waiting.pop(group))
                self.work.notify()

    def _run(self, batch: list[tuple[int, Item, Prepared]]) -> None:
        start = time.perf_counter()
        results = self.run([prepared for _, _, prepared in batch])
        with self.lock:
            self.work_time.running_s += time.perf_counter() - start
            self.num_running -= 1
            for (number, item, _), result in zip(batch, results, strict=True):
                self._finish(number, (item, result))
            self.work.notify()

    def _finish(self, number: int, result: tuple[Item, Result | ImageError]) -> None:
        self.done[number] = result
        if number == self.num_given:
            self.news.notify()
