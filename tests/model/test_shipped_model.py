"""The bundled model on the development data, where that is at hand."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import aesmap
from aesmap.model.session import bundled_models
from aesmap.training.metrics.standard import srcc
from shared_data import SHARED, needs

NOT_TRAINED_ON = {"ava", "aadb", "koniq10k"}


@pytest.fixture(scope="module")
def manifest() -> dict:
    return json.loads(bundled_models()["lite0"].read_text(encoding="utf-8"))


@pytest.mark.slow
@needs("sophoappeal")
def test_the_package_ranks_unseen_tiles_as_its_manifest_says(manifest: dict) -> None:
    """Decoding, preprocessing, runtime and weights together, against the figure from training."""
    folder = SHARED / "sophoappeal"
    with (folder / "labels.csv").open(newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["db"] in NOT_TRAINED_ON]
    tiles = [folder / "tiles" / row["tile"] for row in rows]
    logits = [assessment.logit for assessment in aesmap.load().assess_many(tiles)]
    ratings = [float(row["pooled_mean"]) for row in rows]
    (stated,) = (f for name, f in manifest["figures"].items() if name.endswith("not trained on"))
    # Training predicts from features cached in bfloat16, hence the width of the tolerance.
    assert srcc(logits, ratings) == pytest.approx(stated["srcc_of_this_model"], abs=0.01)


@pytest.mark.slow
@needs("oasis/images")
def test_photographs_are_familiar_and_probabilities_spread() -> None:
    photos = sorted((SHARED / "oasis/images").iterdir())[::4]
    assessments = list(aesmap.load().assess_many(photos))
    assert np.mean([v.uncertain_reason == "unfamiliar" for v in assessments]) < 0.03
    assert np.std([v.score for v in assessments]) > 0.8  # not squeezed around the middle


def test_no_tag_of_persons_ships_and_what_is_named_was_right_nine_times_in_ten(
    manifest: dict,
) -> None:
    from aesmap.model.attributes import MAY_SHIP

    thresholds = {one["name"]: one["threshold"] for one in manifest["attributes"]}
    assert thresholds.keys() <= MAY_SHIP
    named = {name for name, threshold in thresholds.items() if threshold is not None}
    assert len(named) >= 7
    for name in named:
        figure = manifest["figures"]["naming"][name]
        assert figure["precision"] >= 0.9
        assert figure["num_named"] >= 5


def test_the_model_is_small_and_says_where_it_comes_from(manifest: dict) -> None:
    path = bundled_models()["lite0"].with_name(manifest["onnx_file"])
    assert path.stat().st_size < 10_000_000
    sources = manifest["provenance"]["sources"]
    assert all(source["licence"] and source["terms"] for source in sources)
    assert 1 <= len(manifest["preprocessing"]["shapes"]) <= 9
