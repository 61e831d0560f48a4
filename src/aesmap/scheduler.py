"""Work that comes in from many callers at once, done by a few threads without waiting.

A *job* is a generator. Between its steps it yields lists of prepared items and is sent the model's
results for them; what it returns is its result. Every worker thread does whatever comes next: it
runs a batch, or takes a job one step further, or begins another. Items of one shape that have piled
up while all workers were busy run together, up to the batch size; nobody waits for a batch to fill
while there is nothing else to do, so an idle service answers at once.

With one worker for each core and a model that runs on the thread that calls it, all cores are busy
and none has two things to do, whatever decoding and the model cost. Threads rather than processes:
the decoder, the resizing and the model all let go of Python's lock.

The service's callers each want their own answer as soon as it is there, and may go away before;
:mod:`aesmap.streaming` gives the answers of a stream in order. Nothing here knows photographs or
networks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

Prepared = TypeVar("Prepared")
Result = TypeVar("Result")
Answer = TypeVar("Answer")

Job: TypeAlias = Generator[list[Prepared], list[Result], Answer]

_PATIENCE = 4
"""An item is run alone once so many batches' worth of jobs have begun since it was prepared."""

_JOIN_S = 5.0


@dataclass(eq=False)
class Task(Generic[Prepared, Result, Answer]):
    """A job under way; ``future`` will hold its answer."""

    job: Job[Prepared, Result, Answer]
    future: Future[Answer] = field(default_factory=Future)
    results: list[Result | None] = field(default_factory=list)
    num_missing: int = 0
    begun: bool = False
    abandoned: bool = False

    def abandon(self) -> None:
        """Nobody wants the answer any more: what has not begun never will."""
        self.abandoned = True
        self.future.cancel()


@dataclass(eq=False)
class _Waiting(Generic[Prepared, Result]):
    """A prepared item, and where its result goes."""

    task: Task[Prepared, Result, Any]
    index: int
    item: Prepared
    num_begun: int


