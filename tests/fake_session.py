"""An analyzer without a network, and what tests of analyzers compare."""

from __future__ import annotations

import threading
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.model.network_maps import NetworkMaps
from aesmap.model.session import Session
from aesmap.types import Size
from sample_model import SQUARE, sample_manifest

Array = npt.NDArray[np.uint8]
TOLERANCE = 1e-4


def numbers(assessment: Assessment) -> npt.NDArray[np.float64]:
    """Every number of an assessment, maps included."""
    maps = assessment.maps
    assert maps.attribute_maps is not None
    values = (
        assessment.logit,
        assessment.p_high,
        assessment.score,
        assessment.spread,
        assessment.distribution,
    )
    attributes = [probability for _, probability in sorted(assessment.attributes)]
    return np.concatenate(
        [np.ravel(v) for v in (*values, attributes, maps.evidence, maps.attribute_maps)]
    )


def assert_same(assessment: Assessment, other: Assessment, tolerance: float = TOLERANCE) -> None:
    np.testing.assert_allclose(numbers(assessment), numbers(other), rtol=0, atol=tolerance)
    assert assessment.uncertain_reason == other.uncertain_reason
    assert assessment.size == other.size


class FakeSession:
    """Evidence is the mean of the channels, (h,w) of the input: easy to foresee, and quick."""

    provider = "none"
    precision = "fp32"
    batch_size = 1
    taste = None
    provider_note = ""

    def __init__(self, **changes: Any) -> None:
        self.manifest = sample_manifest(**changes)
        self.batches: list[tuple[int, ...]] = []

    def single_threaded(self) -> FakeSession:
        return self

    def run(self, pixels: npt.NDArray[np.float32]) -> NetworkMaps:
        self.batches.append(pixels.shape)
        evidence = pixels.mean(axis=1)
        return NetworkMaps(
            evidence.mean(axis=(1, 2)), evidence, np.stack([evidence, -evidence], axis=1)
        )


class Gated(FakeSession):
    """A network that answers once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()
        self.num_runs = 0

    def run(self, pixels: npt.NDArray[np.float32]) -> NetworkMaps:
        self.num_runs += 1
        assert self.opened.wait(20)
        return super().run(pixels)


def fake_analyzer(session: FakeSession | None = None, **options: Any) -> Analyzer:
    return Analyzer(cast(Session, session or FakeSession()), **options)


def picture(brightness: int, shape: Size = SQUARE) -> Array:
    return np.full((shape.height * 2, shape.width * 2, 3), brightness, np.uint8)
