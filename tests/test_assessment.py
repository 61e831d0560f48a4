from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from aesmap.assessment import (
    COLUMNS,
    Assessment,
    AttributeScore,
    error_row,
    rank_attributes,
)
from aesmap.model.maps import ActivationMaps
from aesmap.types import Box, Size

DOCUMENTED = (
    *("path", "width", "height", "level", "p_high", "score", "spread"),
    *("uncertain", "uncertain_reason", "attributes"),
    *("technical", "technical_p", "faults", "model", "error"),
)
MAPS = ActivationMaps(
    evidence=np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]], np.float32),
    bias=-0.5,
    attribute_names=("Sky", "Water", "Floral"),
    attribute_maps=np.stack([np.full((2, 3), v, np.float32) for v in (0.0, 2.0, -1.0)]),
    attribute_bias=np.array([-math.log(3), math.log(3) - 2, 1.0], np.float32),
)


def made_assessment(**changes: Any) -> Assessment:
    fields: dict[str, Any] = {
        "source": "a.jpg",
        "size": Size(40, 60),
        "logit": 0.5,
        "p_high": 1 / (1 + math.exp(-0.5)),
        "score": 5.75,
        "spread": 1.5,
        "distribution": (0.1,) * 10,
        "uncertain_reason": "",
        "attributes": rank_attributes(MAPS),
        "maps": MAPS,
        "model": "sample@01234567",
    }
    return Assessment(**fields | changes)


@pytest.mark.parametrize(
    ("logit", "level"), [(5.0, "high"), (1e-12, "high"), (0.0, "low"), (-1e-12, "low")]
)
def test_level_is_the_sign_of_the_logit(logit: float, level: str) -> None:
    assert made_assessment(logit=logit).level == level


@pytest.mark.parametrize("reason", ["", "close", "unfamiliar"])
def test_uncertain_when_there_is_a_reason(reason: str) -> None:
    assert made_assessment(uncertain_reason=reason).uncertain is (reason != "")


def test_attributes_are_ranked_by_the_sigmoid_of_mean_plus_bias() -> None:
    ranked = rank_attributes(MAPS)
    assert [score.name for score in ranked] == ["Water", "Floral", "Sky"]
    # Logits log 3, 0 and -log 3: odds of 3 to 1, even, and 1 to 3.
    assert [score.probability for score in ranked] == pytest.approx([0.75, 0.5, 0.25], abs=1e-6)


def test_no_attributes_is_no_error() -> None:
    assert rank_attributes(ActivationMaps(MAPS.evidence, 0.0)) == ()


def test_a_row_has_every_column_in_order() -> None:
    row = made_assessment().to_row()
    assert tuple(row) == COLUMNS == DOCUMENTED
    assert row == {
        "path": "a.jpg",
        "width": 60,
        "height": 40,
        "level": "high",
        "p_high": 0.622459,  # 1 / (1 + exp(-0.5))
        "score": 5.75,
        "spread": 1.5,
        "uncertain": False,
        "uncertain_reason": "",
        "attributes": {"Water": 0.75, "Floral": 0.5, "Sky": 0.25},
        "technical": None,
        "technical_p": None,
        "faults": None,
        "model": "sample@01234567",
        "error": "",
    }


def test_a_row_is_plain_enough_for_json() -> None:
    row = replace(made_assessment(), attributes=(AttributeScore("Sky", 1.0),)).to_row()
    assert json.loads(json.dumps(row)) == row


def test_an_error_row_has_every_column_and_no_numbers() -> None:
    row = error_row("b.jpg", "is empty", "sample@01234567")
    assert tuple(row) == COLUMNS
    assert {name: value for name, value in row.items() if value is not None} == {
        "path": "b.jpg",
        "model": "sample@01234567",
        "error": "is empty",
    }


def test_crop_is_in_pixels_of_the_photograph() -> None:
    assessment = made_assessment(size=Size(400, 600))
    square = assessment.crop("1:1").box
    assert square.width == square.height > 0
    assert square.right <= 600
    assert square.bottom <= 400
    assert assessment.crop(method="aesam").box.iou(Box(200, 0, 600, 200)) > 0.3


def test_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        made_assessment().logit = 3.0  # type: ignore[misc]


def test_equal_by_content_and_short_in_print() -> None:
    copied = replace(MAPS, evidence=MAPS.evidence.copy())
    other = replace(MAPS, evidence=MAPS.evidence + np.float32(1))
    assert made_assessment() == made_assessment(maps=copied)
    assert hash(made_assessment()) == hash(made_assessment(maps=copied))
    assert made_assessment() != made_assessment(maps=other)
    assert MAPS != "maps"
    assert repr(MAPS) == "ActivationMaps(3x2, logit=0.500, 3 attributes)"
    assert repr(made_assessment()) == (
        f"Assessment({made_assessment().source!r}, high, p_high={made_assessment().p_high:.3f},"
        f" score={made_assessment().score:.2f}, model={made_assessment().model!r})"
    )
    assert "close" in repr(made_assessment(uncertain_reason="close"))
