"""Cells, splits, going on after a stop, the plan, and the report from start to end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.errors import ConfigError, DatasetError  # noqa: E402
from aesmap.model.attributes import VISUAL  # noqa: E402
from aesmap.training.data.rated_set import read_rated_set  # noqa: E402
from aesmap.training.metrics.cells import Cell, CellResult  # noqa: E402
from aesmap.training.network.config import packaged_recipe, read_training_recipe  # noqa: E402
from aesmap.training.paper import running  # noqa: E402
from aesmap.training.paper.experiments import Experiment  # noqa: E402
from aesmap.training.paper.plan import plan  # noqa: E402
from aesmap.training.paper.report import write_report  # noqa: E402
from aesmap.training.paper.running import run_cell, run_experiment  # noqa: E402
from aesmap.training.paper.shown_photos import clearest  # noqa: E402
from aesmap.training.paper.study import make_study  # noqa: E402
from ava_folder import make_ava_folder  # noqa: E402


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory):
    folder = make_ava_folder(tmp_path_factory.mktemp("ava"), num_images=40)
    return read_rated_set(f"ava:{folder}")


@pytest.fixture
def experiment(rated, tmp_path: Path) -> Experiment:
    recipe = read_training_recipe(packaged_recipe("efficientnet_lite0"))
    small = replace(
        recipe,
        network=replace(recipe.network, pretrained=False),
        input=replace(recipe.input, resize=(48, 48), crop=40),
        solver=replace(recipe.solver, epochs=1, batch_size=8),
        validation=replace(recipe.validation, share=0.25),
    )
    return Experiment(
        rated=rated, recipes={small.name: small}, num_folds=0, seeds=(0,), output=tmp_path
    )


def test_the_cells_are_those_of_tables_1_and_2(experiment: Experiment) -> None:
    cells = experiment.cells()
    assert len(cells) == len(set(cells)) == len({cell.name for cell in cells}) == 9 + 8 + 3
    plain = [c for c in cells if c.normalise == "none"]
    assert {c.weight for c in plain if not c.attributes} == {
        *(f"w(1:{ratio})" for ratio in (1, 2, 3, 4, 5, 6, 7, 10)),
        "w(0:1)",
    }
    assert {c.variant for c in plain} == {"AesCNN", "AesCNN-W", "AesAttCNN", "AesAttCNN-W"}
    # A mean-1 control for every w(a:b) that is not even.
    controls = {replace(c, normalise="none") for c in cells if c.normalise == "mean"}
    assert controls == {c for c in plain if c.is_weighted}
    folded = replace(experiment, num_folds=3, seeds=(0, 1)).cells()
    assert len(folded) == 20 * 3 * 2
    assert [c.seed for c in folded] == sorted(c.seed for c in folded)  # whole seeds first


def test_cells_of_one_fold_share_seed_and_split(experiment: Experiment) -> None:
    folded = replace(experiment, num_folds=3)
    one, other = Cell(backbone="efficientnet_lite0", fold=1), None
    other = replace(one, outside=6, normalise="mean", attributes=True)
    assert folded.recipe_of(one).seed == folded.recipe_of(other).seed
    assert folded.recipe_of(one).seed != folded.recipe_of(replace(one, fold=2)).seed
    for mine, theirs in zip(folded.split(one), folded.split(other), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    tests = np.stack([folded.split(replace(one, fold=k))[0] for k in range(3)])
    assert (tests.sum(axis=0) == 1).all()
    test, validation = folded.split(one)
    assert not (test & validation).any()
    assert validation.any()


def test_tags_that_nobody_spoke_of_are_masked_as_the_page_says(experiment: Experiment) -> None:
    recipe = experiment.recipe_of(Cell(backbone="efficientnet_lite0", attributes=True))
    assert (recipe.objective.unknown, recipe.objective.attribute_weight) == ("masked", 1.0)
    page = Path(__file__).parents[3] / "docs/reproduction.md"
    assert '`objective.unknown = "masked"` in the recipe' in page.read_text()


def test_the_official_split_is_kept(experiment: Experiment) -> None:
    cell = Cell(backbone="efficientnet_lite0")
    test, _ = experiment.split(cell)
    np.testing.assert_array_equal(test, experiment.rated.test)
    data, rows = experiment.data_of(cell, crops=None)  # type: ignore[arg-type]
    together = np.concatenate([data.training, data.validation, rows])
    assert sorted(together) == list(range(len(experiment.images)))
    without = replace(experiment.rated, test=np.zeros(len(experiment.images), bool))
    with pytest.raises(ConfigError, match="--folds"):
        replace(experiment, rated=without).split(cell)


def test_weights_are_those_of_the_cell(experiment: Experiment) -> None:
    cell = Cell(backbone="efficientnet_lite0", inside=1, outside=6)
    data, _ = experiment.data_of(cell, crops=None)  # type: ignore[arg-type]
    mean = experiment.images.mean
    np.testing.assert_array_equal(data.weights, np.where((mean > 4) & (mean < 6), 1, 6))
    control, _ = experiment.data_of(replace(cell, normalise="mean"), crops=None)  # type: ignore[arg-type]
    assert control.weights[control.training].mean() == pytest.approx(1)
    np.testing.assert_allclose(control.weights / control.weights[0], data.weights / data.weights[0])


def test_a_cell_again_gives_the_same_numbers(experiment: Experiment) -> None:
    cell = replace(experiment.cells()[-1])
    one, again = run_cell(experiment, cell), run_cell(experiment, cell)
    np.testing.assert_array_equal(one.logit_crops, again.logit_crops)
    np.testing.assert_array_equal(one.attribute_logits, again.attribute_logits)
    assert one.attribute_logits.shape == (len(one.test), 66)
    stored = CellResult.load(experiment.output / "cells", cell)
    assert stored is not None
    np.testing.assert_array_equal(stored.logit_whole, one.logit_whole)
    assert stored.about["recipe_sha256"] == one.about["recipe_sha256"]


def test_what_is_done_is_not_done_again_and_the_report_is_written(
    experiment: Experiment, monkeypatch, tmp_path: Path
) -> None:
    told: list[str] = []
    wanted = experiment.cells()
    few = [c for c in wanted if c.weight in ("w(1:1)", "w(1:6)")]
    monkeypatch.setattr(Experiment, "cells", lambda self: few)
    results = run_experiment(experiment, log=told.append)
    assert [r.cell for r in results] == few

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a finished cell was run again")

    monkeypatch.setattr(running, "run_cell", never)
    run_experiment(experiment, log=told.append)
    assert f"{len(few)} of {len(few)} cells are there already" in told
    page = write_report(make_study(experiment, results, "A try", ["aesmap ..."]), tmp_path / "r")
    text = page.read_text(encoding="utf-8")
    assert "A try" in text
    assert "AesAttCNN-W" in text
    numbers = json.loads((tmp_path / "r" / "results.json").read_text())
    assert numbers["title"] == "A try"
    rules = numbers["attribute_rules"]
    assert rules["photographs"] == int(experiment.rated.test.sum())
    assert 0 < rules["labelled"] <= rules["photographs"]
    assert rules["label_agrees"] <= rules["label_in_top3"] <= rules["labelled"]


def test_attributes_that_have_no_place_in_a_picture_are_not_shown(
    experiment: Experiment, monkeypatch
) -> None:
    """Of AVA's 66 the paper maps 49: no Humorous, no Black and White."""
    cell = Cell(backbone="efficientnet_lite0", attributes=True, outside=6.0)
    monkeypatch.setattr(Experiment, "cells", lambda self: [cell])
    study = make_study(experiment, run_experiment(experiment, log=lambda _: None), "A try", [])
    assert study.photos
    visual = tuple(attribute.name for attribute in VISUAL)
    assert len(visual) == 49
    for photo in study.photos:
        assert photo.maps.attribute_names == visual
        assert len(photo.maps.attribute_maps) == 49
        assert set(photo.labels) <= set(visual)