class Workers(Generic[Prepared, Result]):
    """Threads that share jobs.

    Parameters
    ----------
    run
        Gets lists of 1 to ``batch_size`` items of one group; called from several threads at once.
    group_of
        The group of an item.
    num_workers
        How many threads.
    batch_size
        How many items a run takes at most.
    runs_at_once
        How many runs there are at a time, at most; ``None``: as many as workers.
    observe_batch
        Told the size of each batch.
    fill
        Whether a batch that is not full waits for the jobs that are being taken a step further, as
        a stream wants it; callers who wait for their own answer do not.
    name
        What the threads are called, before their numbers.
    """

    def __init__(
        self,
        run: Callable[[list[Prepared]], list[Result]],
        *,
        group_of: Callable[[Prepared], Hashable],
        num_workers: int,
        batch_size: int,
        runs_at_once: int | None = None,
        observe_batch: Callable[[int], None] = lambda size: None,
        fill: bool = False,
        name: str = "aesmap-serve",
    ) -> None:
        self._run_model = run
        self._group_of = group_of
        self._batch_size = batch_size
        self._runs_at_once = min(num_workers, runs_at_once or num_workers)
        self._num_running = 0
        self._fill = fill
        self._num_advancing = 0
        self._observe_batch = observe_batch
        self._work = threading.Condition()
        self._pending: deque[Task[Prepared, Result, Any]] = deque()
        self._resumable: deque[Task[Prepared, Result, Any]] = deque()
        self._waiting: dict[Hashable, list[_Waiting[Prepared, Result]]] = {}
        self._num_begun = 0
        self._closed = False
        self._step_began: list[float | None] = [None] * num_workers
        self._threads = [
            # Daemons: a decoder that hangs must not keep a stopped service from ending.
            threading.Thread(
                target=self._loop, args=(number,), name=f"{name}-{number}", daemon=True
            )
            for number in range(num_workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job[Prepared, Result, Answer]) -> Task[Prepared, Result, Answer]:
        """Take a job on; the caller bounds how many there are."""
        task = Task(job)
        with self._work:
            if self._closed:
                raise RuntimeError("closed workers take no jobs")
            self._pending.append(task)
            self._work.notify()
        return task

    @property
    def num_pending(self) -> int:
        """Jobs that no worker has begun."""
        return len(self._pending)

    @property
    def no_progress_s(self) -> float:
        """Seconds for which every worker has been at one and the same step; 0 with one free."""
        began = [each for each in self._step_began if each is not None]
        return time.monotonic() - max(began) if len(began) == len(self._threads) else 0.0

    def close(self) -> None:
        """End the threads once all that was submitted is done; for a few seconds, wait for it."""
        with self._work:
            self._closed = True
            self._work.notify_all()
        for thread in self._threads:
            thread.join(_JOIN_S)

    # What the workers' threads do

    def _loop(self, number: int) -> None:
        while True:
            with self._work:
                while (step := self._next_step()) is None:
                    if self._closed:
                        return
                    self._work.wait()
            self._step_began[number] = time.monotonic()
            step()
            self._step_began[number] = None
            # What it holds may be as large as a photograph, and the next may be long in coming.
            del step

    def _next_step(self) -> Callable[[], None] | None:
        """What to do next. Needs the lock."""
        may_run = self._num_running < self._runs_at_once
        if may_run and (batch := self._next_batch(complete=True)):
            self._num_running += 1
            return partial(self._run_batch, batch)
        if self._resumable:
            self._num_advancing += 1
            return partial(self._advance, self._resumable.popleft())
        # Where runs have to wait for each other, what is prepared must not pile up behind them.
        while self._pending and (may_run or self._num_full() < len(self._threads)):
            task = self._pending.popleft()
            if task.future.set_running_or_notify_cancel():
                self._num_begun += 1
                self._num_advancing += 1
                return partial(self._advance, task)
            task.job.close()
        may_run = may_run and not (self._fill and self._num_advancing)
        if may_run and (batch := self._next_batch(complete=False)):
            self._num_running += 1
            return partial(self._run_batch, batch)
        return None

    def _num_full(self) -> int:
        return sum(len(entries) // self._batch_size for entries in self._waiting.values())

    def _next_batch(self, *, complete: bool) -> list[_Waiting[Prepared, Result]]:
        oldest = self._num_begun - _PATIENCE * self._batch_size
        for group, entries in self._waiting.items():
            full = len(entries) >= self._batch_size or entries[0].num_begun <= oldest
            if full or not complete:
                batch, rest = entries[: self._batch_size], entries[self._batch_size :]
                del self._waiting[group]
                if rest:
                    self._waiting[group] = rest
                return batch
        return []

    def _advance(self, task: Task[Prepared, Result, Any]) -> None:
        try:
            self._take_further(task)
        finally:
            with self._work:
                self._num_advancing -= 1
                self._work.notify()

    def _take_further(self, task: Task[Prepared, Result, Any]) -> None:
        results, task.results = task.results, []
        try:
            if task.abandoned:
                task.job.close()
                task.future.set_exception(InterruptedError("nobody waits for it"))
                return
            # What is sent has no None in it: all results are there.
            items = task.job.send(results) if task.begun else next(task.job)  # type: ignore[arg-type]
            if not items:
                raise ValueError("a job yields at least one item")
        except StopIteration as end:
            task.future.set_result(end.value)
            return
        except BaseException as error:  # noqa: BLE001  (raised again, where the answer is awaited)
            task.future.set_exception(error)
            return
        task.begun = True
        task.results = [None] * len(items)
        task.num_missing = len(items)
        with self._work:
            for index, item in enumerate(items):
                entry = _Waiting(task, index, item, self._num_begun)
                self._waiting.setdefault(self._group_of(item), []).append(entry)
            self._work.notify(len(items))

    def _run_batch(self, batch: list[_Waiting[Prepared, Result]]) -> None:
        problem: BaseException | None = None
        results: list[Result] = []
        try:
            results = self._run_model([entry.item for entry in batch])
            self._observe_batch(len(batch))
        except BaseException as error:  # noqa: BLE001  (raised again, where the answer is awaited)
            problem = error
        with self._work:
            self._num_running -= 1
            self._work.notify()
            for entry, result in zip(batch, results, strict=False):
                entry.task.results[entry.index] = result
                entry.task.num_missing -= 1
                if entry.task.num_missing == 0:
                    self._resumable.append(entry.task)
                    self._work.notify()
            for task in {entry.task for entry in batch} if problem is not None else ():
                if not task.future.done():  # or another batch of it has failed before
                    task.future.set_exception(problem)
