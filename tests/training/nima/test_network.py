"""idealo's weights: what is refused, and that the conversion is the network it came from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F

import aesmap
from aesmap.errors import MissingExtraError, ModelError
from aesmap.images.reading import read_image
from aesmap.training.nima.build import PREPROCESSING
from aesmap.training.nima.network import STRIDES, mean_vote, read_nima, vote_shares
from sample_photos import packaged_files
from shared_data import SHARED, needs

WEIGHTS = "nima/weights_mobilenet_aesthetic_0.07.hdf5"


def keras_logits(file: Any, pixels: torch.Tensor) -> npt.NDArray[np.float64]:
    """The original network, operation by operation as Keras has it, in float64."""

    def tensor(key: str) -> torch.Tensor:
        return torch.from_numpy(np.asarray(file[key], dtype=np.float64))

    def convolve(x: torch.Tensor, name: str, stride: int) -> torch.Tensor:
        if "_dw_" in name:
            kernel = tensor(f"{name}/{name}/depthwise_kernel:0").permute(2, 3, 0, 1)
            groups = len(kernel)
        else:
            kernel = tensor(f"{name}/{name}/kernel:0").permute(3, 2, 0, 1)
            groups = 1
        if kernel.shape[-1] == 3:
            x = F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))
        x = F.conv2d(x, kernel, None, stride, groups=groups)
        norm = f"{name}_bn/{name}_bn"
        x = F.batch_norm(
            x,
            tensor(f"{norm}/moving_mean:0"),
            tensor(f"{norm}/moving_variance:0"),
            tensor(f"{norm}/gamma:0"),
            tensor(f"{norm}/beta:0"),
            eps=1e-3,
        )
        return x.clamp(0, 6)

    x = convolve(pixels.double(), "conv1", 2)
    for number, stride in enumerate(STRIDES, start=1):
        x = convolve(convolve(x, f"conv_dw_{number}", stride), f"conv_pw_{number}", 1)
    logits = x.mean(dim=(2, 3)) @ tensor("dense_1/dense_1/kernel:0")
    return np.asarray((logits + tensor("dense_1/dense_1/bias:0")).numpy())


def prepared(path: Path) -> torch.Tensor:
    """A photograph as the judge prepares it: 224 x 224, x / 127.5 - 1."""
    return torch.from_numpy(PREPROCESSING.prepare(read_image(path)))[None]


@needs(WEIGHTS)
def test_the_folded_network_is_the_original() -> None:
    h5py = pytest.importorskip("h5py")
    network = read_nima(SHARED / WEIGHTS)
    with h5py.File(SHARED / WEIGHTS) as file:
        for name in ("coffee", "china", "flower"):
            pixels = prepared(packaged_files()[name])
            with torch.inference_mode():
                pooled = network.backbone(pixels).mean(dim=(2, 3))
                mine = network.logits_of(pooled).numpy()
            np.testing.assert_allclose(mine, keras_logits(file, pixels), rtol=0, atol=1e-3)


@needs(WEIGHTS)
def test_the_bundled_judge_says_the_mean_vote_of_the_original() -> None:
    h5py = pytest.importorskip("h5py")
    judge = aesmap.load("ava")
    with h5py.File(SHARED / WEIGHTS) as file:
        for path in packaged_files().values():
            rating = float(mean_vote(keras_logits(file, prepared(path)))[0])
            assert judge.assess(path).score == pytest.approx(rating, abs=0.15), path.name


@needs(WEIGHTS)
def test_without_h5py_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"aesmap\[train\]"):
        read_nima(SHARED / WEIGHTS)


def test_missing_weights_say_where_they_are_to_be_had(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.hdf5: missing; .*idealo/image-quality-assessment"):
        read_nima(tmp_path / "none.hdf5")


@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n cut short"])
def test_other_weights_are_refused_by_their_hash(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "weights.hdf5"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"weights\.hdf5: its SHA-256 begins with \w{12}, not"):
        read_nima(path)


def test_a_folder_is_no_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_nima(tmp_path)


def test_shares_and_mean_of_logits() -> None:
    logits = np.array([[0.0] * 10, [0.0] * 9 + [1000.0]])
    np.testing.assert_allclose(vote_shares(logits).sum(axis=1), 1)
    np.testing.assert_allclose(mean_vote(logits), [5.5, 10.0])
