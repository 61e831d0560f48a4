"""Each figure of weighted images is core.metrics' figure of the images repeated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.training.metrics import drawn_metrics as drawn
from aesmap.training.metrics import standard as metrics


@given(st.integers(0, 10_000), st.integers(5, 40), st.booleans())
def test_as_of_the_repeated_sample(seed: int, count: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    high = rng.random(count) < 0.5
    scores = rng.integers(-3, 4, count) + 0.0 if ties else rng.normal(size=count)
    mean = rng.integers(0, 5, count) + 0.0
    weights = rng.integers(0, 4, count).astype(float)
    weights[0] += 1
    i = np.repeat(np.arange(count), weights.astype(int))
    for found, expected in (
        (drawn.drawn_auc(high, scores), metrics.auc(high[i], scores[i])),
        (drawn.drawn_srcc(scores, mean), metrics.srcc(scores[i], mean[i])),
        (drawn.drawn_plcc(scores, mean), metrics.plcc(scores[i], mean[i])),
        (
            drawn.drawn_average_precision(high, scores),
            metrics.average_precision(high[i], scores[i]),
        ),
    ):
        assert found(weights) == pytest.approx(expected, nan_ok=True, abs=1e-9)


def test_nothing_drawn_has_no_figure() -> None:
    high, scores, none = np.array([True, False]), np.array([1.0, 0.0]), np.zeros(2)
    assert np.isnan(drawn.drawn_auc(high, scores)(none))
    assert np.isnan(drawn.drawn_srcc(scores, scores)(none))
    assert np.isnan(drawn.drawn_average_precision(high, scores)(none))
