"""The paper's training: what it repeats, what it leaves alone, and going on after a stop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lightning_fabric import Fabric  # noqa: E402

from aesmap.errors import ConfigError, DatasetError, ModelError, OutputError  # noqa: E402
from aesmap.training.data.rated_set import read_rated_set  # noqa: E402
from aesmap.training.judge.config import NetworkConfig  # noqa: E402
from aesmap.training.network import crop_sources  # noqa: E402
from aesmap.training.network.config import (  # noqa: E402
    CropConfig,
    ObjectiveConfig,
    SolverConfig,
    TrainingRecipe,
)
from aesmap.training.network.input_crops import CachedCrops, ImageCrops  # noqa: E402
from aesmap.training.network.predict import predict_crops  # noqa: E402
from aesmap.training.network.step import TrainingStep  # noqa: E402
from aesmap.training.network.train_network import train_on  # noqa: E402
from aesmap.training.network.trained_on import TrainedOn  # noqa: E402
from aesmap.training.network.trainer import Stopped, TrainingData, train_network  # noqa: E402
from aesmap.training.networks import build_network  # noqa: E402
from ava_folder import make_ava_folder  # noqa: E402

CROPS = CropConfig(resize=(40, 40), crop=32, mean=(127.0,) * 3, std=(128.0,) * 3)
RECIPE = TrainingRecipe(
    name="tiny",
    seed=7,
    network=NetworkConfig(backbone="alexnet", pretrained=False, keep_last_pool=False),
    input=replace(CROPS, resize=(72, 72), crop=64),
    solver=SolverConfig(lr=0.01, epochs=2, batch_size=8),
)


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory):
    folder = make_ava_folder(tmp_path_factory.mktemp("ava"), num_images=40)
    return read_rated_set(f"ava:{folder}")


@pytest.fixture
def data(rated) -> TrainingData:
    images = rated.images
    rows = np.arange(len(images))
    crops = ImageCrops(images.paths, RECIPE.input)
    return TrainingData(images, rows[:28], rows[28:], np.ones(len(images)), crops)


def weights_of(network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_the_same_seed_gives_the_same_weights_and_another_does_not(data) -> None:
    one = weights_of(train_network(RECIPE, data).network)
    assert_same(one, weights_of(train_network(RECIPE, data).network))
    other = weights_of(train_network(replace(RECIPE, seed=8), data).network)
    assert not torch.equal(one["level.weight"], other["level.weight"])


@pytest.mark.parametrize("stop_after", [1, 2, 3, 4, 5])
def test_a_stopped_run_goes_on_to_the_same_weights(data, tmp_path: Path, stop_after: int) -> None:
    """28 images in batches of 8 are 3 steps an epoch: stops inside and at the end of epochs."""
    recipe = replace(RECIPE, network=replace(RECIPE.network, dropout=0.3))
    whole = train_network(recipe, data)
    calls = []

    def should_stop() -> bool:
        calls.append(1)
        return len(calls) == stop_after

    with pytest.raises(Stopped):
        train_network(recipe, data, tmp_path, should_stop=should_stop)
    told = []
    again = train_network(recipe, data, tmp_path, report=told.append)
    assert_same(weights_of(whole.network), weights_of(again.network))
    assert again.history == whole.history
    assert told[0].step == stop_after + 1  # at once, and not after ten steps
    assert told[-1].step == told[-1].num_steps == 6
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]
    finished = train_network(recipe, data, tmp_path)  # nothing is left to do
    assert_same(weights_of(whole.network), weights_of(finished.network))


@pytest.mark.parametrize(("save_every", "goes_on_at"), [(2, 5), (0, 4)])
def test_a_killed_run_goes_on_within_its_epoch(
    data, tmp_path: Path, save_every: int, goes_on_at: int
) -> None:
    """Killed after the second of an epoch's three steps; steps 2, 4 or only 3 were saved."""
    steps = []

    def killed() -> bool:
        steps.append(1)
        if len(steps) == 5:
            raise SystemExit
        return False

    with pytest.raises(SystemExit):
        train_network(RECIPE, data, tmp_path, should_stop=killed, save_every=save_every)
    told = []
    again = train_network(RECIPE, data, tmp_path, report=told.append)
    assert told[0].step == goes_on_at
    assert_same(weights_of(train_network(RECIPE, data).network), weights_of(again.network))


