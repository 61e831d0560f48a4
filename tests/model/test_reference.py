"""Ranks among ordinary photographs, against percentiles that are known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from aesmap.errors import ConfigError
from aesmap.model.manifest import Manifest, read_manifest
from aesmap.model.reference import PERCENTS, Reference, fit_reference
from aesmap.model.session import model_path
from sample_model import sample_manifest

EVEN = Reference(what="even", photographs=1000, score=tuple(np.linspace(1.09, 9.91, 99)))
"""Scores spread evenly over 1 to 10: the share below s is (s - 1) / 9."""


@pytest.mark.parametrize(("score", "percent"), [(5.51, 50), (1.0, 1), (10.0, 99), (7.4, 71)])
def test_per_cent_below(score: float, percent: int) -> None:
    assert EVEN.better_than(score) == percent


def test_percentiles_of_numbers_1_to_1000() -> None:
    found = fit_reference("numbers", [float(n) for n in range(1, 1001)])
    # numpy.percentile's own definition: the value at 1 + p/100 * (n - 1).
    assert found.score == pytest.approx([1 + p / 100 * 999 for p in PERCENTS])
    assert found.photographs == 1000


def test_it_comes_back_from_json() -> None:
    assert Reference.from_json(json.loads(json.dumps(EVEN.to_json()))) == EVEN
    manifest = sample_manifest(reference=EVEN)
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest


@pytest.mark.parametrize(
    "score", [(), (5.0,) * 98, (*range(98), 3.0), (*range(98), float("nan"))], ids=str
)
def test_what_is_no_percentiles_is_refused(score: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match=r"reference\.score"):
        Reference(what="", photographs=1, score=score)
    with pytest.raises(ConfigError, match="photographs"):
        Reference(what="", photographs=0, score=EVEN.score)


@pytest.mark.parametrize("name", ["lite0", "ava"])
def test_the_bundled_judges_know_ordinary_photographs(name: str) -> None:
    reference = read_manifest(model_path(name)).reference
    assert reference is not None
    assert reference.photographs > 1000
    middle = reference.score[49]
    assert reference.score[0] < middle < reference.score[-1]
    assert reference.better_than(middle) == 50
