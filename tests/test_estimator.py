"""aesmap in a scikit-learn pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import aesmap
from aesmap.analyzer import Analyzer
from aesmap.errors import ImageMissingError


def test_numbers_are_those_of_the_table(analyzer: Analyzer, photo_files: Path) -> None:
    files = [photo_files / f"{name}.jpg" for name in ("coffee", "china")]
    scorer = aesmap.AestheticScorer(attributes=True)
    found = scorer.fit_transform(files)
    names = scorer.get_feature_names_out().tolist()
    assert found.shape == (2, len(names))
    for row, file in zip(found, files, strict=True):
        said = analyzer.assess(file)
        assert row[names.index("score")] == said.to_row()["score"]
        assert row[names.index("Sky")] == dict(said.attributes)["Sky"]


def test_it_is_an_estimator_like_any_other(photo_files: Path) -> None:
    files = sorted(photo_files.glob("*.jpg"))[:6]
    pipeline = make_pipeline(aesmap.AestheticScorer(), Ridge())
    pipeline.fit(files, np.arange(6.0))
    assert pipeline.predict(files[:2]).shape == (2,)
    assert clone(aesmap.AestheticScorer(attributes=True)).attributes is True
    assert aesmap.AestheticScorer().fit([]).transform([]).shape == (0, 5)


def test_what_cannot_be_read_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ImageMissingError):
        aesmap.AestheticScorer().fit([]).transform([tmp_path / "gone.jpg"])