def test_a_run_does_not_go_on_with_other_photographs(data, rated, tmp_path: Path) -> None:
    digests = torch.arange(40, dtype=torch.uint8)[:, None].expand(40, 32)
    rows = (data.training.tolist(), data.validation.tolist())
    told = replace(data, trained_on=TrainedOn.of(rated, digests, *rows))
    train_network(RECIPE, told, tmp_path)
    train_network(RECIPE, told, tmp_path)
    other = replace(data, trained_on=TrainedOn.of(rated, digests + 1, *rows))
    with pytest.raises(ConfigError, match="other photographs"):
        train_network(RECIPE, other, tmp_path)


def test_the_best_epoch_is_chosen_on_validation_rows(data) -> None:
    trained = train_network(replace(RECIPE, solver=replace(RECIPE.solver, epochs=4)), data)
    history = trained.history
    best = max(history, key=lambda f: (f["validation_accuracy"], -f["validation_loss"]))
    assert trained.best_epoch == best["epoch"]
    found = predict_crops(trained.network, data.crops, data.validation.tolist())
    high = data.images.is_high[data.validation]
    assert np.mean((found.crops > 0) == high) == pytest.approx(best["validation_accuracy"])
    loss = np.logaddexp(0.0, np.where(high, -found.crops, found.crops)).mean()
    assert loss == pytest.approx(best["validation_loss"], abs=1e-5)


def test_weights_of_zero_take_an_image_out_of_the_level_loss(data) -> None:
    """w(0:1): an image of weight 0 may have any label."""
    weights = np.ones(len(data.images))
    weights[:14] = 0
    flipped = replace(data.images, mean=np.where(np.arange(40) < 14, 1.0, data.images.mean))
    one = train_network(RECIPE, replace(data, weights=weights)).network
    same = train_network(RECIPE, replace(data, weights=weights, images=flipped)).network
    assert_same(weights_of(one), weights_of(same))
    other = train_network(RECIPE, data).network
    assert not torch.equal(one.level.weight, other.level.weight)


def test_masked_and_negative_tags_differ(data) -> None:
    network = replace(RECIPE.network, attributes=data.images.attribute_names)
    recipes = [
        replace(RECIPE, network=network, objective=ObjectiveConfig(attribute_weight=1.0, unknown=u))
        for u in ("negative", "masked")
    ]
    biases = [train_network(r, data).network.attributes.bias for r in recipes]
    # Few tags are there: as negatives they push every bias down; masked, none can.
    assert biases[0].mean() < -0.01
    assert biases[1].min() >= -1e-6


