"""What a census counts, against values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aesmap.model.ratings import RatingScale
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.rated_set import RatedSet, read_rated_set
from aesmap.training.network.dataset_statistics import take_census
from shared_data import SHARED, needs

VOTES = SHARED / "ava/votes_25551.csv"


def rated(
    means: list[float], low: int = 1, high: int = 10, threshold: float = 5, tags: bool = False
) -> RatedSet:
    n = len(means)
    attributes = np.full((n, 2), np.nan)
    attributes[0, 1] = attributes[1] = 1
    scale = RatingScale(low=low, high=high, threshold=threshold)
    images = RatedImages(
        name=f"to {high}",
        scale=scale,
        paths=tuple(Path(str(mean)) for mean in means),
        shares=np.full((n, len(scale.votes)), np.nan),
        mean=np.asarray(means, dtype=np.float64),
        groups=np.asarray([str(index // 2) for index in range(n)]),
        attributes=attributes if tags else np.zeros((n, 0)),
        num_votes=np.full(n, np.nan),
        attribute_names=("Sky", "Water") if tags else (),
    )
    return RatedSet(images, np.arange(n) == 0)


MEANS = [3.0, 4.0, 4.2, 4.5, 5.0, 5.5, 6.0, 6.5, 6.6, 9.0]


def test_counts_and_intervals() -> None:
    census = take_census([rated(MEANS, tags=True)])
    assert (census.num_images, census.num_groups, census.num_test) == (10, 5, 1)
    assert census.num_high == 5  # 5.5 and up: a mean of 5.0 is low
    assert census.num_inside == 4  # 4.2, 4.5, 5.0 and 5.5: 4.0 and 6.0 are not inside
    assert census.num_near == 5  # 4.5 to 6.5 with both ends
    assert census.votes is None
    assert census.undecided is None
    assert census.tags == {"Water": 2, "Sky": 1}
    assert (census.num_with_tags, census.num_untagged) == (10, 8)


def test_weights() -> None:
    effects = {(e.inside, e.outside): e for e in take_census([rated(MEANS)]).weights}
    assert len(effects) == 9
    # Four inside, one of them high; six outside, four of them high.
    assert effects[1, 6].mean_weight == pytest.approx((4 * 1 + 6 * 6) / 10)
    assert effects[1, 6].effective_high == pytest.approx((1 + 4 * 6) / (4 + 6 * 6))
    assert effects[0, 1].mean_weight == pytest.approx(0.6)
    assert effects[0, 1].effective_high == pytest.approx(4 / 6)
    assert take_census([rated([4.5, 5.5])]).weights[-1].effective_high is None


def test_a_bin_holds_its_upper_end() -> None:
    census = take_census([rated([1.0, 1.1, 4.9, 5.0, 5.1, 10.0])])
    low, high = np.asarray(census.low_counts), np.asarray(census.high_counts)
    assert np.flatnonzero(low).tolist() == [0, 38, 39]
    assert low[0] == 2
    assert np.flatnonzero(high).tolist() == [40, 89]


def test_several_sets_meet_on_one_to_ten() -> None:
    # On 1 to 7 the threshold is 4, the interval (3.33, 4.67): 4 is 5.5 of ten, 7 is 10.
    both = take_census([rated([4.5, 7.0]), rated([1.0, 4.0, 4.5, 7.0], 1, 7, 4)])
    assert both.name == "to 10 + to 7"
    assert both.scale is None
    assert (both.num_images, both.num_high) == (6, 3)
    assert both.num_inside == 1 + 2
    assert both.inside is None  # (4, 6) and (4.5, 6.5) of ten
    assert both.rating["min"] == 1
    assert both.rating["max"] == 10
    assert sum(both.low_counts) == 3
    twice = take_census([rated([4.5, 7.0]), rated([5.5, 2.0])])
    assert twice.inside is not None
    assert (twice.inside.low, twice.inside.high, twice.inside.num_images) == (4, 6, 2)


@needs("ava")
def test_the_figures_of_avas_votes() -> None:
    # The figures of docs/reproduction.md. Counted once more with awk for the first three:
    # awk -F, 'NR>1{s=0;n=0;for(i=2;i<=11;i++){n+=$i;s+=$i*(i-1)}m=s/n; ...}'
    census = take_census([read_rated_set(f"csv:{VOTES},low=1,high=10,threshold=5,images=none")])
    assert census.num_images == 25_551
    assert census.num_high == 17_952
    assert (census.num_inside, census.num_near) == (19_771, 21_112)
    assert census.undecided is not None
    assert census.undecided.num_undecided == 4_661
    assert census.undecided.ceiling == pytest.approx(0.9633, abs=5e-5)
    assert census.undecided.simple_ceiling == pytest.approx(0.9088, abs=5e-5)
