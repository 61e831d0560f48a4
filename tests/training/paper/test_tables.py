"""Tables and claims of studies whose answer is known by construction."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from aesmap.errors import DatasetError
from aesmap.training.metrics.cells import Cell
from aesmap.training.metrics.paired import Bench, Drawn
from aesmap.training.paper import numbers as paper
from aesmap.training.paper.claims import FAILS, HOLDS, OPEN, Part, in_paper, judge
from aesmap.training.paper.tables import paper_tables
from paper_study import made_images, made_results, planned_cells, result_with_errors

IMAGES = made_images(600, group_size=2, num_tags=2)
CELLS = planned_cells()
# Wrong answers of 600: fewer up to b/a = 7, more at 10, most when dropping, attributes dearer.
AS_CLAIMED = {(False, 1, ratio): 180 - 12 * int(ratio) for ratio in range(1, 8)} | {
    (False, 1, 10): 140,
    (False, 0, 1): 260,
    (True, 1, 1): 200,
    (True, 1, 6): 140,
}
OPPOSITE = {(False, 1, ratio): 100 + 12 * int(ratio) for ratio in range(1, 8)} | {
    (False, 1, 10): 130,
    (False, 0, 1): 60,
    (True, 1, 1): 70,
    (True, 1, 6): 110,
}


def study(num_wrong, cells=CELLS, **options):
    results = made_results(IMAGES, cells, num_wrong)
    return paper_tables(IMAGES, results, CELLS, num_draws=300, **options)


def verdicts(tables, metric: str = "accuracy") -> dict[str, str]:
    return {
        entry["claim"]: entry["verdict"]
        for entry in tables["claims"]
        if entry["metric"] == metric and entry["normalise"] in ("none", None)
    }


def test_a_study_made_as_the_paper_claims() -> None:
    tables = study(AS_CLAIMED)
    found = verdicts(tables)
    assert found.pop("only_the_ratio_matters") == OPEN  # the control is made the same
    assert set(found.values()) == {HOLDS}
    assert tables["missing"] == []
    json.dumps(tables)


def test_a_study_made_the_other_way_round() -> None:
    found = verdicts(study(OPPOSITE))
    assert found.pop("only_the_ratio_matters") == OPEN
    assert set(found.values()) == {FAILS}


def test_no_difference_cannot_be_decided() -> None:
    found = verdicts(study(dict.fromkeys(AS_CLAIMED, 100)))
    assert set(found.values()) == {OPEN}  # equality too: networks that never differ show nothing


def test_a_control_that_differs_shows_that_the_ratio_is_not_all() -> None:
    results = made_results(IMAGES, CELLS, AS_CLAIMED)
    order = np.arange(600)
    changed = [
        result_with_errors(IMAGES, r.cell, order[:250], r.test)
        if r.cell.normalise == "mean" and r.cell.outside == 6
        else r
        for r in results
    ]
    assert (
        verdicts(paper_tables(IMAGES, changed, CELLS, num_draws=300))["only_the_ratio_matters"]
        == FAILS
    )


def test_an_entry_holds_what_was_made() -> None:
    tables = study(AS_CLAIMED)
    plain, weighted, control, *_ = tables["table_1"]
    assert (plain["variant"], plain["accuracy"]["value"]) == ("AesCNN", 1 - 168 / 600)
    assert plain["difference"] is None
    assert (weighted["variant"], weighted["weight"]) == ("AesCNN-W", "w(1:6)")
    assert weighted["accuracy"]["value"] == pytest.approx(1 - 108 / 600)
    assert weighted["paper"] == 0.7739
    assert (control["normalise"], control["paper"]) == ("mean", None)
    assert (weighted["state"], weighted["seeds"], weighted["folds"]) == ("complete", 2, 2)
    assert weighted["images"] == 600
    gain = weighted["difference"]
    assert gain["to"] == "AesCNN w(1:1)"
    assert gain["accuracy"]["value"] == pytest.approx(0.1)
    assert gain["runs"] == 4
    # 60 images change, all one way, in each seed.
    assert [(t["seed"], t["only_this"], t["only_baseline"]) for t in gain["mcnemar"]] == [
        (0, 60, 0),
        (1, 60, 0),
    ]
    share = float(IMAGES.is_high.mean())
    assert tables["data"]["majority_accuracy"] == round(max(share, 1 - share), 4)
    assert weighted["figures"]["srcc"]["value"] > plain["figures"]["srcc"]["value"]
    assert plain["figures"]["attribute_map"] is None
    attributes = tables["table_1"][3]
    assert attributes["variant"] == "AesAttCNN"
    assert attributes["figures"]["attribute_map"]["value"] == 1


def test_table_2_has_every_weight_with_and_without_the_control() -> None:
    rows = study(AS_CLAIMED)["table_2"]
    assert [row["weight"] for row in rows] == 2 * [
        *(f"w(1:{ratio:g})" for ratio in paper.RATIOS),
        "w(0:1)",
    ]
    assert [row["paper"] for row in rows[:9]] == list(paper.TABLE_2["alexnet"].values())
    assert rows[8]["ratio"] is None
    # Unweighted, normalising changes nothing: the control's first row is the same network.
    assert rows[9]["accuracy"] == rows[0]["accuracy"]
    assert rows[9]["state"] == "complete"


def test_what_was_not_run_is_missing_and_never_invented() -> None:
    kept = [
        cell
        for cell in CELLS
        if cell.outside in (1, 2)
        and cell.inside == 1
        and not cell.attributes
        and not (cell.outside == 2 and cell.seed == 1)
    ]
    tables = study(AS_CLAIMED, kept)
    by_weight = {row["weight"]: row for row in tables["table_2"][:9]}
    assert by_weight["w(1:1)"]["state"] == "complete"
    assert by_weight["w(1:2)"]["state"] == "partial"
    assert by_weight["w(1:2)"]["cells"] == {"done": 2, "wanted": 4}
    assert by_weight["w(1:2)"]["difference"]["runs"] == 2
    assert by_weight["w(1:3)"]["state"] == "missing"
    assert by_weight["w(1:3)"]["accuracy"] is None
    assert by_weight["w(1:3)"]["difference"] is None
    assert set(verdicts(tables).values()) == {OPEN}
    assert set(tables["missing"]) == {c.name for c in CELLS} - {c.name for c in kept}
    only = paper_tables(IMAGES, [], CELLS, num_draws=10)
    assert len(only["missing"]) == len(CELLS)
    assert only["claims"] == []


def test_a_setting_that_nobody_planned_is_said_to_be_so() -> None:
    cells = [cell for cell in CELLS if not cell.is_weighted]
    tables = paper_tables(IMAGES, made_results(IMAGES, cells, AS_CLAIMED), num_draws=50)
    assert tables["table_2"][1]["state"] == "not planned"
    assert tables["missing"] == []


def test_table_3_places_ours_only_on_the_same_images() -> None:
    elsewhere = study(AS_CLAIMED)["table_3"]
    assert [row["source"] for row in elsewhere[-2:]] == ["here", "here"]
    on_ava = study(AS_CLAIMED, comparable=True)["table_3"]
    accuracies = [row["accuracy"]["value"] for row in on_ava]
    assert accuracies == sorted(accuracies)
    assert "AesCNN-W (alex)" in [row["model"] for row in on_ava if row["source"] == "here"]


def test_results_of_other_images_are_refused_by_name() -> None:
    cell = Cell(backbone="alexnet")
    beyond = replace(result_with_errors(IMAGES, cell, []), test=np.arange(1, 601))
    with pytest.raises(DatasetError, match="alexnet-AesCNN-w1-1-seed0: its test images are not"):
        paper_tables(IMAGES, [beyond])
    short = replace(result_with_errors(IMAGES, cell, []), logit_crops=np.zeros(5))
    with pytest.raises(DatasetError, match="not one logit per test image"):
        paper_tables(IMAGES, [short])


def drawn(low: float, high: float) -> Drawn:
    return Drawn((low + high) / 2, np.linspace(low, high, 1001), 1)


def test_the_rule_by_hand() -> None:
    above, across, below = drawn(0.01, 0.03), drawn(-0.01, 0.03), drawn(-0.03, -0.01)
    tiny = drawn(-0.004, 0.004)

    def verdict(*found: Drawn | None, sign: int = 1) -> str:
        return judge([Part("", sign, one, None) for one in found])

    assert verdict(above, above) == HOLDS
    assert verdict(above, across) == OPEN
    assert verdict(above, None) == OPEN
    assert verdict(below, None) == FAILS
    assert verdict(above, below) == FAILS
    assert verdict(below, below, sign=-1) == HOLDS
    assert verdict() == OPEN
    assert verdict(tiny, sign=0) == HOLDS
    assert verdict(across, sign=0) == OPEN
    assert verdict(drawn(0.0, 0.0), sign=0) == OPEN  # no image to tell them apart by
    assert verdict(above, sign=0) == FAILS
    # 4 % of the draws lie above 0: enough against one part, not against one of four.
    nearly = drawn(-0.96, 0.01)
    assert verdict(nearly) == FAILS
    assert verdict(nearly, across, across, across) == OPEN


def test_the_papers_number_belongs_to_the_papers_loss() -> None:
    cell = Cell(backbone="vgg16", outside=6)
    assert in_paper(cell) == 0.7887
    assert in_paper(replace(cell, attributes=True)) == 0.7862
    assert in_paper(replace(cell, normalise="mean")) is None
    assert in_paper(replace(cell, outside=2, attributes=True)) is None
    assert in_paper(replace(cell, backbone="efficientnet_lite0")) is None


def test_a_difference_is_over_shared_runs_only() -> None:
    plain = [Cell(backbone="alexnet", seed=seed) for seed in (0, 1)]
    weighted = replace(plain[0], outside=6.0)
    results = [
        result_with_errors(IMAGES, plain[0], range(60)),
        result_with_errors(IMAGES, plain[1], range(300)),
        result_with_errors(IMAGES, weighted, range(30)),
    ]
    bench = Bench(IMAGES, results, num_draws=50)
    found = bench.difference(weighted, plain[0].setting, "accuracy")
    assert found is not None
    assert found.value == pytest.approx(30 / 600)
    assert found.num_runs == 1