def test_the_papers_two_maps_are_the_canonical_ones(data) -> None:
    """No gradient moves W_low + W_high: centred at the start it stays 0, and A_low is -E/2."""
    trained = train_network(RECIPE, data)
    low, high = trained.network.level.weight.detach()
    assert float(high.abs().max()) > 1e-3
    torch.testing.assert_close(low, -high, rtol=0, atol=1e-7)
    with torch.inference_mode():
        output = trained.network(torch.randn(2, 3, 64, 64))
    half = output.evidence / 2
    torch.testing.assert_close(output.level_map[:, 0], -half, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(output.level_map[:, 1], half, rtol=1e-4, atol=1e-6)


def test_frozen_features_are_made_once_and_only_if_they_fit(
    rated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`train` used to run the frozen stages again in every epoch; `reproduce` never did."""
    network = replace(RECIPE.network, frozen_stages=2)
    recipe = replace(RECIPE, network=network)
    fabric = Fabric(accelerator="cpu", devices=1)
    told: list[str] = []
    train_on(rated, recipe, tmp_path / "one", fabric=fabric, log=told.append)
    assert told == ["computing once what the 2 frozen stages make of 40 images"]
    (features,) = (tmp_path / "one/cache").glob("crops-*.pt")
    backbone = build_network(network).backbone
    five, whole = torch.load(features)
    size = 2 * (five.numel() + whole.numel())
    assert crop_sources.bytes_per_image(backbone, recipe) * 40 == size
    monkeypatch.setattr(crop_sources, "_MOST_BYTES", size - 1)
    train_on(rated, recipe, tmp_path / "other", fabric=fabric)
    assert not list((tmp_path / "other/cache").glob("crops-*.pt"))


def test_frozen_stages_stay(data) -> None:
    recipe = replace(RECIPE, network=replace(RECIPE.network, frozen_stages=2))
    torch.manual_seed(recipe.seed)
    before = weights_of(build_network(recipe.network))
    after = weights_of(train_network(recipe, data).network)
    for name, value in before.items():
        if value.numel():
            frozen = name.startswith(("backbone.stages.0.", "backbone.stages.1."))
            assert torch.equal(value, after[name]) == frozen, name


def test_batch_norm_that_could_not_be_folded_never_trains(data) -> None:
    step = TrainingStep(RECIPE, data.images, data.weights, 0)
    norm = torch.nn.BatchNorm2d(256)
    step.network.backbone.stages.append(norm)
    step.train()
    assert step.network.training
    assert not norm.training


def test_cached_crops_are_the_crops_of_the_files(rated) -> None:
    config = replace(CROPS, resize=(72, 80), crop=64)
    network = build_network(NetworkConfig(backbone="efficientnet_lite0", pretrained=False))
    paths = rated.images.paths[:6]
    cached = CachedCrops.make(paths, config, network.backbone, 3)
    direct = ImageCrops(paths, config)
    stored = predict_crops(network, cached, range(6))
    fresh = predict_crops(network, direct, range(6))
    np.testing.assert_allclose(stored.crops, fresh.crops, atol=0.02)
    np.testing.assert_allclose(stored.whole, fresh.whole, atol=0.02)
    assert np.ptp(fresh.crops) > 0


def test_a_damaged_image_is_named(rated, data, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(rated.images.paths[3].read_bytes()[:700])
    paths = [*data.images.paths]
    paths[3] = bad
    for workers in (0, 1):
        crops = ImageCrops(paths, RECIPE.input, workers)
        with pytest.raises(DatasetError, match=r"bad\.jpg") as caught:
            train_network(RECIPE, replace(data, crops=crops))
        assert "\n" not in str(caught.value)


def test_what_does_not_fit_is_refused(data, tmp_path: Path) -> None:
    empty = np.zeros(0, dtype=np.intp)
    with pytest.raises(ConfigError, match="0 images to train on"):
        train_network(RECIPE, replace(data, training=empty))
    too_deep = replace(RECIPE, network=replace(RECIPE.network, frozen_stages=99))
    with pytest.raises(ConfigError, match="frozen_stages"):
        train_network(too_deep, data)
    train_network(RECIPE, data, tmp_path)
    other = replace(RECIPE, network=replace(RECIPE.network, backbone="vgg16"))
    with pytest.raises(ConfigError, match=r"another recipe \(network differ\)"):
        train_network(other, data, tmp_path)
    (tmp_path / "last.pt").write_bytes(b"PK\x03\x04 half")
    with pytest.raises(ModelError, match=r"last\.pt"):
        train_network(RECIPE, data, tmp_path)


def test_a_full_disk_keeps_the_checkpoint_before(data, tmp_path: Path, monkeypatch) -> None:
    recipe = replace(RECIPE, solver=replace(RECIPE.solver, epochs=1))
    train_network(recipe, data, tmp_path)
    before = (tmp_path / "last.pt").read_bytes()
    longer = [0]
    real = torch.save

    def full(content, path) -> None:
        longer[0] += 1
        Path(path).write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0")

    from aesmap.training.network import checkpoint

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputError, match="full"):
        checkpoint.save_checkpoint(tmp_path / "last.pt", recipe, {})
    monkeypatch.setattr(torch, "save", real)
    assert (tmp_path / "last.pt").read_bytes() == before
    assert not list(tmp_path.glob(".aesmap-*"))


def test_values_that_run_away_name_the_rate(data, tmp_path: Path) -> None:
    recipe = replace(RECIPE, solver=replace(RECIPE.solver, lr=1e30))
    with pytest.raises(ConfigError, match=r"tiny: solver\.lr: .* lower rate"):
        train_network(recipe, data, tmp_path)
    assert list(tmp_path.iterdir()) == []
