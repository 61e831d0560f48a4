"""The technical heads as an artefact: weights with their features, ratings and thresholds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aesmap.atomic import atomic_write
from aesmap.errors import ModelError
from aesmap.model.ratings import RatingModel
from aesmap.training.judge.calibrate import Calibration
from aesmap.training.technical.features import Columns
from aesmap.types import Float32Array, FloatArray

FORMAT = "aesmap-technical-heads-1"


@dataclass(frozen=True)
class TechnicalHeads:
    """K linear heads on F features of cells; the first is technical quality, the rest faults.

    The map of head k is ``weights[k] @ cells`` over the last stage's grid and its calibrated logit
    ``mean(map) + bias[k]``, exactly. ``thresholds`` (K,): the logit from which on a fault is named;
    that of technical quality is 0. ``calibrations`` (K,) are folded into weights and biases
    already and stand here as a record. ``rating_model`` brings the first logit to 1-10.
    """

    columns: Columns
    names: tuple[str, ...]
    weights: Float32Array
    bias: FloatArray
    thresholds: FloatArray
    calibrations: tuple[Calibration, ...]
    rating_model: RatingModel
    figures: dict[str, Any] = field(default_factory=dict)

    def logits(self, pooled: npt.NDArray[np.floating]) -> FloatArray:
        """Calibrated logits (N,K) of features averaged over cells (N,F)."""
        return np.asarray(pooled.astype(np.float64) @ self.weights.T.astype(np.float64) + self.bias)

    def maps(self, cells: npt.NDArray[np.floating]) -> FloatArray:
        """Maps (N,K,h,w) of features of cells (N,F,h,w)."""
        weights = self.weights.astype(np.float64)
        return np.asarray(np.einsum("kf,nfhw->nkhw", weights, cells, optimize=True))

    def without_unused(self) -> TechnicalHeads:
        """The same without features that no head reads."""
        used = (self.weights != 0).any(axis=0)
        columns = Columns(*(getattr(self.columns, n)[used] for n in ("tap", "quantity", "channel")))
        return replace(self, columns=columns, weights=self.weights[:, used])

    def used(self, columns: Columns) -> npt.NDArray[np.intp]:
        """Which of all features ``columns`` these heads read, in their order.

        Raises :class:`ModelError` for a feature that ``columns`` does not have.
        """
        where = {key: index for index, key in enumerate(_keys(columns))}
        try:
            return np.array([where[key] for key in _keys(self.columns)], np.intp)
        except KeyError as error:
            raise ModelError(f"no feature (tap, quantity, channel) = {error} to read") from None


def write_heads(heads: TechnicalHeads, path: Path) -> None:
    """Write an ``.npz``, whole or not at all; :func:`read_heads` names its arrays."""
    with atomic_write(path) as handle:
        np.savez_compressed(
            handle,
            allow_pickle=False,
            format=np.array(FORMAT),
            tap=heads.columns.tap,
            quantity=heads.columns.quantity,
            channel=heads.columns.channel,
            names=np.array(heads.names),
            weights=heads.weights,
            bias=heads.bias,
            thresholds=heads.thresholds,
            calibration=np.array([(c.slope, c.offset) for c in heads.calibrations]),
            rating_slope=np.array(heads.rating_model.slope),
            rating_thresholds=np.array(heads.rating_model.thresholds),
            figures=np.array(json.dumps(heads.figures)),
        )


def read_heads(path: Path) -> TechnicalHeads:
    """Read what :func:`write_heads` wrote; :class:`ModelError` names a file that is none."""
    try:
        with np.load(path) as found:
            arrays = dict(found)
        if str(arrays["format"]) != FORMAT:
            raise ValueError(f"format {arrays['format']}")
        return TechnicalHeads(
            Columns(arrays["tap"], arrays["quantity"], arrays["channel"]),
            tuple(str(name) for name in arrays["names"]),
            arrays["weights"],
            arrays["bias"],
            arrays["thresholds"],
            tuple(Calibration(float(s), float(o)) for s, o in arrays["calibration"]),
            RatingModel(
                slope=float(arrays["rating_slope"]),
                thresholds=tuple(arrays["rating_thresholds"].tolist()),
            ),
            json.loads(str(arrays["figures"])),
        )
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise ModelError(f"{path}: no technical heads ({error}); train them again") from None


def _keys(columns: Columns) -> list[tuple[int, int, int]]:
    return list(
        zip(columns.tap.tolist(), columns.quantity.tolist(), columns.channel.tolist(), strict=True)
    )
