"""The pipeline on its own: order, batches, bounds, stops, failures. No images, no model."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.cores import num_cores
from aesmap.errors import ImageError, ImageUnreadableError, UsageError
from aesmap.streaming import Batching, WorkTime, each_in_order, stream


def batching_of(workers: int = 2, batch_size: int = 1, runs_at_once: int | None = None) -> Batching:
    return Batching(workers=workers, batch_size=batch_size, runs_at_once=runs_at_once or workers)


def no_group(prepared: Any) -> Hashable:
    return None


def double(batch: list[int]) -> list[int]:
    return [2 * number for number in batch]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3), max_size=120),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(1, 3),
    st.integers(0, 99),
)
def test_every_item_comes_once_in_order_and_batches_hold_one_group(
    groups: list[int], workers: int, batch_size: int, runs_at_once: int, seed: int
) -> None:
    moments = random.Random(seed)
    batches: list[list[tuple[int, int]]] = []
    running: Counter[str] = Counter()

    def prepare(item: tuple[int, int]) -> tuple[int, int]:
        if moments.random() < 0.1:
            time.sleep(0.001)
        if item[1] == 3:
            raise ImageUnreadableError(str(item[0]), "is bad")
        return item

    def run(batch: list[tuple[int, int]]) -> list[int]:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        batches.append(batch)
        if moments.random() < 0.1:
            time.sleep(0.001)
        running["now"] -= 1
        return [number for number, _ in batch]

    items = list(enumerate(groups))
    batching = batching_of(workers, batch_size, runs_at_once)
    results = list(stream(items, prepare, run, group_of=lambda item: item[1], batching=batching))
    assert [item for item, _ in results] == items
    for (number, group), result in results:
        assert isinstance(result, ImageError) if group == 3 else result == number
    assert all(len({group for _, group in batch}) == 1 for batch in batches)
    assert max(map(len, batches), default=0) <= batch_size
    assert running["most"] <= min(workers, runs_at_once)


def counted(count: Counter[str]) -> Iterator[int]:
    for number in itertools.count():
        count["taken"] += 1
        yield number


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("batch_size", [1, 4, 32])
def test_a_slow_consumer_holds_the_source_back(workers: int, batch_size: int) -> None:
    """Memory is flat if the number of items between the source and the consumer is bounded."""
    count: Counter[str] = Counter()
    lock = threading.Lock()

    def prepare(number: int) -> int:
        with lock:
            count["pixels"] += 1
            count["most pixels"] = max(count["most pixels"], count["pixels"])
        return number

    def run(batch: list[int]) -> list[int]:
        with lock:
            count["pixels"] -= len(batch)
        return double(batch)

    batching = batching_of(workers, batch_size)
    results = stream(counted(count), prepare, run, group_of=lambda n: n % 3, batching=batching)
    for given_before, (number, result) in enumerate(itertools.islice(results, 300)):
        assert result == 2 * number
        if given_before in (100, 200):
            time.sleep(0.05)  # the workers do what they may
        assert count["taken"] - given_before <= batching.max_in_flight
    # What is large, prepared items: a batch of each group that is not full, and one per worker.
    assert count["most pixels"] <= 3 * (batch_size - 1) + 2 * workers * batch_size
    results.close()


@pytest.mark.parametrize("batch_size", [1, 4])
def test_one_slow_item_holds_the_source_back(batch_size: int) -> None:
    """What comes behind it waits for its turn, in a buffer that has an end."""
    count: Counter[str] = Counter()
    batching = batching_of(3, batch_size)

    def prepare(number: int) -> int:
        if number == 0:
            taken = -1
            while count["taken"] > taken:  # until nothing more is taken
                taken = count["taken"]
                time.sleep(0.1)
        return number

    source = itertools.islice(counted(count), 5000)
    results = stream(source, prepare, double, group_of=no_group, batching=batching)
    assert next(results) == (0, 0)
    assert batching.prefetch < count["taken"] <= batching.max_in_flight
    results.close()


def test_every_worker_is_busy_while_there_is_work() -> None:
    """Decoding and running are no separate crews: four workers do four things at a time."""
    together = threading.Barrier(4, timeout=10)

    def prepare(number: int) -> int:
        together.wait()
        return number

    def run(batch: list[int]) -> list[int]:
        together.wait()
        return double(batch)

    results = list(stream(range(4), prepare, run, group_of=no_group, batching=batching_of(4)))
    assert results == [(0, 0), (1, 2), (2, 4), (3, 6)]


def test_one_worker_does_everything() -> None:
    names = set()

    def prepare(number: int) -> int:
        names.add(threading.current_thread().name)
        return number

    assert (
        len(list(stream(range(9), prepare, double, group_of=no_group, batching=batching_of(1, 4))))
        == 9
    )
    assert len(names) == 1


def test_a_stop_ends_the_stream_after_what_was_begun() -> None:
    stopped = threading.Event()
    prepared = []

    def prepare(number: int) -> int:
        prepared.append(number)
        return number

    results = []
    for item in stream(
        itertools.count(),
        prepare,
        double,
        group_of=no_group,
        batching=batching_of(2, 4),
        stop=stopped.is_set,
    ):
        results.append(item)
        if len(results) == 10:
            stopped.set()
    assert results == [(number, 2 * number) for number in range(len(results))]
    assert sorted(prepared) == list(range(len(results))), "all that was begun is there"


@pytest.mark.parametrize("where", ["prepare", "run", "source"])
def test_a_failure_ends_the_stream_and_its_threads(where: str) -> None:
    def fail(at: str, number: int) -> None:
        if at == where and number == 50:
            raise RuntimeError(f"{where} failed")

    def source() -> Iterator[int]:
        for number in itertools.count():
            fail("source", number)
            yield number

    def prepare(number: int) -> int:
        fail("prepare", number)
        return number

    def run(batch: list[int]) -> list[int]:
        fail("run", batch[0])
        return double(batch)

    results = stream(source(), prepare, run, group_of=no_group, batching=batching_of(3))
    with pytest.raises(RuntimeError, match=f"{where} failed"):
        list(results)
    assert not [t for t in threading.enumerate() if t.name.startswith("aesmap-work")]


def test_time_is_counted_for_all_workers_together() -> None:
    def prepare(number: int) -> int:
        time.sleep(0.02)
        return number

    def run(batch: list[int]) -> list[int]:
        time.sleep(0.01)
        return batch

    spent = WorkTime()
    list(
        stream(range(10), prepare, run, group_of=no_group, batching=batching_of(2), work_time=spent)
    )
    assert spent.preparing_s >= 0.2
    assert spent.running_s >= 0.1


@pytest.mark.parametrize("name", ["workers", "batch_size", "runs_at_once"])
def test_a_pace_below_one_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}: must be 1 or more, not 0"):
        Batching(**{"workers": 1, "batch_size": 1, "runs_at_once": 1} | {name: 0})


def test_there_is_a_core() -> None:
    assert num_cores() >= 1


def test_one_step_of_work_comes_in_order_with_its_errors() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise ImageError("3.jpg", "is damaged")
        return number * number

    found = list(each_in_order(range(6), work, 3))
    assert [item for item, _ in found] == list(range(6))
    assert [result for item, result in found if item != 3] == [0, 1, 4, 16, 25]
    assert isinstance(found[3][1], ImageError)
