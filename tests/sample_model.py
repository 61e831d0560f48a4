"""Models that tests make: a manifest by hand, and copies of the bundled model to be damaged."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aesmap.model.manifest import Manifest
from aesmap.model.ood import FamiliarityTest
from aesmap.model.preprocess import Preprocessing
from aesmap.model.ratings import RatingModel
from aesmap.model.session import model_path
from aesmap.types import Size

SQUARE, WIDE, TALL = Size(32, 32), Size(32, 48), Size(48, 32)


def sample_manifest(**changes: Any) -> Manifest:
    """Three input shapes, two attributes, thresholds at -4 .. 4, and pixels scaled to 0..1."""
    fields: dict[str, Any] = {
        "name": "sample",
        "onnx_file": "sample.onnx",
        "onnx_sha256": hashlib.sha256(b"weights").hexdigest(),
        "preprocessing": Preprocessing(
            shapes=(SQUARE, WIDE, TALL), mean=(0.0, 0.0, 0.0), std=(255.0, 255.0, 255.0)
        ),
        "level_bias": -0.5,
        "rating_model": RatingModel(slope=1.0, thresholds=tuple(float(t) for t in range(-4, 5))),
        "close_below": 0.25,
        "familiarity": FamiliarityTest(),
        "attribute_names": ("Sky", "Water"),
        "attribute_bias": (-1.0, 0.5),
        "provenance": {"sources": [{"name": "made", "images": 3, "licence": "CC0"}]},
        "figures": {"srcc": 0.5},
    }
    return Manifest(**fields | changes)


def copy_bundled_model(folder: Path, edit: Callable[[dict[str, Any]], Any] | None = None) -> Path:
    """Copy the bundled model into ``folder``, its manifest edited; returns the manifest's path."""
    source = model_path()
    data = json.loads(source.read_text(encoding="utf-8"))
    shutil.copy(source.with_name(data["onnx_file"]), folder)
    if edit is not None:
        edit(data)
    copy = folder / source.name
    copy.write_text(json.dumps(data), encoding="utf-8")
    return copy


def replace_weights(manifest_path: Path, weights: bytes) -> None:
    """Put other bytes in place of a model's .onnx, with a manifest whose hash agrees."""
    data = json.loads(manifest_path.read_text(encoding="utf-8"))
    manifest_path.with_name(data["onnx_file"]).write_bytes(weights)
    data["onnx_sha256"] = hashlib.sha256(weights).hexdigest()
    manifest_path.write_text(json.dumps(data), encoding="utf-8")
