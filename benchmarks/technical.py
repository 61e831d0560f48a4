"""What the technical heads hold: official test list, spoilt copies, faults, quadrants.

python benchmarks/technical.py --biq2021 DIR [--data ../shared/data] [--output runs/technical]

Trains the heads first where ``OUTPUT/technical.npz`` is absent. The official test list of BIQ2021
takes part in no choice. Intervals are 95 % bootstraps over groups of look-alike photographs. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from aesmap.model.ratings import sigmoid
from aesmap.training.metrics.standard import bootstrap, ece, plcc, srcc
from aesmap.training.technical.biq2021 import FAIR
from aesmap.training.technical.build import Material, gather
from aesmap.training.technical.copies import COPIES, copy_features
from aesmap.training.technical.features import CellFeatures
from aesmap.training.technical.fit import found_unseen, train_technical
from aesmap.training.technical.heads import TechnicalHeads, read_heads
from aesmap.training.technical.ratings import to_ten
from aesmap.training.technical.samples import coverage
from aesmap.types import FloatArray


def official_test(heads: TechnicalHeads, material: Material, used: Any) -> dict[str, Any]:
    """Rank correlation on the test list, whole and by subset, and calibration."""
    photos, test = material.photos, material.photos.test
    z = heads.logits(material.features[test][:, used])[:, 0]
    mos, groups, subset = photos.mos[test], material.groups[test], photos.subset[test]
    fresh = ~np.isin(groups, material.groups[~test])

    def of(rows: Any) -> dict[str, Any]:
        a, b = z[rows], mos[rows]
        found = bootstrap(lambda i: srcc(a[i], b[i]), groups[rows], num_samples=1000)
        low, high = round(found.low, 4), round(found.high, 4)
        return {"srcc": round(found.value, 4), "interval": [low, high], "n": int(rows.sum())}

    figures = {"all": of(np.ones(len(z), bool)), "no look-alike in training": of(fresh)}
    figures |= {f"subset 0{s}": of(subset == s) for s in (1, 2, 3)}
    score = heads.rating_model.score(z)
    return figures | {
        "plcc_of_score": round(plcc(score, mos), 4),
        "rmse_of_score": round(float(np.sqrt(np.mean((score - to_ten(mos)) ** 2))), 4),
        "ece_of_technical_p": round(ece(mos >= FAIR, sigmoid(z)), 4),
        "share_fair": round(float(np.mean(mos >= FAIR)), 4),
    }


def spoilt_copies(
    heads: TechnicalHeads, plain: FloatArray, copies: FloatArray
) -> dict[str, dict[str, float]]:
    """Share of photographs whose copy scores at least as high, and what faults are named in it."""
    result = {}
    for name, logits in zip(COPIES, copies, strict=True):
        named = (logits[:, 1:] >= heads.thresholds[1:]).mean(axis=0)
        result[name] = {"preferred": round(float(np.mean(logits[:, 0] >= plain[:, 0])), 4)} | {
            fault: round(float(share), 3)
            for fault, share in zip(heads.names[1:], named, strict=True)
        }
    return result


def quadrants(heads: TechnicalHeads, material: Material, used: Any) -> dict[str, Any]:
    """Share of the positive fault map's mass that lies in the quadrant that was spoilt.

    A cell's own logit is map + bias; what exceeds the head's threshold is mass.
    """
    cells = material.quadrant_cells["cells"]
    shares: dict[str, list[float]] = {}
    unnamed: dict[str, int] = {}
    for plan, one in zip(material.quadrants, cells, strict=True):
        if plan.fault not in heads.names or plan.place is None:
            continue
        k = heads.names.index(plan.fault)
        own = heads.maps(one[None, used].astype(np.float32))[0, k] + heads.bias[k]
        mass = np.maximum(own - heads.thresholds[k], 0)
        if not mass.any():
            unnamed[plan.fault] = unnamed.get(plan.fault, 0) + 1
            continue
        inside = coverage(plan.place, one.shape[1:])
        shares.setdefault(plan.fault, []).append(float((mass * inside).sum() / mass.sum()))
    return {
        fault: {
            "mean": round(float(np.mean(found)), 4),
            "median": round(float(np.median(found)), 4),
            "n": len(found),
            "no_mass": unnamed.get(fault, 0),
        }
        for fault, found in shares.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--biq2021", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=Path("runs/technical"))
    parser.add_argument("--copies", type=int, default=150, help="photographs of subset 03")
    given = parser.parse_args()
    stored = given.output / "technical.npz"
    heads = read_heads(stored) if stored.is_file() else train_technical(given.biq2021, given.output)
    cache = given.output / "cache"
    material = gather(given.biq2021, cache, print)
    used = heads.used(material.columns)
    extractor = CellFeatures()
    third = np.flatnonzero(material.photos.test & (material.photos.subset == 3))
    sets = {
        "BIQ2021 subset 03, official test": [
            material.photos.paths[i] for i in third[: given.copies]
        ],
        "FLMS, every second": sorted((given.data / "flms/images").glob("*.jpg"))[::2],
    }
    figures: dict[str, Any] = {
        "heads": list(heads.names),
        "official_test": official_test(heads, material, used),
        "faults_unseen": found_unseen(heads, material, used),
        "quadrants": quadrants(heads, material, used),
    }
    for name, paths in sets.items():
        found = copy_features(paths, cache / "copies.npz", extractor, print)
        plain = heads.logits(found["plain"][:, used])
        copies = np.stack([heads.logits(one[:, used]) for one in found["copies"]])
        alarms = (plain[:, 1:] >= heads.thresholds[1:]).mean(axis=0).round(3).tolist()
        figures[f"spoilt copies, {name}"] = {
            "photographs": len(paths),
            "named in plain ones": dict(zip(heads.names[1:], alarms, strict=True)),
            "copies": spoilt_copies(heads, plain, copies),
        }
    for name, part in figures.items():
        print(f"\n{name}\n{json.dumps(part, indent=1)}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
