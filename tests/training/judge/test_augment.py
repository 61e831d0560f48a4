"""Views: what is seen of each picture before training, and what is kept of it on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.training.judge import prepared as pipeline  # noqa: E402
from aesmap.training.judge.augment import augment, make_views, pooled_views, recode, reduce_to  # noqa: E402
from aesmap.training.judge.config import read_recipe  # noqa: E402
from aesmap.training.network.predict import pool  # noqa: E402
from aesmap.training.networks import build_network  # noqa: E402


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
    reduced = make_views(
        replace(images, reduce_to_px=8), recipe, backbone, rated / "cache", augmented=True
    )
    assert reduced.shapes() == prepared.views[0].shapes()
    for own, whole in (
        (reduced.plain, prepared.views[0].plain),
        (reduced.augmented[0], prepared.views[0].augmented[0]),
    ):
        assert not any(torch.equal(a, b) for a, b in zip(own, whole, strict=True))


def test_recoded_pictures_are_whole_smaller_and_coarser(rated: Path) -> None:
    config = replace(read_recipe(rated / "recipe.toml").augment, recoded_scale=0.5)
    rows, columns = np.mgrid[:100, :150]
    image = np.stack([rows * 2, columns, rows + columns], axis=2).astype(np.uint8)
    for seed in range(20):
        view = recode(image, config, np.random.default_rng(seed))
        assert 50 <= view.shape[0] <= 100
        assert view.shape[1] / view.shape[0] == pytest.approx(1.5, abs=0.02)
        corners = view[[0, 0, -1, -1], [0, -1, 0, -1]].astype(int)
        whole = image[[0, 0, -1, -1], [0, -1, 0, -1]].astype(int)
        assert np.abs(corners - whole).max() < 20  # nothing cut off
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    unresized = replace(config, recoded_scale=1.0)
    one, same, other = (recode(noise, unresized, np.random.default_rng(s)) for s in (1, 1, 2))
    assert one.shape == noise.shape
    assert np.abs(one.astype(int) - noise).mean() > 1
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_only_a_source_with_a_consistency_is_recoded(rated: Path, prepared) -> None:
    assert prepared.views[0].recoded == []
    text = (rated / "recipe.toml").read_text()
    path = rated / "consistent.toml"
    path.write_text(text.replace("[[source]]", "[[source]]\nconsistency = 2.0"))
    again = pipeline.prepare(path, rated, rated / "run", log=lambda _: None)
    assert len(again.views[0].recoded) == again.recipe.augment.num_recoded == 2
    assert [tuple(one.shape) for one in again.views[0].recoded[0]] == again.views[0].shapes()
    first, second = again.views[0].recoded
    assert not any(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert all(not view.recoded for view in again.held_out_views)


def test_pooled_features_are_kept_for_one_network_alone(prepared, monkeypatch) -> None:
    """Again from the disk for the same weights and taps; for others, others."""
    views, config = prepared.views[0], prepared.recipe.network
    start = config.frozen_stages
    torch.manual_seed(1)
    network = build_network(config)
    plain, _ = pooled_views(views, network, start, 1)
    np.testing.assert_array_equal(plain[0], pool(views.plain, network, start))
    assert len(plain) == 2
    torch.manual_seed(1)
    tapped = build_network(replace(config, taps=(6,)))
    torch.manual_seed(1)
    magnitudes = build_network(replace(config, taps=(6,), tap_magnitudes=True))
    torch.manual_seed(2)
    other = build_network(config)
    widths = [pooled_views(views, one, start, 1)[0][0].shape[1] for one in (tapped, magnitudes)]
    assert plain[0].shape[1] < widths[0] < widths[1]
    assert not np.array_equal(pooled_views(views, other, start, 1)[0][0], plain[0])

    def never(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("aesmap.training.judge.augment.pool", never)
    np.testing.assert_array_equal(pooled_views(views, network, start, 1)[0][0], plain[0])
