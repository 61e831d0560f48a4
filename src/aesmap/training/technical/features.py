"""What technical heads read: per-cell quantities of several blocks of the frozen network.

A head is linear in averages over cells, so its map is exact: mean(map) + bias = logit. Each tap x
gives x and abs(x), taken at the tap's own grid and then averaged down to the last one's: what the
network says for and against something, and how strongly it says either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesmap.model.preprocess import Preprocessing
from aesmap.training.export import to_onnx
from aesmap.training.nets.backbones import Backbone, build_backbone
from aesmap.training.nets.folding import fold_batch_norm
from aesmap.types import Float32Array, Size, UInt8Array

TAPS = (4, 5, 6, 7, 8)
"""Stages of the network that are read: blocks 4 to 7 and the last convolution."""

QUANTITIES = ("value", "magnitude")
_BATCH = 16

PREPROCESSING = Preprocessing(
    shapes=(
        Size(320, 320),
        *(Size(*shape) for shape in ((288, 384), (256, 384), (224, 416), (192, 512))),
        *(Size(*shape) for shape in ((384, 288), (384, 256), (416, 224), (512, 192))),
    ),
    mean=(127.0, 127.0, 127.0),
    std=(128.0, 128.0, 128.0),
)
"""The bundled model's own, as its manifest states it."""


@dataclass(frozen=True)
class Columns:
    """What each of F features is.

    ``tap`` (F,) its stage, ``quantity`` (F,) an index into :data:`QUANTITIES`, ``channel`` (F,).
    """

    tap: npt.NDArray[np.int16]
    quantity: npt.NDArray[np.int16]
    channel: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.tap)

    def of(self, taps: Iterable[int], quantities: Iterable[int]) -> npt.NDArray[np.bool_]:
        """Which features (F,) are of these taps and quantities."""
        return np.isin(self.tap, list(taps)) & np.isin(self.quantity, list(quantities))


class CellQuantities(nn.Module):
    """Pixels (N,3,H,W), normalised, to features of cells (N,F,h,w) on the last stage's grid."""

    def __init__(self, backbone: Backbone, taps: tuple[int, ...] = TAPS) -> None:
        super().__init__()
        fold_batch_norm(backbone.eval())
        self.backbone = backbone.eval()
        self.taps = taps
        with torch.no_grad():
            for parameter in self.backbone.parameters():
                parameter.copy_(parameter.half().float())  # as the exported model stores them
        sizes: list[tuple[int, int]] = []
        columns: list[tuple[int, int, int]] = []
        x = torch.zeros(1, 3, 256, 256)
        with torch.inference_mode():
            for stage in self.backbone.stages:
                x = stage(x)
                sizes.append((x.shape[1], x.shape[-1]))
        self.factors = {tap: sizes[tap][1] // sizes[-1][1] for tap in taps}
        self.last = len(sizes) - 1
        for tap in taps:
            for quantity in (0,) if tap == self.last else (0, 1):
                columns += [(tap, quantity, channel) for channel in range(sizes[tap][0])]
        tap_of, quantity_of, channel_of = np.array(columns, np.int16).T
        self.columns = Columns(tap_of, quantity_of, channel_of)

    def forward(self, x: Tensor) -> Tensor:
        """One pass."""
        found = []
        for number, stage in enumerate(self.backbone.stages):
            x = stage(x)
            if number in self.taps:
                # Behind its ReLU the last stage is its own magnitude.
                of_tap = x if number == self.last else torch.cat([x, x.abs()], dim=1)
                factor = self.factors[number]
                if factor > 1:
                    of_tap = F.avg_pool2d(of_tap, factor, ceil_mode=True, count_include_pad=False)
                found.append(of_tap)
        return torch.cat(found, dim=1)


class CellFeatures:
    """The frozen network with its ImageNet weights, as ONNX Runtime runs it, on one thread."""

    def __init__(self) -> None:
        module = CellQuantities(build_backbone("efficientnet_lite0", pretrained=True)).eval()
        self.columns = module.columns
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(
            to_onnx(module, names=("cells",)), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, rgb: UInt8Array) -> Float32Array:
        """Features of cells (N,F,h,w) of pictures (N,H,W,3) at an input shape."""
        (cells,) = self._session.run(None, {"pixels": PREPROCESSING.normalise(rgb)})
        found: Float32Array = cells
        return found

    def stream(self, pictures: Iterable[UInt8Array]) -> Iterator[Float32Array]:
        """Features (F,h,w) of each picture (H,W,3), in order; equal shapes share a batch."""
        batch: list[UInt8Array] = []
        for picture in pictures:
            if batch and (len(batch) == _BATCH or picture.shape != batch[0].shape):
                yield from self(np.stack(batch))
                batch = []
            batch.append(picture)
        if batch:
            yield from self(np.stack(batch))


def at_input_shape(rgb: UInt8Array) -> UInt8Array:
    """A photograph (H,W,3) as the network sees it, before normalising."""
    return PREPROCESSING.resize(rgb, PREPROCESSING.shape_for(Size(*rgb.shape[:2])))
