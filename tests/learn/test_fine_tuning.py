"""Fine-tuning: where it starts, what it leaves alone, what it repeats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.learn import fine_tuning, pipeline  # noqa: E402
from aesmap.learn.config import read_recipe  # noqa: E402
from aesmap.learn.networks import build_network  # noqa: E402
from aesmap.learn.predict import predict  # noqa: E402
from aesmap.learn.views import augment, make_views, reduce_to  # noqa: E402


@pytest.fixture
def prepared(rated: Path):
    torch.manual_seed(0)
    return pipeline.prepare(rated / "recipe.toml", rated, rated / "run", log=lambda _: None)


@pytest.fixture
def part(prepared):
    return fine_tuning.Part(prepared.sources[0], prepared.views[0], np.arange(32))


def _parameters(network) -> dict:
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def test_the_same_seed_gives_the_same_weights(prepared, part) -> None:
    one = _parameters(fine_tuning.train_network(prepared.recipe, [part], seed=5))
    same = _parameters(fine_tuning.train_network(prepared.recipe, [part], seed=5))
    other = _parameters(fine_tuning.train_network(prepared.recipe, [part], seed=6))
    for name, value in one.items():
        torch.testing.assert_close(same[name], value, rtol=0, atol=0)
    assert any(not torch.equal(other[name], value) for name, value in one.items())


def test_frozen_stages_stay_and_the_rest_moves(prepared, part) -> None:
    torch.manual_seed(5)
    before = _parameters(build_network(prepared.recipe.network))
    after = _parameters(fine_tuning.train_network(prepared.recipe, [part], seed=5))
    start = prepared.recipe.network.frozen_stages
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    stages = {int(name.split(".")[2]) for name in moved if name.startswith("backbone")}
    assert stages == set(range(start, 9))
    assert {"level.weight", "level.bias", "attributes.weight"} <= moved


def test_a_full_share_of_the_probe_is_the_probe(prepared, part) -> None:
    """Its evidence must rank the made pictures it was fitted on."""
    optim = replace(prepared.recipe.optim, probe_share=1.0)
    recipe = replace(prepared.recipe, optim=optim)
    network = fine_tuning.train_network(recipe, [part], seed=5)
    z, attributes = predict(part.views.plain, network, recipe.network.frozen_stages)
    assert np.corrcoef(z, part.images.mean)[0, 1] > 0.8
    assert attributes.shape == (32, 1)
    rows = network.level.weight
    torch.testing.assert_close(rows[0], -rows[1])  # canonical: the pair is centred


def test_predictions_keep_their_order_across_shapes(prepared, part) -> None:
    network = fine_tuning.train_network(prepared.recipe, [part], seed=5)
    start = prepared.recipe.network.frozen_stages
    together, _ = predict(part.views.plain, network, start)
    alone = [predict([one], network, start)[0][0] for one in part.views.plain]
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_stale_caches_are_never_used(rated: Path, prepared) -> None:
    text = (rated / "recipe.toml").read_text()
    (rated / "recipe.toml").write_text(text.replace("num_views = 1", "num_views = 2"))
    again = pipeline.prepare(rated / "recipe.toml", rated, rated / "run", log=lambda _: None)
    assert len(prepared.views[0].augmented) == 1
    assert len(again.views[0].augmented) == 2


def test_views_keep_what_the_recipe_says(rated: Path) -> None:
    config = replace(read_recipe(rated / "recipe.toml").augment, min_area=0.64)
    image = np.random.default_rng(0).integers(0, 255, (100, 150, 3), dtype=np.uint8)
    for seed in range(20):
        view = augment(image, config, np.random.default_rng(seed))
        assert 80 <= view.shape[0] <= 100
        assert view.shape[1] / view.shape[0] == pytest.approx(1.5, abs=0.02)


@pytest.mark.parametrize(
    ("shape", "short_side", "expected"),
    [
        ((100, 150), 40, (40, 60)),
        ((150, 100), 40, (60, 40)),
        ((100, 150), 100, (100, 150)),
        ((100, 150), 400, (100, 150)),  # never enlarged
        ((2, 900), 1, (1, 450)),
        ((900, 1), 1, (900, 1)),
    ],
)
def test_reduced_pictures_keep_their_shape(shape, short_side: int, expected) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert reduce_to(image, short_side).shape == (*expected, 3)


def test_a_reduced_source_is_seen_reduced_and_cached_apart(rated: Path, prepared) -> None:
    """Plain and augmented views lose their detail; the shapes they are served at stay."""
    recipe, images = prepared.recipe, prepared.sources[0]
    backbone = build_network(recipe.network).backbone
    reduced = make_views(replace(images, reduce_to_px=8), recipe, backbone, rated / "cache", True)
    assert reduced.shapes() == prepared.views[0].shapes()
    for own, whole in (
        (reduced.plain, prepared.views[0].plain),
        (reduced.augmented[0], prepared.views[0].augmented[0]),
    ):
        assert not any(torch.equal(a, b) for a, b in zip(own, whole, strict=True))


def test_attribute_heads_are_fitted_on_the_finished_features(prepared, part) -> None:
    """The known images of the tag must be told apart; unknown ones take no part."""
    network = fine_tuning.train_network(prepared.recipe, [part], seed=5)
    _, logits = predict(part.views.plain, network, prepared.recipe.network.frozen_stages)
    sky = part.images.attributes[:, 0]
    assert logits[sky == 1, 0].min() > logits[sky == 0, 0].max()


def test_several_trainings_are_averaged_and_begin_at_one_probe(prepared, part, monkeypatch) -> None:
    values = iter([1.0, 2.0, 6.0])
    begun = []

    def made_up(network, *_: object):
        begun.append(network.level.weight.clone())
        with torch.no_grad():
            value = next(values)
            for parameter in network.parameters():
                parameter.fill_(value)
        return network

    monkeypatch.setattr(fine_tuning, "_fine_tune", made_up)
    monkeypatch.setattr(fine_tuning, "_fit_attributes", lambda *_: None)
    network = fine_tuning.train_network(prepared.recipe, [part], seed=5, num_trainings=3)
    for parameter in network.parameters():
        torch.testing.assert_close(parameter, torch.full_like(parameter, 3.0))
    assert torch.equal(begun[0], begun[1])
    assert torch.equal(begun[0], begun[2])
