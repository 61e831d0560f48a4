from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.errors import ExportError  # noqa: E402
from aesmap.model.manifest import write_manifest  # noqa: E402
from aesmap.training.data.datasets import read_source  # noqa: E402
from aesmap.training.judge.config import read_recipe  # noqa: E402
from aesmap.training.quantize import trained as trained_int8  # noqa: E402
from small_network import small_model  # noqa: E402


def test_no_group_is_on_both_sides_and_a_refusal_leaves_the_float_model(
    rated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = read_recipe(rated / "recipe.toml")
    source = read_source(recipe.source[0], rated, rated, recipe.network.attributes)
    manifest, data = small_model()
    (tmp_path / "small.onnx").write_bytes(data)
    write_manifest(manifest, tmp_path / "small.json")
    seen: dict[str, Any] = {}

    def refuse(_: Any, weights: bytes, calibration: Any, check: Any, __: Any) -> None:
        seen.update(weights=weights, calibration=calibration, check=check)
        raise ExportError("correlation 0.5")

    monkeypatch.setattr(trained_int8, "quantise_model", refuse)
    lines: list[str] = []
    found = trained_int8.quantise_trained(recipe, [source], manifest, tmp_path, lines.append)
    assert found is None
    assert lines == ["no int8 model: correlation 0.5"]
    assert not list(tmp_path.glob("*-int8*"))
    assert seen["weights"] == data

    # Pictures of this set are told apart by their brightness alone.
    sides = [{round(float(p.mean()), 4) for p in seen[side]} for side in ("calibration", "check")]
    assert len(seen["calibration"]) + len(seen["check"]) == len(source)
    assert min(map(len, sides)) > 0
    assert not sides[0] & sides[1]
    for pixels in (*seen["calibration"], *seen["check"]):
        assert pixels.dtype == np.float32
        assert list(pixels.shape[1:]) in [list(shape) for shape in recipe.input.shapes]
