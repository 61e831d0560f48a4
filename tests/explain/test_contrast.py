"""Which part is most unlike the rest, against variances that can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.explain.contrast import most_unlike
from aesmap.explain.regions import Region


def _third(inside: float, rest: float) -> np.ndarray:
    cells = np.full((12, 12), rest)
    cells[:4] = inside
    return cells


def test_a_thing_that_parts_two_values_explains_all() -> None:
    cells = _third(5.0, 2.0)
    found = most_unlike(cells, {"Sky": cells > 3})
    assert found is not None
    assert found.part == "Sky"
    assert (found.inside, found.rest) == pytest.approx((5.0, 2.0))
    assert found.explained == pytest.approx(1.0, abs=1e-12)
    assert found.difference == pytest.approx(3.0)


def test_a_region_is_read_from_the_map_that_is_shown() -> None:
    """Interpolation smears the edge over one cell: 4 cells lose 0.125 of the step of 3 each way."""
    found = most_unlike(_third(5.0, 2.0), {})
    assert found is not None
    assert isinstance(found.part, Region)
    assert found.part.name == "the upper third"
    smeared = 3.0 / 8  # what crosses the edge, in cells: the ramp's quarter triangle
    assert found.inside == pytest.approx(5.0 - smeared / 4)
    assert found.rest == pytest.approx(2.0 + smeared / 8)


def test_the_share_is_that_of_the_variance_between() -> None:
    rng = np.random.default_rng(3)
    cells = _third(5.0, 2.0) + rng.normal(0, 1, (12, 12))
    there = _third(1.0, 0.0) > 0
    found = most_unlike(cells, {"Sky": there})
    assert found is not None
    within = np.where(there, cells - cells[there].mean(), cells - cells[~there].mean())
    assert found.explained == pytest.approx(1 - within.var() / cells.var())


@pytest.mark.parametrize(
    "cells",
    [np.full((10, 10), 3.0), _third(2.4, 2.0), np.indices((12, 12)).sum(axis=0) % 2 * 9.0],
    ids=["even", "hardly", "checks"],
)
def test_nothing_is_unlike_where_nothing_differs_or_no_part_explains_it(cells: np.ndarray) -> None:
    assert most_unlike(cells, {}) is None


def test_a_thing_that_is_everywhere_or_nowhere_is_no_part() -> None:
    cells = _third(5.0, 2.0)
    found = most_unlike(cells, {"Sky": cells > 0, "Water": cells > 9})
    assert found is not None
    assert isinstance(found.part, Region)
