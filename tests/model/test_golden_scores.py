"""The bundled models' assessments on photographs that come with packages, by every provider.

After another model was bundled, `PYTHONPATH=tests python tests/model/test_golden_scores.py` writes
the files anew.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aesmap
from aesmap.analyzer import Analyzer
from aesmap.model.session import Session, bundled_models
from sample_photos import packaged_files
from tolerances import FP32

GOLDEN = {
    "lite0": Path(__file__).with_name("golden_scores.json"),
    "ava": Path(__file__).with_name("golden_scores_ava.json"),
}
# Between processors, by float32: other kernels, and other decoders of one JPEG, by a level or so.
ACROSS_MACHINES = 2e-3


def logits(analyzer: Analyzer) -> dict[str, float]:
    files = packaged_files()
    paths = [*files.values(), files["coffee"].with_name("moon.png")]
    return {path.name: round(analyzer.assess(path).logit, 6) for path in paths}


def test_every_bundled_model_has_golden_scores() -> None:
    assert GOLDEN.keys() == bundled_models().keys()


@pytest.mark.parametrize("model", GOLDEN)
@pytest.mark.parametrize("provider", ["cpu", "openvino"])
def test_packaged_photographs_get_the_logits_they_got(model: str, provider: str) -> None:
    if provider != "cpu" and find_spec(provider) is None:
        pytest.skip(f"{provider} is not installed")
    golden: dict[str, Any] = json.loads(GOLDEN[model].read_text())
    analyzer = aesmap.load(model, provider=provider)
    assert analyzer.manifest.model_id == golden["model"], (
        "write the golden scores anew: see the top"
    )
    found = logits(analyzer)
    assert found.keys() == golden["logit"].keys()
    for name, logit in found.items():
        assert logit == pytest.approx(golden["logit"][name], abs=ACROSS_MACHINES), name


@pytest.mark.parametrize("model", GOLDEN)
def test_fifty_random_sizes_and_batches_keep_the_identity(model: str) -> None:
    """mean(E) + b is the logit, whatever the input, for every provider at hand."""
    rng = np.random.default_rng(20)
    providers = [p for p in ("cpu", "openvino") if p == "cpu" or find_spec(p)]
    sessions = [Session.open(model, provider=provider) for provider in providers]
    for _ in range(50):
        num, height, width = rng.integers(1, 4), *rng.integers(32, 321, 2)
        pixels = rng.uniform(-1, 1, (num, 3, height, width)).astype(np.float32)
        runs = [session.run(pixels) for session in sessions]
        for session, maps in zip(sessions, runs, strict=True):
            z = maps.evidence.mean(axis=(1, 2), dtype=np.float64) + session.manifest.level_bias
            np.testing.assert_allclose(z, maps.logit, rtol=0, atol=FP32)
            np.testing.assert_allclose(maps.logit, runs[0].logit, rtol=0, atol=FP32)


if __name__ == "__main__":
    for name, file in GOLDEN.items():
        loaded = aesmap.load(name)
        written = {"model": loaded.manifest.model_id, "logit": logits(loaded)}
        file.write_text(json.dumps(written, indent=2) + "\n")
