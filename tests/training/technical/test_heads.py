"""Heads: their map is their logit exactly, and what is written is what is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from aesmap.errors import ModelError
from aesmap.model.ratings import RatingModel
from aesmap.training.judge.calibrate import Calibration
from aesmap.training.technical.features import Columns
from aesmap.training.technical.heads import TechnicalHeads, read_heads, write_heads


def heads() -> TechnicalHeads:
    """Two heads on three features, the second of which neither reads."""
    return TechnicalHeads(
        Columns(*np.array([[7, 8, 8], [1, 0, 0], [5, 0, 2]], np.int16)),
        ("technical", "soft"),
        np.array([[1.5, 0, -2], [0.25, 0, 0]], np.float32),
        np.array([0.5, -1.0]),
        np.array([0.0, 1.25]),
        (Calibration(2.0, 0.1), Calibration(0.5, 0.0)),
        RatingModel(slope=0.5, thresholds=tuple(np.arange(-4.0, 5.0))),
        {"technical": {"srcc": 0.8}},
    )


def test_the_mean_of_the_map_and_the_bias_are_the_logit() -> None:
    cells = np.random.default_rng(0).normal(size=(2, 3, 5, 4))
    maps = heads().maps(cells)
    assert maps.shape == (2, 2, 5, 4)
    logits = heads().logits(cells.mean(axis=(2, 3)))
    np.testing.assert_allclose(maps.mean(axis=(2, 3)) + heads().bias, logits, rtol=1e-12)
    assert logits[1, 1] == pytest.approx(0.25 * cells[1, 0].mean() - 1)


def test_features_that_no_head_reads_are_left_out() -> None:
    small = heads().without_unused()
    assert small.columns.channel.tolist() == [5, 2]
    x = np.random.default_rng(1).normal(size=(4, 3))
    used = small.used(heads().columns)
    np.testing.assert_allclose(small.logits(x[:, used]), heads().logits(x))
    with pytest.raises(ModelError, match=r"\(7, 1, 5\)"):
        small.used(Columns(*(c[1:] for c in vars(heads().columns).values())))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_heads(heads(), tmp_path / "heads.npz")
    found = read_heads(tmp_path / "heads.npz")
    assert found.names == heads().names
    assert found.calibrations == heads().calibrations
    assert found.rating_model == heads().rating_model
    assert found.figures == heads().figures
    for name in ("weights", "bias", "thresholds"):
        np.testing.assert_array_equal(getattr(found, name), getattr(heads(), name))
    columns = vars(heads().columns).values()
    for one, other in zip(vars(found.columns).values(), columns, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_file_is_no_heads(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(ModelError, match=r"other\.npz: no technical heads"):
        read_heads(path)
    with pytest.raises(ModelError, match=r"absent\.npz"):
        read_heads(tmp_path / "absent.npz")
    write_heads(replace(heads(), names=("technical", "x")), path)
    assert read_heads(path).names == ("technical", "x")
