"""Tasks in processes: told as they finish, in workers that keep to one core each."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import time

import pytest

from aesmap.errors import AesmapError
from aesmap.training.judge.parallel import in_processes, own_place


def test_every_task_comes_back_with_its_result() -> None:
    found = dict(in_processes(math.sqrt, [4.0, 9.0, 16.0], jobs=2))
    assert found == {4.0: 2.0, 9.0: 3.0, 16.0: 4.0}


def test_workers_get_one_thread_and_keep_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "MALLOC_MMAP_MAX_"):
        monkeypatch.delenv(name, raising=False)
    names = ["OMP_NUM_THREADS", "MALLOC_MMAP_MAX_"]
    assert dict(in_processes(os.getenv, names, jobs=1)) == dict(zip(names, "10", strict=True))


def test_what_is_set_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert dict(in_processes(os.getenv, ["OMP_NUM_THREADS"], jobs=1)) == {"OMP_NUM_THREADS": "3"}


def test_a_failing_task_is_raised() -> None:
    with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
        dict(in_processes(math.sqrt, [-1.0], jobs=1))


def test_a_process_that_the_system_kills_is_told_in_one_line() -> None:
    with pytest.raises(
        AesmapError, match=r"killed a process, .* fewer --jobs: what is done is kept"
    ):
        dict(in_processes(os._exit, [9], jobs=1))


def wait_for(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def test_when_the_caller_stops_the_others_do_not_work_on() -> None:
    running = in_processes(wait_for, [0.0, 3600.0, 3600.0], jobs=2)
    assert next(running) == (0.0, 0.0)
    running.close()
    for process in multiprocessing.active_children():
        process.join(60)  # they would sleep for an hour
    assert not multiprocessing.active_children()


def handler_of(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def test_ctrl_c_is_for_the_process_that_waits() -> None:
    assert dict(in_processes(handler_of, [signal.SIGINT], jobs=1)) == {signal.SIGINT: True}


def place_of(task: int) -> tuple[int | None, int]:
    return own_place(), os.getpid()


def test_each_process_keeps_a_place_of_its_own() -> None:
    found = dict(in_processes(place_of, range(12), jobs=4, places=[0, 1])).values()
    by_process = {pid: {place for place, one in found if one == pid} for _, pid in found}
    assert all(len(places) == 1 for places in by_process.values())
    assert {place for place, _ in found} <= {0, 1}
    assert own_place() is None
    assert {place for place, _ in dict(in_processes(place_of, [1], jobs=1)).values()} == {None}
