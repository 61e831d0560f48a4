"""Independent tasks in processes of one thread each, told as they finish."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from aesmap.errors import AesmapError

# Read as the workers start. Without the first, OpenMP would claim every core in each of them.
# Without the others, glibc gives each large tensor back to the kernel as it is freed, and the pages
# are zeroed again for the next one: half of the time and more on virtual machines.
_WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_TOP_PAD_": str(1 << 28),
}

Task = TypeVar("Task")
Result = TypeVar("Result")


_place: int | None = None


def own_place() -> int | None:
    """Which of its places this process has taken, such as a device; ``None`` in any other."""
    return _place


def _begin(places: Any | None) -> None:
    global _place
    # A terminal sends Ctrl-C to all processes: the one that waits for these stops them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if places is not None:
        _place = places.get()


def in_processes(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    jobs: int,
    places: Sequence[int] = (),
) -> Iterator[tuple[Task, Result]]:
    """Yield each task with ``function(task)`` as it is done, ``jobs`` at a time.

    One thread per process uses the cores better than threads inside one training step, and no
    result depends on how many run at a time. When one fails, or the caller stops, the others are
    stopped at once. Each process takes one of ``places`` and keeps it (:func:`own_place`); with
    more jobs than places they are shared evenly. Raises :class:`AesmapError` when the system kills
    a process.
    """
    for name, value in _WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue() if places else None
    if queue is not None:
        for number in range(jobs):
            queue.put(places[number % len(places)])
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_begin, initargs=(queue,)
    ) as pool:
        futures = {pool.submit(function, task): task for task in tasks}
        ended = False
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
            ended = True
        except BrokenProcessPool:
            raise AesmapError(
                "the system has killed a process, mostly for want of memory; begin again with fewer"
                " --jobs: what is done is kept"
            ) from None
        finally:
            pool.shutdown(wait=ended, cancel_futures=True)
            if not ended:  # what the others are at may take hours more
                for process in set(multiprocessing.active_children()) - others:
                    process.terminate()
