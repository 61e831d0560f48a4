"""The evidence shared out among what a photograph shows adds up to the logit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aesmap.analyzer import Analyzer
from aesmap.explain.parts import parts_of
from made_assessments import made_assessment

EVIDENCE = np.array([[4.0, 2.0], [-1.0, 3.0]], np.float32)
SKY = np.array([[1.0, 1.0], [-1.0, -1.0]], np.float32)
WATER = np.array([[-1.0, 1.0], [1.0, -1.0]], np.float32)


def said(**changes: Any) -> Any:
    made = made_assessment(EVIDENCE, -0.5, Sky=(0.0, SKY), Water=(0.0, WATER))
    return replace(made, named=("Sky", "Water"), **changes)


def test_places_that_overlap_share_alike_and_the_rest_stands_last() -> None:
    parts = {part.name: part for part in parts_of(said(uncertain_reason=""))}
    # By hand: the sky has the first cell and half of the second, the water the other half and -1.
    assert parts["Sky"].evidence == pytest.approx((4 + 1) / 4)
    assert parts["Water"].evidence == pytest.approx((1 - 1) / 4)
    assert parts[""].evidence == pytest.approx(3 / 4)
    assert [part.area for part in parts.values()] == pytest.approx([0.375, 0.375, 0.25])
    assert list(parts) == ["Sky", "Water", ""]


def test_nothing_is_said_of_pictures_whose_maps_mean_little() -> None:
    assert parts_of(said(uncertain_reason="unfamiliar")) == ()
    assert parts_of(replace(said(uncertain_reason=""), named=())) == ()


def test_they_add_up_for_real_photographs(analyzer: Analyzer, photos: dict[str, Any]) -> None:
    shared_out = 0
    for photo in photos.values():
        one = analyzer.assess(photo)
        parts = parts_of(one)
        if parts:
            shared_out += 1
            total = sum(part.evidence for part in parts) + one.maps.bias
            assert total == pytest.approx(one.logit, abs=1e-9)
    assert shared_out >= 3
