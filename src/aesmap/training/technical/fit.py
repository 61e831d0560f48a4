"""Fitting the heads to what was gathered."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aesmap.model.technical import TECHNICAL
from aesmap.training.judge.calibrate import Calibration, fit_calibration
from aesmap.training.judge.ridge import Moments, Standard
from aesmap.training.metrics.standard import srcc
from aesmap.training.technical.biq2021 import FAIR
from aesmap.training.technical.build import Material, gather
from aesmap.training.technical.choosing import Choice, compare, normal_scores, simplest
from aesmap.training.technical.faults import (
    LEAST_FOUND,
    FaultRows,
    alarm_threshold,
    fault_rows,
    fit_logistic,
    share_found,
)
from aesmap.training.technical.gathering import Log
from aesmap.training.technical.heads import TechnicalHeads, write_heads
from aesmap.training.technical.ratings import fit_mean_ratings, to_ten
from aesmap.training.technical.spoiling import FAULTS
from aesmap.types import BoolArray, FloatArray

CHANGE = 2.0
CHANGE_WEIGHTS = dict.fromkeys(FAULTS[:-1], 0.1) | {"too_light": 0.3}
"""How many standard deviations a spoilt copy is to lose, and how many rated photographs it counts
as: few, since ratings decide. Tilting is left out, since it costs no technical quality."""

FAULT_PENALTIES = (1000.0, 300.0)


@dataclass(frozen=True)
class Head:
    """A calibrated linear head: weights (F,) on features as they are, and a bias."""

    weights: FloatArray
    bias: float
    calibration: Calibration

    @classmethod
    def of(cls, weights: FloatArray, bias: float, standard: Standard, fit: Calibration) -> Head:
        """From weights (F,) on standardised features, and the calibration of what they give."""
        raw = weights / standard.std
        return cls(
            fit.slope * raw, fit.slope * (bias - float(standard.mean @ raw)) + fit.offset, fit
        )


def train_technical(folder: Path, output: Path, log: Log = print) -> TechnicalHeads:
    """Train the technical heads on BIQ2021 and write them.

    Parameters
    ----------
    folder
        BIQ2021 as its public repository has it: ``Images`` and two lists.
    output
        Gets ``technical.npz``, and ``cache`` with features, which a second run uses again.
    log
        Takes lines of progress.

    Returns
    -------
    TechnicalHeads
        As written; :mod:`.heads` says what the arrays are.

    Raises
    ------
    DatasetError
        For a folder that is not all of BIQ2021, naming what is missing.
    """
    material = gather(folder, output / "cache", log)
    heads = fit_heads(material, log)
    write_heads(heads, output / "technical.npz")
    log(f"wrote {output / 'technical.npz'}: {', '.join(heads.names)}")
    return heads


def fit_heads(material: Material, log: Log) -> TechnicalHeads:
    """All heads: technical quality, and the faults that can be told from good photographs."""
    standard = Standard.of(material.features[material.folds >= 0])
    technical, choice, rating_logit = _technical(material, standard, log)
    used = choice.used(material.columns)
    rows = _rows(material, standard)
    faults, thresholds, figures = fit_faults(rows, standard, used, log)
    training = material.folds >= 0
    heads = TechnicalHeads(
        material.columns,
        (TECHNICAL, *FAULTS),
        np.stack([technical.weights, *(f.weights for f in faults)]).astype(np.float32),
        np.array([technical.bias, *(f.bias for f in faults)]),
        np.array([0.0, *thresholds]),
        (technical.calibration, *(f.calibration for f in faults)),
        fit_mean_ratings(rating_logit, to_ten(material.photos.mos[training])),
        {TECHNICAL: asdict(choice), "faults, in folds": figures},
    )
    found = found_unseen(heads, material, np.arange(len(material.columns)))
    ships = [f for f in FAULTS if found[f]["found"] >= LEAST_FOUND]
    log(f"faults that ship: {', '.join(ships) or 'none'}")
    heads.figures["faults, unseen"] = found
    return _only(heads, ships)


def _technical(material: Material, standard: Standard, log: Log) -> tuple[Head, Choice, FloatArray]:
    """The head, what was chosen, and its calibrated logits out of fold on the training list."""
    training = material.folds >= 0
    rows, mos = standard(material.features[training]), material.photos.mos[training]
    folds = material.folds[training]
    changes = _changes(material, standard)
    choices, parts = compare(rows, normal_scores(mos), folds, material.columns, changes)
    choice = simplest(choices)
    for one in choices:
        log(f"{one.taps} {one.quantities} {one.penalty:g}: SRCC {one.srcc:.4f}")
    log(f"chosen: {choice}")
    used, total = choice.used(material.columns), sum(parts[1:], parts[0])
    out_of_fold = np.zeros(len(mos))
    for fold, part in enumerate(parts):
        weights, bias = (total - part).solve(used, choice.penalty)
        out_of_fold[folds == fold] = rows[folds == fold] @ weights[:, 0] + bias[0]
    calibration = fit_calibration(out_of_fold, mos >= FAIR)
    weights, bias = total.solve(used, choice.penalty)
    log(f"out of fold, pooled: SRCC {srcc(out_of_fold, mos):.4f}")
    head = Head.of(weights[:, 0], float(bias[0]), standard, calibration)
    return head, choice, calibration(out_of_fold)


def _changes(material: Material, standard: Standard) -> dict[int, Moments]:
    """What wholly spoilt copies add to the moments of each fold: none may score higher."""
    plans = material.learning
    weight = np.array([0.0 if p.place else CHANGE_WEIGHTS.get(p.fault, 0.0) for p in plans])
    photos = np.array([plan.photo for plan in plans])
    found = {}
    for fold in np.unique(material.folds[photos]).tolist():
        these = (material.folds[photos] == fold) & (weight > 0)
        worse = standard(material.learned["inside"][these])
        change = worse - standard(material.features[photos[these]])
        found[fold] = Moments.of_changes(change, -CHANGE, weight[these])
    return found


def _rows(material: Material, standard: Standard) -> FaultRows:
    plain = material.good & (material.folds > 0)
    return fault_rows(
        standard(material.features[plain]),
        material.folds[plain],
        standard(material.learned["inside"]),
        standard(material.learned["outside"]),
        material.learning,
        material.folds,
    )


def fit_faults(
    rows: FaultRows, standard: Standard, used: BoolArray, log: Log
) -> tuple[list[Head], list[float], dict[str, dict[str, float]]]:
    """Heads of all faults, the logits from which on they are named, and how folds judge them.

    The penalty is the largest whose mean share of faults found, over folds, is within half a
    hundredth of the best.
    """
    found = {}
    logits = {}
    for penalty in FAULT_PENALTIES:
        out_of_fold = np.zeros(rows.labels.shape)
        for fold in np.unique(rows.folds):
            held = rows.folds == fold
            rest = rows.take(~held)
            weights, bias = fit_logistic(rest.features, rest.labels, penalty, used)
            out_of_fold[held] = rows.features[held] @ weights.astype(np.float32) + bias
        found[penalty] = [_found(out_of_fold, rows, k) for k in range(len(FAULTS))]
        logits[penalty] = out_of_fold
        log(f"faults, penalty {penalty:g}: " + " ".join(f"{x:.3f}" for x in found[penalty]))
    best = max(float(np.mean(x)) for x in found.values())
    penalty = next(p for p in FAULT_PENALTIES if np.mean(found[p]) >= best - 0.005)
    weights, bias = fit_logistic(rows.features, rows.labels, penalty, used)
    heads, thresholds = [], []
    for k in range(len(FAULTS)):
        mine = rows.plain | (rows.whole & (rows.labels[:, k] > 0))
        z = logits[penalty][:, k]
        calibration = fit_calibration(z[mine], rows.labels[mine, k] > 0)
        heads.append(Head.of(weights[:, k], float(bias[k]), standard, calibration))
        thresholds.append(alarm_threshold(calibration(z[rows.plain])))
    figures = {
        fault: {"found": round(share, 4), "penalty": penalty}
        for fault, share in zip(FAULTS, found[penalty], strict=True)
    }
    return heads, thresholds, figures


def _found(logits: FloatArray, rows: FaultRows, fault: int) -> float:
    """Share of whole spoilt photographs found at 5 % false alarms on plain ones."""
    threshold = alarm_threshold(logits[rows.plain, fault])
    return share_found(logits[rows.whole & (rows.labels[:, fault] > 0), fault], threshold)


def found_unseen(
    heads: TechnicalHeads, material: Material, used: npt.NDArray[np.intp]
) -> dict[str, dict[str, float]]:
    """Shares found, and false alarms, on photographs and strengths that no head was fitted to.

    ``used``: which of the material's features the heads read.
    """
    plain = heads.logits(material.features[material.good & (material.folds == 0)][:, used])
    spoilt = heads.logits(material.tested["inside"][:, used])
    kinds = np.array([plan.fault for plan in material.testing])
    result = {}
    for k, fault in enumerate(heads.names[1:], start=1):
        at, threshold = kinds == fault, float(heads.thresholds[k])
        fair = alarm_threshold(plain[:, k])
        result[fault] = {
            "found": round(share_found(spoilt[at, k], threshold), 4),
            "false_alarms": round(share_found(plain[:, k], threshold), 4),
            "found_at_5_percent": round(share_found(spoilt[at, k], fair), 4),
            "photographs": int(at.sum()),
        }
    return result


def _only(heads: TechnicalHeads, faults: list[str]) -> TechnicalHeads:
    """Technical quality and some of the faults, without features that none of them reads."""
    keep: npt.NDArray[np.intp] = np.array([heads.names.index(n) for n in (TECHNICAL, *faults)])
    return replace(
        heads,
        names=(TECHNICAL, *faults),
        weights=heads.weights[keep],
        bias=heads.bias[keep],
        thresholds=heads.thresholds[keep],
        calibrations=tuple(heads.calibrations[i] for i in keep),
    ).without_unused()
