"""Heads for technical faults, learned from photographs spoilt on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from aesmap.training.technical.samples import Plan
from aesmap.training.technical.spoiling import FAULTS
from aesmap.types import BoolArray, Float32Array, FloatArray

FALSE_ALARMS = 0.05
LEAST_FOUND = 0.9
MAX_STEPS = 100


@dataclass(frozen=True)
class FaultRows:
    """Rows to learn from: features (N,F), standardised, labels (N,K) of 0 and 1, folds (N,).

    ``plain`` (N,): rows of whole photographs as they are; ``whole`` (N,): of whole spoilt ones.
    """

    features: Float32Array
    labels: FloatArray
    folds: npt.NDArray[np.intp]
    plain: BoolArray
    whole: BoolArray

    def take(self, rows: BoolArray) -> FaultRows:
        """Some of the rows."""
        return FaultRows(
            self.features[rows],
            self.labels[rows],
            self.folds[rows],
            self.plain[rows],
            self.whole[rows],
        )


def fault_rows(
    plain: Float32Array,
    plain_folds: npt.NDArray[np.intp],
    inside: Float32Array,
    outside: Float32Array,
    plans: Sequence[Plan],
    photo_folds: npt.NDArray[np.intp],
) -> FaultRows:
    """Rows of plain photographs, of what was spoilt in copies, and of what was left of them.

    The part that was spoilt has its fault and the rest of the same picture has none: so a head
    learns what its map must show, not only what its mean must be.
    """
    kind = np.array([FAULTS.index(plan.fault) for plan in plans])
    local = np.array([plan.place is not None for plan in plans])
    folds = photo_folds[[plan.photo for plan in plans]]
    counts = (len(plain), len(plans), int(local.sum()))
    labels = np.zeros((sum(counts), len(FAULTS)))
    labels[counts[0] + np.arange(counts[1]), kind] = 1
    part = np.repeat(np.arange(3), counts)
    return FaultRows(
        np.concatenate([plain, inside, outside[local]]),
        labels,
        np.concatenate([plain_folds, folds, folds[local]]),
        part == 0,
        np.concatenate([np.zeros(counts[0], bool), ~local, np.zeros(counts[2], bool)]),
    )


def fit_logistic(
    features: Float32Array, labels: FloatArray, penalty: float, used: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Weights (F,K) and biases (K,) of one logistic regression for each column of ``labels``.

    Each label's positive and negative rows count the same in all. The penalty is in units of rows.
    By L-BFGS on all labels at once.
    """
    x = torch.from_numpy(np.ascontiguousarray(features[:, used]))
    y = torch.from_numpy(labels.astype(np.float32))
    positives = y.sum(dim=0).clamp(min=1)
    balance = torch.where(y > 0, len(y) / (2 * positives), len(y) / (2 * (len(y) - positives)))
    weight = torch.zeros(x.shape[1], y.shape[1], requires_grad=True)
    bias = torch.zeros(y.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=MAX_STEPS, history_size=10, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        z = x @ weight + bias
        losses = F.binary_cross_entropy_with_logits(z, y, balance, reduction="sum")
        loss = (losses + 0.5 * penalty * weight.square().sum()) / len(y)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    weights = np.zeros((len(used), y.shape[1]))
    weights[used] = weight.detach().numpy()
    return weights, bias.detach().numpy().astype(np.float64)


def alarm_threshold(logits: FloatArray, false_alarms: float = FALSE_ALARMS) -> float:
    """The logit that a share of at most ``false_alarms`` of photographs without a fault reach."""
    ordered = np.sort(logits)[::-1]
    return float(np.nextafter(ordered[int(false_alarms * len(ordered))], np.inf))


def share_found(logits: FloatArray, threshold: float) -> float:
    """Share at or above a threshold."""
    return float(np.mean(logits >= threshold))
