"""The threads behind the service: batches, order, faults, and clients that go away."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import CancelledError
from typing import Any

import pytest

from aesmap.scheduler import Workers

Step = Generator[list[int], list[int], int]


def doubled(batch: list[int]) -> list[int]:
    return [2 * item for item in batch]


def one(item: int) -> Step:
    (result,) = yield [item]
    return result


class Gate:
    """A job that keeps one worker busy until it is opened."""

    def __init__(self, workers: Workers[int, int]) -> None:
        self.begun, self.opened = threading.Event(), threading.Event()
        self.task = workers.submit(self._job())
        assert self.begun.wait(5)

    def _job(self) -> Step:
        self.begun.set()
        assert self.opened.wait(10)
        (result,) = yield [0]
        return result


def make(run: Any = doubled, **options: Any) -> Workers[int, int]:
    options = {"group_of": lambda item: item % 10, "num_workers": 1, "batch_size": 4} | options
    return Workers(run, **options)


def test_every_job_gets_its_own_results() -> None:
    def job(number: int) -> Step:
        total = 0
        for step in range(3):
            results = yield [number + step, number]
            assert results == [2 * (number + step), 2 * number], "in the order yielded"
            total += sum(results)
        return total

    workers = make(num_workers=4)
    tasks = [workers.submit(job(number)) for number in range(200)]
    for number, task in enumerate(tasks):
        assert task.future.result(10) == 12 * number + 6
    workers.close()


def test_what_has_piled_up_runs_together_by_group() -> None:
    sizes: list[list[int]] = []

    def run(batch: list[int]) -> list[int]:
        sizes.append(batch)
        return doubled(batch)

    workers = make(run)
    gate = Gate(workers)
    tasks = [workers.submit(one(item)) for item in (1, 11, 2, 21, 31, 41)]
    gate.opened.set()
    assert [task.future.result(5) for task in tasks] == [2, 22, 4, 42, 62, 82]
    assert [1, 11, 21, 31] in sizes, "a full batch of one group"
    assert all(len({item % 10 for item in batch}) == 1 and len(batch) <= 4 for batch in sizes)
    workers.close()


def test_nobody_waits_for_a_batch_to_fill() -> None:
    workers = make(batch_size=100)
    assert workers.submit(one(7)).future.result(5) == 14
    workers.close()


def test_a_rare_group_does_not_starve() -> None:
    workers = make(batch_size=2)
    gate = Gate(workers)
    rare = workers.submit(one(5))
    order: list[int] = []
    rare.future.add_done_callback(lambda future: order.append(-1))
    many = [workers.submit(one(10 * number + 1)) for number in range(100)]
    for task in many:
        task.future.add_done_callback(lambda future: order.append(future.result()))
    gate.opened.set()
    for task in many:
        task.future.result(5)
    assert order.index(-1) < 20, "well before the jobs that came after it are done"
    workers.close()


def test_faults_reach_their_own_callers_alone() -> None:
    def run(batch: list[int]) -> list[int]:
        if 13 in batch:
            raise ValueError("unlucky")
        return doubled(batch)

    def faulty() -> Step:
        yield [1]
        raise KeyError("job")

    def two() -> Step:
        yield [13, 4]
        return 0

    workers = make(run, batch_size=1, num_workers=2)
    with pytest.raises(ValueError, match="unlucky"):
        workers.submit(two()).future.result(5)
    with pytest.raises(KeyError):
        workers.submit(faulty()).future.result(5)
    assert workers.submit(one(3)).future.result(5) == 6
    workers.close()


def test_what_has_not_begun_never_will() -> None:
    begun: list[int] = []

    def job() -> Step:
        begun.append(1)
        yield [1]
        return 0

    workers = make()
    gate = Gate(workers)
    task = workers.submit(job())
    task.abandon()
    gate.opened.set()
    gate.task.future.result(5)
    assert workers.submit(one(1)).future.result(5) == 2
    with pytest.raises(CancelledError):
        task.future.result(5)
    assert begun == []
    workers.close()


def test_what_was_abandoned_midway_goes_no_further() -> None:
    steps: list[str] = []
    first, go = threading.Event(), threading.Event()

    def job() -> Step:
        try:
            steps.append("first")
            first.set()
            assert go.wait(5)
            yield [1]
            steps.append("second")
        finally:
            steps.append("closed")
        return 0

    workers = make()
    task = workers.submit(job())
    assert first.wait(5)
    task.abandon()
    go.set()
    workers.close()
    assert steps == ["first", "closed"]


def test_closing_finishes_what_was_submitted() -> None:
    workers = make(num_workers=2)
    tasks = [workers.submit(one(number)) for number in range(50)]
    workers.close()
    assert [task.future.result(0) for task in tasks] == [2 * number for number in range(50)]
    with pytest.raises(RuntimeError):
        workers.submit(one(1))


def test_workers_that_come_no_further() -> None:
    workers = make(num_workers=2)
    assert workers.no_progress_s == 0
    gates = [Gate(workers)]
    assert workers.no_progress_s == 0, "one of them is free"
    gates.append(Gate(workers))
    first = workers.no_progress_s
    assert workers.no_progress_s > first >= 0
    for gate in gates:
        gate.opened.set()
        gate.task.future.result(10)
    workers.close()
    assert workers.no_progress_s == 0