def test_the_clearest_of_each_level_are_shown_the_wrong_ones_last() -> None:
    """Thirteen photographs of growing |z|, of which every third is wrong."""
    z = np.arange(1.0, 14.0) * np.where(np.arange(13) % 2, 1, -1)
    wrong = np.arange(13) % 3 == 0
    high = (z > 0) != wrong
    chosen = clearest(z, high)
    right = [index for index in chosen if not wrong[index]]
    assert chosen == right + [index for index in chosen if wrong[index]]
    assert right[:2] == [11, 7]  # high, by |z|
    assert right[4:6] == [10, 8]  # low
    assert [index for index in chosen if wrong[index]] == [12, 6, 9, 3]  # said low, then said high


def test_a_folder_of_another_experiment_is_refused(experiment: Experiment, monkeypatch) -> None:
    cell = experiment.cells()[0]
    monkeypatch.setattr(Experiment, "cells", lambda self: [cell])
    run_experiment(experiment, log=lambda _: None)
    (recipe,) = experiment.recipes.values()
    other = replace(recipe, solver=replace(recipe.solver, lr=0.5))
    with pytest.raises(ConfigError, match="another recipe"):
        run_experiment(replace(experiment, recipes={recipe.name: other}), log=lambda _: None)
    (experiment.output / "cells" / f"{cell.name}.npz").write_bytes(b"half")
    with pytest.raises(DatasetError, match="delete it"):
        run_experiment(experiment, log=lambda _: None)


def test_the_plan_counts_cells_and_time(experiment: Experiment) -> None:
    run_cell(experiment, experiment.cells()[0])
    (line,) = plan(experiment)
    training = int((~experiment.rated.test).sum() * 0.75)
    assert (line.cells, line.done) == (20, 1)
    assert line.steps_per_cell == pytest.approx(training // 8, abs=1)
    assert line.seconds_per_cell > 0


def test_kept_pictures_change_no_number(experiment: Experiment, tmp_path: Path) -> None:
    cell = experiment.cells()[0]
    # All stages train, so that crops come from the files.
    ((name, recipe),) = experiment.recipes.items()
    open_recipe = replace(recipe, network=replace(recipe.network, frozen_stages=0))
    plain, kept = (
        replace(
            experiment,
            recipes={name: open_recipe},
            output=tmp_path / str(keep),
            keep_pictures=keep,
        )
        for keep in (False, True)
    )
    one, other = run_cell(plain, cell), run_cell(kept, cell)
    assert np.array_equal(one.logit_crops, other.logit_crops)
    assert len(list((tmp_path / "True/cache").glob("pictures-*.npy"))) == 1
    assert not list((tmp_path / "True/runs").glob("*.progress.json"))


def test_another_precision_is_another_experiment(experiment: Experiment) -> None:
    running._stamp(experiment)
    running._stamp(experiment)
    with pytest.raises(ConfigError, match="precision"):
        running._stamp(replace(experiment, precision="bf16-mixed"))
