"""The page of recipes tells of every field, and recipes may begin with another."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from aesmap.errors import ConfigError
from aesmap.training.judge.config import Recipe
from aesmap.training.network.config import (
    TrainingRecipe,
    packaged_recipe,
    read_training_recipe,
)
from aesmap.training.recipe_files import tables_in

ROOT = Path(__file__).parents[2]
BACKBONES = ("alexnet", "vgg16", "efficientnet_lite0")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import recipe_page

    yield recipe_page
    sys.modules.pop("recipe_page")


def test_every_field_has_a_type_a_default_and_a_meaning(page) -> None:
    text = page.recipe_page()
    assert "These come along: `alexnet-aesatt-w`, " in text.replace("\n", " ")
    configs = [TrainingRecipe, Recipe]
    while configs:
        config = configs.pop()
        inner = tables_in(config)
        configs += inner.values()
        for field in dataclasses.fields(config):
            if field.name in inner:
                continue
            assert page.meaning_of(config, field.name), f"{config.__name__}.{field.name}"
            assert f"\n| `{field.name}` | " in text


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_papers_four_variants_come_along(backbone: str) -> None:
    plain = read_training_recipe(packaged_recipe(backbone))
    for suffix, attributes, outside in (
        ("-w", (), 6.0),
        ("-aesatt", ("*",), 1.0),
        ("-aesatt-w", ("*",), 6.0),
    ):
        found = read_training_recipe(packaged_recipe(backbone + suffix))
        assert found.name == backbone + suffix
        assert (found.network.attributes, found.weighting.outside) == (attributes, outside)
        assert (found.objective.attribute_weight > 0) == bool(attributes)
        # All else is the plain one's.
        assert found.solver == plain.solver
        assert found.input == plain.input
        assert found.objective.unknown == plain.objective.unknown
        assert dataclasses.replace(found.network, attributes=()) == plain.network


def test_a_recipe_may_begin_with_another(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'extends = "vgg16-w"\nname = "mine"\n[solver]\nepochs = 2\n'
    )
    (tmp_path / "next.toml").write_text('extends = "mine.toml"\nseed = 5\n')
    found, base = (
        read_training_recipe(tmp_path / "next.toml"),
        read_training_recipe(packaged_recipe("vgg16-w")),
    )
    assert (found.name, found.seed, found.solver.epochs) == ("mine", 5, 2)
    assert dataclasses.replace(found.solver, epochs=base.solver.epochs) == base.solver
    assert found.weighting == base.weighting


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('extends = "vgg17"', "no recipe comes with this name"),
        ('extends = "odd.toml"', "extends this recipe in turn"),
        ('extends = "gone.toml"', r"gone\.toml: cannot be read"),
        ("extends = 3", "expected the name of a recipe, not 3"),
        ('extends = "vgg16"\nsolver = 3', "solver"),
    ],
)
def test_what_cannot_be_extended_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "odd.toml").write_text(text)
    with pytest.raises(ConfigError, match=told):
        read_training_recipe(tmp_path / "odd.toml")
