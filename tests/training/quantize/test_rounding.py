from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from aesmap.training.quantize.rounding import Moments, Rounded, round_layer

Array = npt.NDArray[np.float64]


def moments_of(inputs: Array, outputs: Array, parts: int = 1) -> Moments:
    moments = Moments()
    for x, y in zip(
        np.array_split(inputs, parts, 1), np.array_split(outputs, parts, 1), strict=True
    ):
        moments.add(x, y)
    return moments


def error(found: Rounded, inputs: Array, outputs: Array) -> float:
    weights = found.integers * found.scales[..., None]
    given = inputs @ weights.transpose(0, 2, 1) + found.bias[:, None]
    return float(np.mean((given - outputs) ** 2))


def correlated(rng: np.random.Generator, groups: int, count: int, num: int) -> Array:
    """Inputs that share most of what they do, as neighbouring pixels do, and are not centred."""
    return rng.normal(size=(groups, count, 1)) + 0.2 * rng.normal(size=(groups, count, num)) + 2


def nearest(weights: Array, inputs: Array, outputs: Array, largest: int) -> float:
    """The error of plain rounding, with the best bias there is."""
    scales = np.abs(weights).max(axis=-1) / largest
    integers = np.rint(weights / scales[..., None])
    left = outputs - inputs @ (integers * scales[..., None]).transpose(0, 2, 1)
    return float(np.mean((left - left.mean(axis=1, keepdims=True)) ** 2))


def test_weights_that_are_on_a_grid_are_found_again() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(1, 500, 6))
    integers = rng.integers(-7, 8, (1, 4, 6)).astype(float)
    integers[..., 0] = 7  # so that the largest step is the grid's own
    weights = 0.25 * integers
    found = round_layer(moments_of(inputs, inputs @ weights.transpose(0, 2, 1)), weights, 7)
    np.testing.assert_array_equal(found.integers, integers)
    np.testing.assert_allclose(found.scales, 0.25, rtol=1e-9)
    np.testing.assert_allclose(found.bias, 0, atol=1e-9)


@pytest.mark.parametrize(("groups", "outputs"), [(1, 5), (4, 1)])
def test_errors_make_up_for_each_other(groups: int, outputs: int) -> None:
    rng = np.random.default_rng(1)
    inputs = correlated(rng, groups, 2000, 9)
    weights = rng.normal(size=(groups, outputs, 9))
    wanted = inputs @ weights.transpose(0, 2, 1)
    found = round_layer(moments_of(inputs, wanted), weights, 7)
    assert error(found, inputs, wanted) < nearest(weights, inputs, wanted, 7) / 2
    assert np.abs(found.integers).max() <= 7


def test_no_integers_are_much_better() -> None:
    """Every choice of four integers from -3 to 3, by brute force at the scale that was chosen."""
    rng = np.random.default_rng(2)
    inputs = correlated(rng, 1, 500, 4)
    ratios = []
    for _ in range(20):
        weights = rng.normal(size=(1, 1, 4))
        wanted = inputs @ weights.transpose(0, 2, 1)
        found = round_layer(moments_of(inputs, wanted), weights, 3)
        choices = np.array(list(itertools.product(range(-3, 4), repeat=4))) * found.scales[0, 0]
        left = wanted[0] - inputs[0] @ choices.T
        best = float(left.var(axis=0).min())
        ratios.append(error(found, inputs, wanted) / best)
    assert min(ratios) >= 1 - 1e-6  # brute force is the bound
    assert np.median(ratios) < 1.2


def test_what_earlier_layers_did_is_made_up_for() -> None:
    """Inputs that came out 10 % too small and shifted: weights and bias put it right."""
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(1, 3000, 8))
    weights = rng.normal(size=(1, 3, 8))
    wanted = inputs @ weights.transpose(0, 2, 1)
    given = 0.9 * inputs + 0.5
    found = round_layer(moments_of(given, wanted), weights, 127)
    assert error(found, given, wanted) < 1e-3 * wanted.var()


def test_inputs_that_say_nothing_leave_weights_as_they_were() -> None:
    inputs = np.zeros((1, 50, 3))
    weights = np.array([[[1.0, -0.5, 0.25]]])
    found = round_layer(moments_of(inputs, np.zeros((1, 50, 1))), weights, 127)
    np.testing.assert_allclose(found.integers * found.scales[..., None], weights, atol=1 / 127)


def test_a_channel_of_zeros() -> None:
    rng = np.random.default_rng(4)
    inputs = rng.normal(size=(1, 100, 3))
    weights = np.array([[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]])
    found = round_layer(moments_of(inputs, inputs @ weights.transpose(0, 2, 1)), weights, 64)
    assert (found.integers[0, 1] == 0).all()
    assert (found.scales > 0).all()


def test_sums_do_not_depend_on_parts_and_wide_layers_go_in_blocks() -> None:
    rng = np.random.default_rng(5)
    inputs = correlated(rng, 1, 1000, 150)  # more than two blocks of columns
    weights = rng.normal(size=(1, 6, 150))
    wanted = inputs @ weights.transpose(0, 2, 1)
    whole = round_layer(moments_of(inputs, wanted), weights, 64)
    parts = round_layer(moments_of(inputs, wanted, parts=7), weights, 64)
    np.testing.assert_allclose(whole.bias, parts.bias, atol=0.05)
    assert error(whole, inputs, wanted) < nearest(weights, inputs, wanted, 64) / 2
