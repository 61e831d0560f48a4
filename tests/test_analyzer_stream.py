"""``Analyzer.assess_many``: batches, order, laziness, errors, threads."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.cores import num_cores
from aesmap.errors import ImageError, ImageUnreadableError, UsageError
from aesmap.streaming import Batching
from aesmap.types import Size
from fake_session import FakeSession, assert_same, fake_analyzer, picture
from sample_model import SQUARE, TALL, WIDE

Array = npt.NDArray[np.uint8]
BATCH_SIZES = (1, 2, 3, 8)


def brightness_of(assessment: Assessment | ImageError) -> int:
    assert isinstance(assessment, Assessment)
    return round(float(assessment.maps.evidence.mean()) * 255)


def reading_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("aesmap-work")]


def assert_threads_end(within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while reading_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert reading_threads() == []


def test_neither_batch_size_nor_workers_nor_neighbours_change_a_number(
    analyzer: Analyzer, photos: dict[str, Array]
) -> None:
    images = [photos[name] for name in ("astronaut", "camera", "hubble", "rocket", "china")]
    images += [photos["china"][:, :300], photos["rocket"].swapaxes(0, 1)]
    alone = [analyzer.assess(image) for image in images]
    shapes = [assessment.maps.evidence.shape for assessment in alone]
    assert 1 < len(set(shapes)) < len(shapes), "aspect ratios are mixed, and batches are shared"
    for shift, batch_size in enumerate(BATCH_SIZES):
        # Another order for each size: other neighbours.
        order = np.roll(np.arange(len(images)), shift)[:: (-1) ** shift].tolist()
        assessments = list(
            analyzer.assess_many((images[i] for i in order), batch_size, workers=1 + shift)
        )
        for index, assessment in zip(order, assessments, strict=True):
            assert_same(assessment, alone[index])


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_results_come_in_order_and_batches_hold_one_shape(batch_size: int) -> None:
    session = FakeSession()
    shapes = itertools.cycle([SQUARE, SQUARE, WIDE, TALL, SQUARE, TALL])
    images = [picture(level, next(shapes)) for level in range(100)]
    assessments = fake_analyzer(session).assess_many(images, batch_size)
    assert [brightness_of(assessment) for assessment in assessments] == list(range(100))
    assert sum(batch[0] for batch in session.batches) == 100
    assert max(batch[0] for batch in session.batches) == batch_size
    assert {batch[2:] for batch in session.batches} == {(32, 32), (32, 48), (48, 32)}


def test_batches_are_full_where_one_shape_comes() -> None:
    session = FakeSession()
    list(fake_analyzer(session).assess_many([picture(1)] * 20, 8))
    assert [batch[0] for batch in session.batches] == [8, 8, 4]


def test_an_empty_stream_is_no_error() -> None:
    assert list(fake_analyzer().assess_many([])) == []


def endless(taken: list[int], first: Size = SQUARE) -> Iterator[Array]:
    for index in itertools.count():
        taken.append(index)
        yield picture(index % 256, SQUARE if index else first)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("first", [SQUARE, TALL], ids=["all alike", "a rare shape first"])
def test_an_endless_stream_is_read_a_bounded_way_ahead(batch_size: int, first: Size) -> None:
    taken: list[int] = []
    assessments = fake_analyzer().assess_many(endless(taken, first), batch_size)
    assert taken == [], "nothing is read before it is asked for"
    for index in range(40):
        assert brightness_of(next(assessments)) == index
        batching = Batching(workers=num_cores(), batch_size=batch_size, runs_at_once=1)
        assert len(taken) - index <= batching.max_in_flight
    cast(Any, assessments).close()
    assert_threads_end()


def test_a_stream_that_is_dropped_leaves_no_threads() -> None:
    assessments = fake_analyzer().assess_many(endless([]), 2)
    next(assessments)
    assert reading_threads()
    del assessments
    assert_threads_end()


def test_a_stream_that_ends_leaves_no_threads() -> None:
    list(fake_analyzer().assess_many([picture(1)] * 9, 2))
    assert_threads_end()


def test_an_error_of_the_iterable_itself_comes_through() -> None:
    def broken() -> Iterator[Array]:
        yield picture(1)
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="the disk is gone"):
        list(fake_analyzer().assess_many(broken(), 1))
    assert_threads_end()


def sources_with_two_bad_ones(folder: Path) -> list[Any]:
    (folder / "bad.jpg").write_bytes(b"")
    return [picture(0), picture(1), folder / "bad.jpg", picture(3, TALL), b"junk", picture(5)]


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_what_cannot_be_read_takes_its_place_in_the_stream(tmp_path: Path, batch_size: int) -> None:
    results = list(
        fake_analyzer().assess_many(
            sources_with_two_bad_ones(tmp_path), batch_size, on_error="yield"
        )
    )
    assert [i for i, result in enumerate(results) if isinstance(result, ImageError)] == [2, 4]
    assert isinstance(results[2], ImageUnreadableError)
    assert results[2].source == str(tmp_path / "bad.jpg")
    assert [brightness_of(results[i]) for i in (0, 1, 3, 5)] == [0, 1, 3, 5]


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_or_is_raised_after_what_came_before_it(tmp_path: Path, batch_size: int) -> None:
    assessments = fake_analyzer().assess_many(sources_with_two_bad_ones(tmp_path), batch_size)
    assert [brightness_of(next(assessments)) for _ in range(2)] == [0, 1]
    with pytest.raises(ImageUnreadableError, match=r"bad\.jpg"):
        next(assessments)
    assert_threads_end()


def test_only_bad_ones_are_no_error_when_yielded() -> None:
    results = list(fake_analyzer().assess_many([b"", b"x", b""], 2, on_error="yield"))
    assert [type(result) for result in results] == [ImageUnreadableError] * 3


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_one_is_refused_at_once(batch_size: int) -> None:
    with pytest.raises(UsageError, match="batch_size"):
        fake_analyzer().assess_many([], batch_size)


def test_an_unknown_way_with_errors_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"on_error.*ignore"):
        fake_analyzer().assess_many([], on_error=cast(Any, "ignore"))


def test_what_else_is_wanted_comes_back_with_the_assessment(analyzer: Analyzer) -> None:
    photo = np.zeros((64, 96, 3), np.uint8)
    plain = analyzer.assess(photo)
    (asked,) = analyzer.assess_prepared([analyzer.prepare(photo, extras=("signature",))])
    assert plain.extras is None
    assert asked.extras is not None
    assert asked.extras.signature is not None
    assert asked.logit == plain.logit
