from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from aesmap.images.moments.frame_cues import NAMES, frame_cues
from aesmap.model.frame_choice import FEATURES, Frame
from aesmap.training.judge.frame_choice import (
    SIZES,
    SPOILS,
    Outcome,
    cross_fitted,
    fit_choice,
    least_margin,
    made_moment,
    made_moments,
    rated_moment,
    spoilt_copies,
)

CUES = frame_cues(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))


def frame(rng: np.random.Generator, quality: float) -> Frame:
    """Quality shows, with noise, in one cue and in nothing else."""
    values = rng.normal(size=len(NAMES)).astype("<f4")
    values[0] = quality + rng.normal(0, 0.3)
    return Frame(rng.uniform(3, 8), rng.uniform(0.2, 0.8), replace(CUES, values=values.tobytes()))


def made(count: int, seed: int):
    rng = np.random.default_rng(seed)
    return [
        made_moment([frame(rng, 1.0), *(frame(rng, 0.0) for _ in range(4))], n)
        for n in range(count)
    ]


def rated(count: int, seed: int):
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        mos = rng.uniform(0.2, 0.8, 4)
        found.append(rated_moment([frame(rng, 5 * value) for value in mos], mos, number))
    return [moment for moment in found if moment.better]


def test_the_cue_that_shows_quality_gets_the_weight() -> None:
    choice, on_made, on_rated = fit_choice(made(200, 1), rated(60, 2))
    weights = np.abs(choice.weights)
    assert FEATURES[int(weights.argmax())] == NAMES[0]
    assert np.mean([one.winner == 0 for one in on_made]) > 0.7  # 0.2 at random
    assert len(on_rated) == len(rated(60, 2))
    claimed = [one.winner for one in on_made if one.margin >= choice.cannot_tell_below]
    assert sum(winner != 0 for winner in claimed) <= 2  # 1 % of 200
    assert choice.cannot_tell_below > 0


def test_a_wrong_winner_is_claimed_of_one_moment_in_a_hundred() -> None:
    right = [Outcome(0, n / 100) for n in range(295)]
    wrong = [Outcome(1, margin) for margin in (0.1, 0.2, 0.3, 0.4, 0.5)]
    bound = least_margin([*right, *wrong])
    assert sum(one.margin >= bound for one in wrong) == 3
    assert 0.2 < bound <= 0.3
    assert least_margin([*right, *wrong[:2]]) == least_margin(right) == 0


def test_moments_of_several_sizes_are_made_of_one_photograph() -> None:
    rng = np.random.default_rng(1)
    frames = [frame(rng, 0.0) for _ in range(6)]
    moments = made_moments(frames, 7, rng)
    assert tuple(len(one.frames) for one in moments) == SIZES
    for one in moments:
        assert one.group == 7
        assert one.frames[0].score == frames[0].score
        scores = [copy.score for copy in one.frames[1:]]
        assert len(set(scores)) == len(scores)
        assert one.better == [(0, n) for n in range(1, len(one.frames))]


def test_a_moment_is_decided_by_weights_that_have_not_seen_it() -> None:
    """Quality that is nothing but noise cannot be told, whatever was fitted on it."""
    rng = np.random.default_rng(3)
    noise = [made_moment([frame(rng, 0.0) for _ in range(5)], n) for n in range(60)]
    on_made, _ = cross_fitted(noise, rated(20, 4)[:3])
    assert np.mean([one.winner == 0 for one in on_made]) < 0.45


def test_pairs_are_those_that_were_rated_apart() -> None:
    rng = np.random.default_rng(5)
    frames = [frame(rng, 0.0) for _ in range(3)]
    moment = rated_moment(frames, np.array([0.5, 0.55, 0.7]), 0)
    assert moment.better == [(2, 0), (2, 1)]


def test_copies_are_spoilt_in_different_ways(photos: dict[str, npt.NDArray[np.uint8]]) -> None:
    picture = photos["coffee"][::2, ::2]
    copies, names = spoilt_copies(picture, np.random.default_rng(1))
    assert len(set(names)) == len(copies) == 4
    assert set(names) <= set(SPOILS)
    for copy in copies:
        assert copy.shape == picture.shape
        assert (copy != picture).any()
    again, _ = spoilt_copies(picture, np.random.default_rng(1))
    assert all((a == b).all() for a, b in zip(copies, again, strict=True))
