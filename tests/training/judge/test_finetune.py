"""Fine-tuning: where it starts, what it leaves alone, what it repeats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.training.judge import finetune as fine_tuning  # noqa: E402
from aesmap.training.judge import prepared as pipeline  # noqa: E402
from aesmap.training.network.predict import predict  # noqa: E402
from aesmap.training.networks import build_network  # noqa: E402


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


def test_consistency_holds_the_score_still_under_recoding(rated: Path) -> None:
    """The change of z after recoding shrinks against the spread of z."""

    def moved(consistency: float) -> float:
        text = (rated / "recipe.toml").read_text()
        path = rated / "consistent.toml"
        path.write_text(text.replace("[[source]]", f"[[source]]\nconsistency = {consistency}"))
        prepared = pipeline.prepare(path, rated, rated / "run", log=lambda _: None)
        recipe = replace(prepared.recipe, optim=replace(prepared.recipe.optim, epochs=0))
        views = prepared.views[0]
        part = fine_tuning.Part(prepared.sources[0], views, np.arange(32))
        network = fine_tuning.train_network(recipe, [part], seed=5)
        plain, recoded = (
            predict(version, network, recipe.network.frozen_stages)[0]
            for version in (views.plain, views.recoded[0])
        )
        return float(np.abs(recoded - plain).mean() / plain.std())

    assert moved(1000.0) < 0.7 * moved(1e-6)


def test_without_epochs_the_probe_is_the_model(prepared, part) -> None:
    """The backbone stays as it was; the level's head is that of a full share of the probe."""
    torch.manual_seed(5)
    before = _parameters(build_network(prepared.recipe.network))

    def trained(**optim: float) -> dict:
        changed = replace(prepared.recipe, optim=replace(prepared.recipe.optim, **optim))
        return _parameters(fine_tuning.train_network(changed, [part], seed=5))

    after, shared = trained(epochs=0), trained(probe_share=1.0)
    for name, value in after.items():
        if name.startswith("backbone"):
            assert torch.equal(value, before[name]), name
        torch.testing.assert_close(value, shared[name], rtol=1e-4, atol=1e-5)
