"""One logit in place of ten."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aesmap.errors import ExportError
from aesmap.training.nets.backbones import Backbone
from aesmap.training.nets.heads import LinearHead
from aesmap.training.nima.build import one_logit_network
from aesmap.training.nima.fit import (
    checked_fit,
    fidelity,
    fit_linear_mean,
    log_odds_per_point,
)
from aesmap.training.nima.network import VOTES, NimaNetwork, mean_vote


def vote_logits(num: int, spread: float, seed: int = 0) -> np.ndarray:
    """Ten logits of votes about a mean that varies, with a level that says nothing."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(5.4, spread, (num, 1))
    return -((VOTES - middle) ** 2) / 4 + rng.normal(0, 3, (num, 1))


def test_a_narrow_range_is_linear_and_the_common_level_is_left_out() -> None:
    logits = vote_logits(400, spread=0.4)
    linear, measured = checked_fit(logits, np.arange(400) % 3 == 0)
    assert measured.images == 134
    assert measured.r2 > 0.999
    assert measured.srcc > 0.999
    assert linear.weights.sum() == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(linear(logits + 7), linear(logits))


def test_what_is_not_linear_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ExportError, match="one logit does not stand for the ten"):
        checked_fit(rng.normal(0, 6, (400, 10)), np.arange(400) % 3 == 0)


def test_fidelity_by_hand() -> None:
    found = fidelity(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    assert (found.images, found.r2, found.srcc) == (3, 0.5, 1.0)
    assert (found.mean_error, found.largest_error) == (pytest.approx(1 / 3, abs=1e-4), 1.0)


def test_the_probability_is_that_of_the_published_error() -> None:
    left = 0.734 * math.sqrt(1 - 0.626**2)
    for mean in (4.0, 4.6, 5.0, 5.2, 6.5):
        exact = 0.5 * (1 + math.erf((mean - 5) / left / math.sqrt(2)))
        stated = 1 / (1 + math.exp(-log_odds_per_point() * (mean - 5)))
        assert stated == pytest.approx(exact, abs=0.01)


def test_the_one_logit_is_the_fitted_mean_less_the_threshold() -> None:
    votes = LinearHead(8, 10)
    torch.nn.init.normal_(votes.weight, std=0.1)
    network = NimaNetwork(Backbone([torch.nn.Conv2d(3, 8, 32, 32)], 8).eval(), votes.eval())
    linear = fit_linear_mean(vote_logits(100, spread=0.4))
    pixels = torch.randn(3, 3, 64, 96)
    with torch.inference_mode():
        pooled = network.backbone(pixels).mean(dim=(2, 3))
        logits = network.logits_of(pooled).double().numpy()
        out = one_logit_network(network, linear)(pixels)
    expected = log_odds_per_point() * (linear(logits) - 5)
    np.testing.assert_allclose(out.logit.numpy(), expected, atol=2e-4)
    assert mean_vote(logits).shape == (3,)
