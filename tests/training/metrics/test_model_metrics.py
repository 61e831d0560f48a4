"""Figures of one model and the paired comparison of two, against hand and core.metrics."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from aesmap.errors import DatasetError
from aesmap.model.ratings import sigmoid
from aesmap.training.metrics import standard as metrics
from aesmap.training.metrics.level_tally import balanced_accuracy_of
from aesmap.training.metrics.model_metrics import (
    LABELS,
    compare_models,
    figures_table,
    model_figures,
)
from aesmap.training.metrics.pooling import SeedPredictions
from call_count import num_calls
from paper_study import made_images


def predictions(images, seed: int = 0, rows=None, tags: int = 0) -> SeedPredictions:
    rng = np.random.default_rng(seed)
    rows = np.arange(len(images)) if rows is None else np.asarray(rows)
    logit = (images.mean - 5 + rng.normal(0, 0.8, len(images)))[rows]
    return SeedPredictions(
        rows=rows,
        logit_crops=logit,
        logit_whole=logit + 0.3,
        attribute_logits=rng.normal(size=(len(rows), tags)),
        predicted_mean=5 + 0.5 * logit,
    )


def test_figures_are_those_of_core_metrics_averaged_over_seeds() -> None:
    images = made_images(300, group_size=3)
    seeds = [predictions(images, seed) for seed in (0, 1)]
    found = model_figures(images, seeds, num_draws=40)
    high = images.is_high

    def mean(figure) -> float:
        return float(np.mean([figure(s) for s in seeds]))

    for name, figure in {
        "accuracy": lambda s: metrics.accuracy(high, s.logit_crops > 0),
        "balanced_accuracy": lambda s: metrics.balanced_accuracy(high, s.logit_crops > 0),
        "accuracy_whole": lambda s: metrics.accuracy(high, s.logit_whole > 0),
        "auc": lambda s: metrics.auc(high, s.logit_crops),
        "srcc": lambda s: metrics.srcc(images.mean, s.logit_crops),
        "plcc": lambda s: metrics.plcc(images.mean, s.logit_crops),
        "ece": lambda s: metrics.ece(high, sigmoid(s.logit_crops)),
        "mae": lambda s: float(np.abs(images.mean - s.predicted_mean).mean()),
    }.items():
        assert found[name]["value"] == pytest.approx(mean(figure), abs=5.1e-5), name
        low, high_end = found[name].get("interval_95") or found[name]["if_perfect_95"]
        assert low < high_end
    assert (found["groups"], found["seeds"], found["images"]) == (100, 2, 300)
    assert found["majority_accuracy"] == pytest.approx(high.mean(), abs=5.1e-5)
    assert found["attribute_map"] is None
    json.dumps(found, allow_nan=False)


def test_intervals_are_those_of_the_general_bootstrap() -> None:
    images = made_images(120, group_size=2)
    one, high = predictions(images), images.is_high
    found = model_figures(images, [one], num_draws=100)
    for name, figure in (
        ("accuracy", lambda i: metrics.accuracy(high[i], one.logit_crops[i] > 0)),
        ("auc", lambda i: metrics.auc(high[i], one.logit_crops[i])),
        ("srcc", lambda i: metrics.srcc(images.mean[i], one.logit_crops[i])),
    ):
        general = metrics.bootstrap(figure, images.groups, num_samples=100)
        assert found[name]["interval_95"] == pytest.approx([general.low, general.high], abs=5.1e-5)


def test_a_subset_is_measured_on_its_own_rows() -> None:
    images = made_images(100)
    rows = np.arange(7, 90, 3)
    part = predictions(images, rows=rows)
    found = model_figures(images, [part], num_draws=10)
    assert found["images"] == len(rows)
    expected = metrics.accuracy(images.is_high[rows], part.logit_crops > 0)
    assert found["accuracy"]["value"] == pytest.approx(expected, abs=5.1e-5)


def test_unknown_tags_are_absent_or_left_out() -> None:
    """One image has the tag, one has not, one is unknown and ranks first: 1/2 or 1."""
    images = made_images(3, num_tags=1)
    images.attributes[:, 0] = [1.0, 0.0, np.nan]
    one = predictions(images, tags=1)
    one.attribute_logits[:, 0] = [1.0, 0.0, 2.0]
    negative = model_figures(images, [one], num_draws=5)["attribute_map"]
    masked = model_figures(images, [one], num_draws=5, unknown="masked")["attribute_map"]
    assert (negative["value"], masked["value"]) == (0.5, 1.0)
    assert (negative["tags"], negative["unknown"]) == (1, "negative")


def test_a_calibrated_models_error_lies_in_the_range_of_perfect_ones() -> None:
    """A bootstrap interval of the error, which is never below 0, often lay above all of it."""
    images = made_images(2000)
    z = np.random.default_rng(3).normal(0, 2, len(images))
    high = np.random.default_rng(4).random(len(images)) < sigmoid(z)
    calibrated = replace(images, mean=np.where(high, 6.0, 4.0))

    def error(logit) -> dict[str, object]:
        one = replace(predictions(calibrated), logit_crops=logit)
        return model_figures(calibrated, [one], num_draws=200)["ece"]

    found = error(z)
    assert "interval_95" not in found
    assert found["if_perfect_95"][0] <= found["value"] <= found["if_perfect_95"][1]
    far = error(3 * z)
    assert far["value"] > 2 * far["if_perfect_95"][1]
    assert "if perfectly calibrated" in figures_table(
        model_figures(calibrated, [predictions(calibrated)], num_draws=20)
    )


def test_labels_among_the_three_likeliest_by_hand() -> None:
    """Of five attributes Humorous is never seen; of the three labels left two are in the top 3."""
    images = replace(
        made_images(3, num_tags=5), attribute_names=("Sky", "Water", "Humorous", "Floral", "Urban")
    )
    images.attributes[:] = np.nan
    images.attributes[0, [0, 2]] = 1.0
    images.attributes[1, 1] = images.attributes[2, 4] = 1.0
    one = predictions(images, tags=5)
    one.attribute_logits[0] = [1, 9, 8, 7, 6]  # Sky is fourth of those that can be seen
    one.attribute_logits[1] = [9, 1, 8, 7, 0]  # Water third
    one.attribute_logits[2] = [9, 1, 8, 7, 2]  # Urban third
    found = model_figures(images, [one], num_draws=20)["attribute_top3"]
    assert (found["value"], found["labels"]) == (0.6667, 3)
    assert (found["attributes"], found["chance"]) == (4, 0.75)
    low, high = found["interval_95"]
    assert low <= found["value"] <= high
    assert model_figures(images, [predictions(images)], num_draws=5)["attribute_top3"] is None


def test_tags_absent_from_the_test_set_do_not_count() -> None:
    images = made_images(60, num_tags=3)
    images.attributes[:, 1] = np.nan
    found = model_figures(images, [predictions(images, tags=3)], num_draws=5)
    assert found["attribute_map"]["tags"] == 2
    with pytest.raises(DatasetError, match="2 attributes were predicted, 3 are in the data"):
        model_figures(images, [predictions(images, tags=2)], num_draws=5)


def test_three_flipped_answers_of_a_hundred() -> None:
    images = made_images(100)
    right = predictions(images)
    right.logit_crops[:] = images.mean - 5
    flipped = predictions(images)
    flipped.logit_crops[:] = images.mean - 5
    flipped.logit_crops[[5, 50, 95]] *= -1
    found = compare_models(images, [flipped], [right])
    assert found["accuracy"]["value"] == pytest.approx(-0.03)
    assert found["mcnemar"] == [{"only_first": 0, "only_second": 3, "p": 0.25}]
    high = images.is_high
    wrong_high = sum(high[[5, 50, 95]])
    expected = -(wrong_high / high.sum() + (3 - wrong_high) / (~high).sum()) / 2
    assert found["balanced_accuracy"]["value"] == pytest.approx(expected, abs=5.1e-5)
    # A draw of 100 images holds the three 3 times on average, about Poisson: 0 to 7 of them.
    assert found["accuracy"]["interval_95"] == pytest.approx([-0.07, 0.0], abs=0.011)
    swapped = compare_models(images, [right], [flipped])
    assert swapped["accuracy"]["value"] == pytest.approx(0.03)


def test_models_of_other_images_are_not_compared() -> None:
    images = made_images(40)
    with pytest.raises(DatasetError, match="different images"):
        compare_models(images, [predictions(images)], [predictions(images, rows=range(39))])
    with pytest.raises(DatasetError, match="1 and 2 seeds"):
        compare_models(images, [predictions(images)], [predictions(images)] * 2)
    with pytest.raises(DatasetError, match="no predictions"):
        model_figures(images, [])


def test_one_level_alone_has_no_balanced_accuracy() -> None:
    assert np.isnan(balanced_accuracy_of(np.array([3.0, 4.0, 0.0, 0.0])))


def test_the_table_says_every_figure() -> None:
    images = made_images(50)
    found = model_figures(images, [predictions(images)], num_draws=20)
    table = figures_table(found)
    for name, label in LABELS.items():
        line = next(line for line in table.splitlines() if line.startswith(label))
        assert (f"{found[name]['value']:.4f}" if found[name] else "-") in line


def test_no_draw_loops_over_images() -> None:
    # Grouping may cost a call for each image, once; a loop in the bootstrap, a thousand times that.
    few, many = (made_images(number) for number in (1000, 8000))
    calls = []
    for images in (few, many):
        found = predictions(images)
        calls.append(num_calls(lambda images=images, found=found: model_figures(images, [found])))
    assert calls[1] < calls[0] + 4 * 7000
