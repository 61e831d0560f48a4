"""A small rated set made on the spot: brighter pictures are rated higher."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

RECIPE = """
name = "tiny"
seed = 3
[network]
backbone = "efficientnet_lite0"
pretrained = false
frozen_stages = 5
attributes = ["Sky"]
[input]
shapes = [[64, 64], [64, 96]]
mean = [127.0, 127.0, 127.0]
std = [128.0, 128.0, 128.0]
[augment]
num_views = 1
[optim]
epochs = 1
batch_size = 8
lr = 1e-3
head_lr = 1e-2
probe_penalty = 300.0
[evaluation]
num_folds = 2
seeds = [1]
[[source]]
name = "made"
table = "made/labels.csv"
images = "made"
path_column = "file"
mean_column = "mean"
count_columns = ["c1", "c2", "c3", "c4", "c5"]
group_column = "group"
low = 1
high = 5
threshold = 3.0
tags = "tags.csv"
licence = "none needed"
terms = "made by the tests"
[[held_out]]
name = "made again"
table = "made/labels.csv"
images = "made"
path_column = "file"
mean_column = "mean"
count_columns = ["c1", "c2", "c3", "c4", "c5"]
low = 1
high = 5
threshold = 3.0
licence = "none needed"
terms = "made by the tests"
"""


@pytest.fixture
def rated(tmp_path: Path) -> Path:
    """A folder with recipe.toml, tags.csv and made/: 32 images in 16 groups."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "made"
    folder.mkdir()
    rows = []
    for index in range(32):
        level = index // 8  # 0 to 3
        shape = (72, 96, 3) if index % 2 else (80, 80, 3)
        smooth = rng.normal(40 + 50 * level, 25, (shape[0] // 8, shape[1] // 8, 3))
        pixels = np.kron(smooth, np.ones((8, 8, 1))).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
        counts = [1, 1, 1, 1, 1]
        counts[level + (index % 2)] += 10
        mean = sum((k + 1) * c for k, c in enumerate(counts)) / sum(counts)
        rows.append([f"{index}.png", f"{mean:.4f}", f"g{index // 2}", *counts])
    with (folder / "labels.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["file", "mean", "group", "c1", "c2", "c3", "c4", "c5"])
        writer.writerows(rows)
    tags = "group,present,absent\ng0,Sky,Water\ng1,,Sky\ng9,Sky,\ng12,,Sky\n"
    (tmp_path / "tags.csv").write_text(tags)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path


@pytest.fixture
def prepared(rated: Path):
    torch = pytest.importorskip("torch")
    from aesmap.training.judge import prepared as pipeline

    torch.manual_seed(0)
    return pipeline.prepare(rated / "recipe.toml", rated, rated / "run", log=lambda _: None)
