"""Cached features are made once, and again when anything they depend on has changed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from aesmap.training.judge.config import NetworkConfig  # noqa: E402
from aesmap.training.judge.feature_cache import cache_file, kept, weights_digest  # noqa: E402


def test_features_are_made_again_only_when_something_changed(tmp_path: Path) -> None:
    photo, weights = tmp_path / "a.png", tmp_path / "w.pt"
    photo.write_bytes(b"one")
    weights.write_bytes(b"one")
    network = NetworkConfig(backbone="alexnet", weights=str(weights), frozen_stages=2)
    made = 0

    def features(config: NetworkConfig = network, setting: int = 1) -> float:
        def make() -> tuple[torch.Tensor, list[torch.Tensor]]:
            nonlocal made
            made += 1
            return torch.tensor([float(made)]), [torch.zeros(2)]

        first, _ = kept(cache_file(tmp_path / "cache", "f", config, [photo], [setting]), make)
        return float(first)

    assert features() == features() == 1
    # Neither the heads nor what they see change what the frozen stages give.
    other_heads = replace(network, dropout=0.5, attributes=("Sky",), taps=(3,), own_grids=True)
    assert features(other_heads) == 1
    assert features(setting=2) == 2
    assert features(replace(network, frozen_stages=1)) == 3
    for number, file in enumerate((photo, weights), start=4):
        os.utime(file, ns=(0, number))  # of the same name and size, changed
        assert features() == number
    assert features() == 5


def test_the_digest_tells_weights_apart() -> None:
    torch.manual_seed(0)
    one, other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    assert weights_digest(one) != weights_digest(other)
    other.load_state_dict(one.state_dict())
    assert weights_digest(one) == weights_digest(other)
    with torch.no_grad():
        other.bias[1] += 1e-6
    assert weights_digest(one) != weights_digest(other)
