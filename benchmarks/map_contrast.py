"""How much of a map's differences its colours show: whether good photographs are one flat orange.

python benchmarks/map_contrast.py --data ../shared/data [--limit N]

Every FLMS photograph's evidence in its colours. Visible contrast is the distance between the 5th
and the 95th percentile of signed opacity (-1 full blue, 1 full orange). Prints the share of
photographs with less than 0.05 and 0.10 for today's colours and for a linear scale that is full
from 6 log-odds on, as versions before had; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import aesmap
from aesmap.explain import overlay
from aesmap.model.maps import upsample
from aesmap.types import FloatArray, Size

_SHOWN = Size(60, 80)
_BEFORE_LIMIT = 6.0


def contrast(shown: FloatArray) -> float:
    """Between the 5th and the 95th percentile of signed opacity."""
    return float(np.ptp(np.quantile(shown, [0.05, 0.95])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="so many photographs")
    given = parser.parse_args()
    analyzer = aesmap.load()
    photos = sorted((given.data / "flms").rglob("*.jpg"))[: given.limit]
    maps = [upsample(analyzer.assess(path).maps.evidence, _SHOWN) for path in photos]
    scales = {
        "asinh": [contrast(overlay.opacity(full, overlay.EVIDENCE_LIMIT)) for full in maps],
        "linear": [contrast(np.clip(full / _BEFORE_LIMIT, -1, 1)) for full in maps],
    }
    found: dict[str, dict[str, float]] = {}
    for name, contrasts in scales.items():
        values = np.array(contrasts)
        found[name] = {
            "below_0.05": float((values < 0.05).mean()),
            "below_0.10": float((values < 0.10).mean()),
            "least": round(float(values.min()), 3),
            "median": round(float(np.median(values)), 3),
        }
        print(f"{name:8s} {found[name]}")
    beyond = float(np.mean([(np.abs(full) > overlay.EVIDENCE_LIMIT).mean() for full in maps]))
    clipped = float(np.mean([(np.abs(full) > _BEFORE_LIMIT).mean() for full in maps]))
    print(f"beyond full colour: {beyond:.4%} of the area; of the linear scale {clipped:.2%}")
    print(json.dumps({"photographs": len(photos), "scales": found, "beyond": beyond}))


if __name__ == "__main__":
    main()
