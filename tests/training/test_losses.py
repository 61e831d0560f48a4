"""Losses against values worked out by hand."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from aesmap.training.losses import OrderedLogit, attribute_loss, level_loss  # noqa: E402

LN2 = math.log(2)


def test_level_loss_is_eq_3() -> None:
    """One undecided image costs ln 2; logits (0, ln 3) give p_high 3/4."""
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    high = torch.tensor([True, False])
    assert float(level_loss(logits, high)) == pytest.approx((LN2 + math.log(4)) / 2)


def test_weights_do_not_enter_the_denominator() -> None:
    """Eq. 9 divides by N: weights (1, 3) on two losses of ln 2 give (1 + 3) ln 2 / 2."""
    logits, high = torch.zeros(2, 2), torch.tensor([True, False])
    assert float(level_loss(logits, high, torch.tensor([1.0, 3.0]))) == pytest.approx(2 * LN2)


def test_attribute_loss_sums_over_tags_and_masks_the_unknown() -> None:
    targets = torch.tensor([[1.0, 0.0], [float("nan"), 1.0]])
    logits = torch.zeros(2, 2, requires_grad=True)
    loss = attribute_loss(logits, targets)
    assert float(loss.detach()) == pytest.approx((2 * LN2 + LN2) / 2)
    loss.backward()
    assert float(logits.grad[1, 0]) == 0
    assert float(logits.grad[0, 0]) == pytest.approx(-0.25)  # (sigmoid(0) - 1) / N


def test_ordered_logit_starts_at_the_sources_own_shares() -> None:
    shares = torch.tensor([0.1, 0.2, 0.4, 0.3])
    model = OrderedLogit(shares)
    entropy = -float((shares * shares.log()).sum())
    loss = model(torch.zeros(1), shares[None])
    assert float(loss.detach()) == pytest.approx(entropy, abs=1e-4)
    assert (torch.diff(model.thresholds) > 0).all()


def test_ordered_logit_pulls_the_logit_towards_the_votes() -> None:
    model = OrderedLogit(torch.tensor([0.25, 0.25, 0.25, 0.25]))
    logit = torch.zeros(2, requires_grad=True)
    votes = torch.tensor([[0.0, 0.0, 0.1, 0.9], [0.9, 0.1, 0.0, 0.0]])
    model(logit, votes).backward()
    assert logit.grad[0] < 0 < logit.grad[1]
    assert float(logit.grad.sum()) == pytest.approx(0, abs=1e-6)  # the two are mirror images


def test_ordered_logit_bears_an_empty_category_and_huge_logits() -> None:
    model = OrderedLogit(torch.tensor([0.0, 0.5, 0.5, 0.0]))
    loss = model(torch.tensor([1000.0, -1000.0]), torch.tensor([[1.0, 0, 0, 0]] * 2))
    assert torch.isfinite(loss)


def test_the_gradient_is_eq_11() -> None:
    """-(1/N) sum_i w_i d log p_i / dz, with w outside of the derivative: (p - y) w / N."""
    z = torch.tensor([[0.3, -0.2], [1.0, 2.0], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    high = torch.tensor([True, True, False])
    weight = torch.tensor([1.0, 6.0, 0.0], dtype=torch.float64)
    level_loss(z, high, weight).backward()
    for i, (label, w) in enumerate(zip((1, 1, 0), (1.0, 6.0, 0.0), strict=True)):
        values = [float(v) for v in z.detach()[i]]
        total = sum(math.exp(v) for v in values)
        for c in (0, 1):
            expected = w / 3 * (math.exp(values[c]) / total - (c == label))
            assert float(z.grad[i, c]) == pytest.approx(expected, abs=1e-12)
