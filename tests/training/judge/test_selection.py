"""The choice of a probe: made by a stated rule, inside the training rows alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.training.judge import finetune  # noqa: E402
from aesmap.training.judge.config import SelectionConfig  # noqa: E402
from aesmap.training.judge.selection import (  # noqa: E402
    Candidate,
    candidates,
    select,
    simplest,
    used_features,
)
from aesmap.training.network.predict import predict  # noqa: E402
from aesmap.training.networks import build_network  # noqa: E402

CONFIG = SelectionConfig(
    tap_sets=((), (6, 7)), source_weights=((1.0,),), penalties=(30.0, 300.0), num_folds=2
)


@pytest.fixture
def recipe(prepared):
    network = replace(prepared.recipe.network, taps=(6, 7), tap_magnitudes=True)
    optim = replace(prepared.recipe.optim, epochs=0)
    return replace(prepared.recipe, network=network, optim=optim, selection=CONFIG)


@pytest.fixture
def part(prepared):
    return finetune.Part(prepared.sources[0], prepared.views[0], np.arange(32))


def test_candidates_stand_from_simple_to_elaborate() -> None:
    assert candidates(CONFIG) == [
        Candidate((), (1.0,), 300.0),
        Candidate((), (1.0,), 30.0),
        Candidate((6, 7), (1.0,), 300.0),
        Candidate((6, 7), (1.0,), 30.0),
    ]
    two = replace(CONFIG, tap_sets=((6,),), coarse_penalties=(1.0, 6.0))
    assert [(one.penalty, one.coarse_penalty) for one in candidates(two)] == [
        (300.0, 6.0),
        (300.0, 1.0),
        (30.0, 6.0),
        (30.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Differences to the best: 0.1 and 0.3, mean 0.2, standard error 0.1: further than one.
        ([[0.5, 0.5], [0.6, 0.8]], 1),
        # -0.1 and 0.3, mean 0.1, standard error 0.2: within one, and simpler.
        ([[0.7, 0.5], [0.6, 0.8]], 0),
        ([[0.6, 0.8], [0.6, 0.8]], 0),
    ],
)
def test_the_simplest_within_one_standard_error_is_taken(scores, expected: int) -> None:
    assert simplest(np.array(scores)) == expected


def test_used_features_are_those_of_the_taps_and_the_last_stage(recipe) -> None:
    backbone = build_network(recipe.network).backbone
    used = used_features(backbone, (7,))
    first, second = backbone.tap_features
    assert not used[:first].any()
    assert used[first:].all()
    assert used[first:].sum() == second + backbone.num_last_features


def test_ratings_outside_of_the_training_rows_choose_nothing(recipe, part) -> None:
    """All other ratings turned over: choice and probe are the same, bit for bit."""
    train = np.flatnonzero(np.arange(32) % 4 != 3)
    inside = replace(part, indices=train)
    mean = part.images.mean.copy()
    unit = mean.std()
    others = np.setdiff1d(np.arange(32), train)
    mean[others] = mean[others][::-1]
    spoilt = replace(inside, images=replace(part.images, mean=mean))
    assert mean.std() == pytest.approx(unit)
    weights = []
    for one in (inside, spoilt):
        settled, pooled, chosen = select(recipe, [one], seed=5)
        network = finetune.train_network(settled, [one], 5, pooled=pooled)
        weights.append((chosen, network.level.weight.detach()))
    assert weights[0][0] == weights[1][0]
    torch.testing.assert_close(weights[0][1], weights[1][1])


def test_the_settled_recipe_is_what_was_chosen_and_trains(recipe, part) -> None:
    settled, pooled, chosen = select(recipe, [part], seed=5)
    assert chosen in candidates(CONFIG)
    assert settled.network.taps == chosen.taps
    assert settled.optim.probe_penalty == chosen.penalty
    assert settled.source[0].probe_weight == 1.0
    network = finetune.train_network(settled, [part], 5, pooled=pooled)
    z, _ = predict(part.views.plain, network, settled.network.frozen_stages)
    expected = (
        pooled[0][0][0] @ (network.level.weight[1] - network.level.weight[0]).detach().numpy()
    )
    np.testing.assert_allclose(z - z.mean(), expected - expected.mean(), atol=2e-4)


def test_without_a_selection_nothing_is_chosen(recipe, part) -> None:
    settled, pooled, chosen = select(replace(recipe, selection=None), [part], seed=5)
    assert chosen is None
    assert settled.network.taps == (6, 7)
    assert pooled[0][0][0].shape[1] == build_network(recipe.network).backbone.num_features


def test_a_heavier_penalty_of_the_coarse_grid_moves_weight_into_finer_cells(recipe, part) -> None:
    """And is nobody's business where there is one grid."""
    own = replace(recipe.network, taps=(5, 6), own_grids=True)
    shares = {}
    for grids, network in (("two", own), ("one", replace(own, own_grids=False))):
        for coarse in (1.0, 30.0):
            config = replace(CONFIG, tap_sets=((5, 6),), coarse_penalties=(coarse,))
            there = replace(recipe, network=network, selection=config)
            settled, pooled, chosen = select(there, [part], seed=5)
            assert chosen is not None
            assert settled.optim.coarse_penalty == chosen.coarse_penalty == coarse
            weight = finetune.train_network(settled, [part], 5, pooled=pooled).level.weight[1]
            fine = weight.detach().numpy()[: 2 * 112] * pooled[0][0][0][:, : 2 * 112].std(axis=0)
            shares[grids, coarse] = float(np.abs(fine).sum())
            if grids == "two":
                penalties = finetune.feature_penalties(
                    build_network(settled.network).backbone, 10.0, coarse
                )
                assert set(penalties[: 2 * 112]) == {10.0}
                assert set(penalties[2 * 112 :]) == {10.0 * coarse}
    assert shares["two", 30.0] > 1.2 * shares["two", 1.0]
    assert shares["one", 30.0] == pytest.approx(shares["one", 1.0])
