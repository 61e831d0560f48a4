"""The second bundled judge: small, honest of its origin, level and score at AVA's threshold."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from aesmap.model.ratings import RatingModel
from aesmap.model.session import bundled_models

PATH = bundled_models()["ava"]
MANIFEST: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))


def test_it_is_small() -> None:
    assert PATH.with_suffix(".onnx").stat().st_size < 8_000_000


def test_it_says_where_it_comes_from() -> None:
    (source,) = MANIFEST["provenance"]["sources"]
    told = json.dumps(source)
    for word in ("idealo internet GmbH", "2018", "Apache-2.0", "AVA", "unknown", "do not test"):
        assert word in told
    converted = MANIFEST["provenance"]["converted_from"]
    assert converted["sha256"].startswith("e563ad91b3d4")


def test_it_claims_neither_attributes_nor_technique() -> None:
    assert MANIFEST["attributes"] == []
    assert "technical" not in MANIFEST


@pytest.mark.parametrize("figure", ["mean_rating", "score"])
def test_what_was_measured_was_good_enough_to_ship(figure: str) -> None:
    measured = MANIFEST["figures"][figure]
    assert measured["images"] >= 500
    assert measured["r2"] >= 0.97
    assert measured["srcc"] >= 0.985


def test_the_level_turns_at_five_and_the_score_is_the_mean_vote() -> None:
    ratings = RatingModel.from_json(MANIFEST["rating_model"])
    assert float(ratings.score(0.0)) == pytest.approx(5, abs=1e-6)
    per_point = 1.702 / (0.734 * math.sqrt(1 - 0.626**2))
    for mean in (4.0, 4.5, 5.5, 6.0, 6.5):
        assert float(ratings.score(per_point * (mean - 5))) == pytest.approx(mean, abs=0.12)
