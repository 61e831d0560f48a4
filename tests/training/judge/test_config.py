"""Recipes are read strictly, and the shipped one can be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aesmap.errors import ConfigError
from aesmap.training.judge.config import read_recipe

RECIPE = Path(__file__).parents[3] / "recipes/lite0.toml"


@pytest.fixture
def write(tmp_path: Path):
    def changed(*edits: tuple[str, str]) -> Path:
        text = RECIPE.read_text()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "changed.toml"
        path.write_text(text)
        return path

    return changed


def test_the_shipped_recipe_reads() -> None:
    recipe = read_recipe(RECIPE)
    assert recipe.name == "lite0"
    assert 1 <= len(recipe.input.shapes) <= 9
    assert recipe.input.shapes[0][0] == recipe.input.shapes[0][1]  # the square is among them
    trained_on = {db for source in recipe.source for db in source.only.get("db", [])}
    assert trained_on == {"500px_cc0", "pixabay_first50k", "own"}  # the freely usable part


def test_the_recipe_of_finer_evidence_differs_in_nothing_else() -> None:
    """One that drifts apart from the bundled model's would measure something else."""
    fine, plain = read_recipe(RECIPE.with_name("lite0-fine.toml")), read_recipe(RECIPE)
    assert fine.network.own_grids
    assert fine.selection is not None
    assert plain.selection is not None
    assert fine.selection.coarse_penalties == (6.0,)
    network = replace(fine.network, own_grids=False)
    selection = replace(
        fine.selection,
        coarse_penalties=plain.selection.coarse_penalties,
        tap_sets=plain.selection.tap_sets,
    )
    assert replace(fine, name=plain.name, network=network, selection=selection) == plain


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("attribute_penalty = 30.0", "learning_rate = 3e-4", "learning_rate"),
        ("attribute_penalty = 30.0", "lr = 'fast'", "lr"),
        ("attribute_penalty = 30.0", "lr = -1.0", "optim.lr"),
        ("epochs = 0", "epochs = -1", "optim.epochs"),
        ("epochs = 0", "epochs = true", "epochs"),
        ("tap_sets = [[], ", "tap_sets = [[3], ", "selection.tap_sets"),
        ("[[1.0, 0.0, 0.0], ", "[[1.0, 0.0], ", "selection.source_weights"),
        ("[[1.0, 0.0, 0.0], ", "[[0.0, 1.0, 0.0], ", "selection.source_weights"),
        ("penalties = [1000.0, ", "penalties = [0.0, ", "selection.penalties"),
        ("num_folds = 4", "num_folds = 1", "selection.num_folds"),
        ("consistency = 12.0", "consistency = -1.0", "consistency"),
        ("num_recoded = 4", "num_recoded = 0", "augment.num_recoded"),
        ("num_views = 4", "recoded_scale = 1.5", "augment.recoded_scale"),
        ("num_views = 4", "recoded_quality = 0", "augment.recoded_quality"),
        ("seed = 0", "", "seed"),
        ("num_folds = 5", "num_folds = 1", "evaluation.num_folds"),
        ("high = 7", "high = 8", "count_columns"),
        ("mean = [127.0, 127.0, 127.0]", "mean = [127.0]", "mean"),
        ("pretrained = true", "dropout = 1.0", "network.dropout"),
        ("reduce_to_px = 80", "reduce_to_px = -1", "reduce_to_px"),
        ('name = "OASIS, reduced"', 'name = "OASIS"', "source: name"),
        ("[network]", "[network", "TOML"),
    ],
)
def test_a_bad_recipe_names_file_and_field(write, old: str, new: str, field: str) -> None:
    path = write((old, new))
    with pytest.raises(ConfigError) as caught:
        read_recipe(path)
    assert str(path) in str(caught.value)
    assert field in str(caught.value)
    assert "\n" not in str(caught.value).strip() or field == "TOML"


def test_a_missing_recipe(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
