"""A photograph without a part of it: the map's answer beside the model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aesmap.analyzer import Analyzer
from aesmap.errors import UsageError
from aesmap.faithfulness.counterfactual import Counterfactual, without_part
from aesmap.types import Box
from fake_session import FakeSession, fake_analyzer, picture


def test_a_model_that_sees_each_place_alone_agrees_with_its_map() -> None:
    """The fake model's evidence is each cell's own brightness: what is cut off is what is lost."""
    analyzer = fake_analyzer(FakeSession())
    pixels = np.full((320, 320, 3), 90, np.uint8)
    pixels[:160] = 200
    found = without_part(analyzer, pixels, Box(0, 0, 320, 160))
    said = analyzer.assess(pixels)
    assert found.logit == pytest.approx(said.logit)
    assert found.by_map + found.evidence == pytest.approx(found.logit)
    assert found.cut is not None
    assert found.cut == pytest.approx(found.cut_by_map, abs=0.05)
    assert found.cut == pytest.approx(analyzer.assess(pixels[160:]).logit, abs=1e-6)


def test_the_part_is_filled_from_around_it(analyzer: Analyzer, photo_files: Path) -> None:
    file = photo_files / "coffee.jpg"
    found = without_part(analyzer, file, Box(200, 100, 320, 220))
    assert found.cut is None
    assert found.cut_by_map is None
    assert found.filled != pytest.approx(found.logit, abs=1e-6)
    assert found == without_part(analyzer, file, Box(200, 100, 320, 220)), "the same every time"
    assert found.to_json()["box"] == [200, 100, 320, 220]


@pytest.mark.parametrize(
    "strip",
    [Box(0, 0, 600, 100), Box(0, 300, 600, 400), Box(0, 0, 100, 400), Box(500, 0, 600, 400)],
)
def test_a_strip_along_any_edge_is_cut_off_as_well(
    analyzer: Analyzer, photo_files: Path, strip: Box
) -> None:
    found = without_part(analyzer, photo_files / "coffee.jpg", strip)
    assert found.cut is not None
    assert "cut off, by the map" in found.text


@pytest.mark.parametrize("part", [Box(0, 0, 600, 400), Box(500, 0, 700, 100)])
def test_a_part_must_leave_something_and_lie_inside(
    analyzer: Analyzer, photo_files: Path, part: Box
) -> None:
    with pytest.raises(UsageError, match="must lie inside the photo of 600x400"):
        without_part(analyzer, photo_files / "coffee.jpg", part)


def test_a_difference_is_said() -> None:
    alike = {"box": Box(0, 0, 1, 1), "logit": 1.0, "evidence": 0.5, "by_map": 0.5}
    assert "apart" not in Counterfactual(**alike, filled=0.6).text
    assert "-1.50 apart" in Counterfactual(**alike, filled=-1.0).text


def test_pictures_in_memory_do(analyzer: Analyzer) -> None:
    assert without_part(analyzer, picture(90), Box(0, 0, 20, 20)).filled
