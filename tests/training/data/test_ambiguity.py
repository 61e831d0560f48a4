"""What votes leave open, against scipy and values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aesmap.model.ratings import RatingScale
from aesmap.training.data.ambiguity import label_certainty, standard_errors, t_975
from aesmap.training.data.datasets import RatedImages
from aesmap.types import FloatArray


def rated(counts: list[list[float]], threshold: float = 3.0) -> RatedImages:
    votes = np.asarray(counts, dtype=np.float64)
    total: FloatArray = votes.sum(axis=1)
    scale = RatingScale(low=1, high=5, threshold=threshold)
    return RatedImages(
        name="made",
        scale=scale,
        paths=tuple(Path(str(index)) for index in range(len(votes))),
        shares=votes / total[:, None],
        mean=votes @ scale.votes / total,
        groups=np.arange(len(votes)).astype(str),
        attributes=np.zeros((len(votes), 0)),
        num_votes=total,
    )


def test_standard_errors_are_the_samples_own() -> None:
    votes = np.repeat([1, 2, 4, 5], [3, 5, 9, 2])
    images = rated([[3, 5, 0, 9, 2], [0, 0, 7, 0, 0], [0, 1, 0, 0, 0]])
    errors = standard_errors(images)
    assert errors[0] == pytest.approx(votes.std(ddof=1) / np.sqrt(len(votes)))
    assert errors[1] == 0
    assert errors[2] == np.inf


def test_students_t_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    degrees = np.array([8.0, 20.0, 100.0, 210.0, 520.0])
    np.testing.assert_allclose(t_975(degrees), stats.t.ppf(0.975, degrees), atol=1e-3)
    few = np.array([3.0, 5.0])
    exact = stats.t.ppf(0.975, few)
    assert (t_975(few) < exact).all()
    assert (t_975(few) > exact - 0.1).all()
    assert t_975(np.array([0.0]))[0] == np.inf


def test_agreement_is_the_normal_probability_of_the_same_side() -> None:
    stats = pytest.importorskip("scipy.stats")
    images = rated([[3, 5, 4, 9, 2], [0, 5, 10, 5, 0], [0, 0, 0, 9, 0], [0, 0, 9, 0, 0]])
    certainty = label_certainty(images)
    votes = np.repeat([1, 2, 3, 4, 5], [3, 5, 4, 9, 2])
    ratio = abs(votes.mean() - 3) / stats.sem(votes)
    assert certainty.agreement[0] == pytest.approx(stats.norm.cdf(ratio))
    assert certainty.agreement[1] == pytest.approx(0.5)  # exactly at the threshold
    assert certainty.agreement[2] == pytest.approx(1)  # everyone says 4
    assert certainty.agreement[3] == pytest.approx(0.5)  # everyone says the threshold
    assert certainty.undecided.tolist() == [True, True, False, True]


def test_the_interval_is_that_of_a_t_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(4)
    counts = [rng.multinomial(12, rng.dirichlet(np.ones(5) * 4)).tolist() for _ in range(300)]
    certainty = label_certainty(rated(counts))
    p_values = [
        stats.ttest_1samp(np.repeat([1, 2, 3, 4, 5], row), 3).pvalue if np.ptp(row) else 1.0
        for row in counts
    ]
    clear = np.abs(np.asarray(p_values) - 0.05) > 1e-3
    assert clear.sum() > 290
    assert (certainty.undecided[clear] == (np.asarray(p_values) > 0.05)[clear]).all()


def test_an_image_without_votes_is_unknown() -> None:
    images = rated([[1, 1, 1, 1, 1], [2, 2, 2, 2, 9]])
    images.num_votes[0] = np.nan
    images.shares[0] = np.nan
    certainty = label_certainty(images)
    assert certainty.known.tolist() == [False, True]
    assert not certainty.undecided[0]
    assert np.isnan(certainty.agreement[0])
