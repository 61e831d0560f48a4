"""From answers about pairs to a taste, as stars make one: the same head, and the same honesty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aesmap.errors import TasteError
from aesmap.model.manifest import Manifest
from aesmap.model.ratings import sigmoid
from aesmap.model.taste import Taste
from aesmap.taste.calibration import Calibration
from aesmap.taste.features import PhotoFeatures
from aesmap.taste.fit import Components, IntArray
from aesmap.taste.groups import moment_numbers
from aesmap.taste.held_out import HeldOut
from aesmap.taste.learn import Learned
from aesmap.taste.likes import most_different
from aesmap.taste.pair_measure import Answered, measure_pairs
from aesmap.taste.pairs import fit_pairs, positions_of
from aesmap.types import FloatArray

NUM_COMPONENTS: Final = 32
FEWEST: Final = 20
"""Answers that prefer one."""
_FEWEST_WITH: Final = 5
"""Answers in which an attribute tells the two photographs apart."""
_Z: Final = 1.959964


@dataclass(frozen=True)
class Pool:
    """The photographs that are asked about.

    Attributes
    ----------
    paths
        As they are kept in a taste.
    logits
        The crowd's (P,).
    components
        What the channels are described by.
    positions
        In which a judge is linear (P,1+K).
    groups
        Moments (P,).
    named
        Attributes that are sure enough.
    """

    paths: list[str]
    logits: FloatArray
    components: Components
    positions: FloatArray
    groups: IntArray
    named: list[tuple[str, ...]]

    @classmethod
    def of(cls, photos: Sequence[PhotoFeatures]) -> Pool:
        """Of two photographs at least."""
        channels: npt.NDArray[np.float16] = np.stack([one.channels for one in photos])
        components = Components.of(channels, NUM_COMPONENTS)
        logits = np.array([one.logit for one in photos])
        return cls(
            [one.path for one in photos],
            logits,
            components,
            positions_of(logits, components(channels)),
            moment_numbers([one.signature for one in photos]),
            [one.named for one in photos],
        )


def learn_pairs(pool: Pool, answered: Answered, manifest: Manifest, *, seed: int = 0) -> Learned:
    """Learn a taste from answers.

    Answers order photographs and say nothing of stars, so ``p_high`` is no probability: mean and
    spread of the crowd's logits over these photographs are kept.

    Parameters
    ----------
    pool
        The photographs.
    answered
        All answers about them.
    manifest
        Of the model that looked at them.
    seed
        Of folds and bootstrap.

    Raises
    ------
    TasteError
        If there are too few answers.
    """
    decided = int((answered.answers != 0.5).sum())
    if decided < FEWEST:
        raise TasteError(
            f"{decided} answers that prefer a photograph: too few to learn from; answer at least"
            f" {FEWEST}, better 100"
        )
    differences = pool.positions[answered.first] - pool.positions[answered.second]
    found = fit_pairs(differences, answered.answers)
    held_out = measure_pairs(pool.positions, pool.groups, answered, seed=seed)
    strength = found.strength(pool.positions)
    scale = float(pool.logits.std()) / max(float(strength.std()), 1e-9)
    offset = float(pool.logits.mean()) - scale * float(strength.mean())
    calibration = Calibration(scale, offset, is_calibrated=False)
    weights, centre = pool.components.weights(found.weights[1:])
    mine = calibration.apply(strength)
    learned: dict[str, Any] = {
        "made": date.today().isoformat(),
        "photographs": len(pool.paths),
        "pairs": len(answered),
        "ties": len(answered) - decided,
        "components": pool.positions.shape[1] - 1,
        "penalty": found.penalty,
        "seed": seed,
        "held_out": held_out.to_json(),
        "liked": liked_in_pairs(pool, answered),
        "most_different": most_different(pool.paths, None, pool.logits, mine - pool.logits),
    }
    taste = Taste(
        model=manifest.name,
        model_sha256=manifest.onnx_sha256,
        weights=(scale * weights).astype(np.float32),
        centre=scale * centre,
        stretch=scale * found.crowd - 1,
        constant=offset,
        calibrated=False,
        learned=learned,
    )
    more = 0 if held_out.has_learned else _more_needed(len(answered), held_out)
    return Learned(taste, held_out, more, [])


def liked_in_pairs(pool: Pool, answered: Answered) -> list[dict[str, Any]]:
    """By attribute: how much it adds to the log-odds of being preferred, the most first.

    One logistic regression for each, of the answers on who of the two has the attribute, beside the
    crowd's difference; with the 95 % interval of its standard error (Wald). Attributes that tell
    apart the photographs of fewer than five answers are left out.
    """
    x = pool.positions[answered.first, 0] - pool.positions[answered.second, 0]
    found = []
    for name in sorted({name for names in pool.named for name in names}):
        has = np.array([name in names for names in pool.named], dtype=np.float64)
        apart = has[answered.first] - has[answered.second]
        if int((apart != 0).sum()) < _FEWEST_WITH:
            continue
        value, error = _second_coefficient(np.column_stack([x, apart]), answered.answers)
        found.append(
            {
                "name": name,
                "more": round(value, 2),
                "low": round(value - _Z * error, 2),
                "high": round(value + _Z * error, 2),
                "photographs": int(has.sum()),
            }
        )
    return sorted(found, key=lambda one: -one["more"])


def _second_coefficient(design: FloatArray, answers: FloatArray) -> tuple[float, float]:
    """With its standard error; a weak prior keeps answers without exception finite."""
    weights, prior = np.zeros(2), np.array([0.1, 0.1])
    for _ in range(50):
        p = sigmoid(design @ weights)
        hessian = (design.T * (p * (1 - p))) @ design + np.diag(prior)
        step = np.linalg.solve(hessian, design.T @ (p - answers) + prior * weights)
        weights = weights - np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[1]), float(np.sqrt(np.linalg.inv(hessian)[1, 1]))


def _more_needed(count: int, held_out: HeldOut) -> int | None:
    """About how many more answers would show the gain, if it is real."""
    gain, width = held_out.gain.value, held_out.gain.value - held_out.gain.low
    if gain <= 0:
        return None
    more = count * ((width / gain) ** 2 - 1)
    return max(10, int(np.ceil(more / 10)) * 10) if more < 10 * count else None
