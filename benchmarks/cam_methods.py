"""Other explanations beside the model's own map, on the same network, with their cost.

python benchmarks/cam_methods.py --photos ../shared/data/flms/images [--count 48] [--seed 0]

Grad-CAM, Grad-CAM++ and LayerCAM by torchcam, occlusion and integrated gradients by captum
(`pip install torchcam captum`), on a copy of the bundled network in torch. CAMs keep the positive
part alone; for one signed number the two classes' are subtracted. Each is taken of all channels
that the head reads, and of the last convolution alone, where they are taken as a rule. The last
line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from captum.attr import IntegratedGradients, Occlusion
from onnx import numpy_helper
from torch import nn
from torchcam.methods import GradCAM, GradCAMpp, LayerCAM

from aesmap.batch.discovery import find_images
from aesmap.faithfulness import masks, orders
from aesmap.faithfulness.figures import Groups, rank_correlation
from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.imputation import IMPUTATIONS, Imputation
from aesmap.faithfulness.perturbation import FRACTIONS, Photo
from aesmap.faithfulness.sample import drawn, read_photos
from aesmap.faithfulness.summary import area_between, centred
from aesmap.model.manifest import read_model
from aesmap.model.session import Session, model_path

LAST = "hardtanh_32"
NUM_STEPS = 32


class Network(nn.Module):
    """The bundled graph up to what its head reads, node by node, and the head of the level."""

    def __init__(self, graph: onnx.GraphProto, read: str, bias: float) -> None:
        super().__init__()
        self._values = {
            tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy())
            for tensor in graph.initializer
        }
        for name, value in self._values.items():
            if value.dtype == torch.float16:
                self._values[name] = value.float()
        self._nodes = list(graph.node)
        self._read, self._bias = read, bias
        self.last, self.read = nn.Identity(), nn.Identity()  # where CAMs can take hold
        weights = next(v for k, v in self._values.items() if k.removesuffix(".half") == "weight")
        self._weights = weights[:1].reshape(1, -1, 1, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Logits (N,2) of low and high, -z and z, so that their difference is never taken."""
        known: dict[str, torch.Tensor] = {"pixels": pixels, **self._values}
        for node in self._nodes:
            inputs = [known[name] for name in node.input if name in known]
            known[node.output[0]] = self._run(node, inputs)
            if node.output[0] == LAST:
                known[LAST] = self.last(known[LAST])
            if node.output[0] == self._read:
                break
        evidence = F.conv2d(self.read(known[self._read]), self._weights)
        z = evidence.mean(dim=(2, 3)) + self._bias
        return torch.cat([-z, z], dim=1)

    def _run(self, node: onnx.NodeProto, inputs: list[torch.Tensor]) -> torch.Tensor:
        given = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        match node.op_type:
            case "Conv":
                return _convolved(inputs, given)
            case "Clip":
                return inputs[0].clamp(float(inputs[1]), float(inputs[2]))
            case "Add":
                return inputs[0] + inputs[1]
            case "Abs":
                return inputs[0].abs()
            case "Concat":
                return torch.cat(inputs, dim=given["axis"])
            case "Cast":
                return inputs[0].float()
        raise NotImplementedError(node.op_type)


def _convolved(inputs: list[torch.Tensor], given: dict[str, Any]) -> torch.Tensor:
    pixels, weights, *bias = inputs
    stride, pads = given.get("strides", [1, 1]), given.get("pads", [0, 0, 0, 0])
    if given.get("auto_pad", b"NOTSET") == b"SAME_UPPER":
        pads = [0, 0, 0, 0]
        for axis in (0, 1):
            side, kernel = pixels.shape[2 + axis], weights.shape[2 + axis]
            missing = max(0, (-(-side // stride[axis]) - 1) * stride[axis] + kernel - side)
            pads[axis], pads[2 + axis] = missing // 2, missing - missing // 2
    padded = F.pad(pixels, (pads[1], pads[3], pads[0], pads[2]))
    return F.conv2d(
        padded, weights, bias[0] if bias else None, stride=stride, groups=given.get("group", 1)
    )


class Explainers:
    """Maps (h,w) of one photograph's normalised pixels (1,3,H,W), by method."""

    def __init__(self, network: Network, judge: Judge) -> None:
        self._network = network
        self.methods: dict[str, Callable[[Photo, torch.Tensor], np.ndarray]] = {
            "the model's own map": lambda photo, _: judge.maps(photo.picture[None])[0, 0],
        }
        for name, kind in (
            ("Grad-CAM", GradCAM),
            ("Grad-CAM++", GradCAMpp),
            ("LayerCAM", LayerCAM),
        ):
            for where, layer in (("all the head reads", "read"), ("last convolution", "last")):
                self.methods[f"{name}, {where}"] = self._cam(kind, layer)
        self.methods["integrated gradients"] = self._gradients
        self.methods["occlusion"] = self._occlusion

    def _cam(self, kind: Any, layer: str) -> Callable[[Photo, torch.Tensor], np.ndarray]:
        def explain(photo: Photo, pixels: torch.Tensor) -> np.ndarray:
            with kind(self._network, target_layer=layer) as extractor:
                found = []
                for sign in (1, 0):
                    scores = self._network(pixels.requires_grad_())
                    found.append(extractor(sign, scores, normalized=False)[0][0].numpy())
            return (found[0] - found[1]).astype(np.float64)

        return explain

    def _z(self, pixels: torch.Tensor) -> torch.Tensor:
        return self._network(pixels)[:, 1]

    def _baseline(self, photo: Photo, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.mean(dim=(2, 3), keepdim=True).expand_as(pixels)

    def _gradients(self, photo: Photo, pixels: torch.Tensor) -> np.ndarray:
        found = IntegratedGradients(self._z).attribute(
            pixels, self._baseline(photo, pixels), n_steps=NUM_STEPS, internal_batch_size=1
        )
        return _cells(found.detach().sum(dim=1)[0].numpy(), photo)

    def _occlusion(self, photo: Photo, pixels: torch.Tensor) -> np.ndarray:
        window = (3, photo.size.height // photo.grid.height, photo.size.width // photo.grid.width)
        with torch.no_grad():
            found = Occlusion(self._z).attribute(
                pixels, window, strides=window, baselines=self._baseline(photo, pixels)
            )
        pixels_of_cell = window[1] * window[2]
        return _cells(found[:, :1].sum(dim=1)[0].numpy(), photo) / pixels_of_cell


def _cells(values: np.ndarray, photo: Photo) -> np.ndarray:
    """Sums over the pixels of each cell."""
    (h, w), (height, width) = photo.grid, photo.size
    blocks = values.astype(np.float64).reshape(h, height // h, w, width // w)
    return blocks.sum(axis=(1, 3))


def changes(judge: Judge, photo: Photo, gone: list[np.ndarray], impute: Imputation) -> np.ndarray:
    """How z changes without the cells of each mask."""
    rng = np.random.default_rng(0)
    found = []
    for mask in gone:
        shown = impute(photo.picture, orders.pixels_of(mask, photo.size), rng)
        found.append(judge.logits(judge.maps(shown[None]))[0, 0] - photo.logits[0])
    return np.array(found)


def curves(judge: Judge, photo: Photo, order: np.ndarray, impute: Imputation) -> np.ndarray:
    """(2,F), the highest first and the lowest first."""
    gone = [masks.first(order, f, lowest=lowest) for lowest in (False, True) for f in FRACTIONS]
    return changes(judge, photo, gone, impute).reshape(2, -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)

    manifest, weights = read_model(model_path("lite0"))
    assert manifest.head_input is not None
    judge = Judge(Session(manifest, weights, num_threads=1))
    graph = onnx.load_from_string(weights).graph
    network = Network(graph, manifest.head_input.tensor, manifest.level_bias).eval()
    paths = drawn(find_images([options.photos]), options.count, options.seed)
    photos, _ = read_photos(judge, manifest.preprocessing, paths, lambda: None)
    spread = float(np.std([photo.logits[0] for photo in photos]))

    explainers = Explainers(network, judge)
    names = list(explainers.methods)
    areas = {way: np.zeros((len(names), len(photos))) for way in IMPUTATIONS}
    sums = {way: np.zeros((3, len(names), len(photos))) for way in IMPUTATIONS}
    alike, cost = np.zeros((len(names), len(photos))), np.zeros(len(names))
    off = 0.0
    for column, photo in enumerate(photos):
        pixels = torch.from_numpy(manifest.preprocessing.normalise(photo.picture[None]))
        with torch.no_grad():
            off = max(off, abs(float(network(pixels)[0, 1]) - float(photo.logits[0])))
        blocks = masks.blocks(photo.grid, np.random.default_rng([options.seed, column]))
        observed = {
            way: centred(changes(judge, photo, blocks, impute))
            for way, impute in IMPUTATIONS.items()
        }
        for row, name in enumerate(names):
            start = time.process_time()
            found = explainers.methods[name](photo, pixels.clone())
            cost[row] += time.process_time() - start
            alike[row, column] = rank_correlation(found, photo.maps[0])
            said = centred(np.array([-found[block].sum() for block in blocks]))
            for way, impute in IMPUTATIONS.items():
                both = curves(judge, photo, found, impute) / spread
                areas[way][row, column] = area_between(both, FRACTIONS)
                seen = observed[way]
                sums[way][:, row, column] = (said @ said, said @ seen, seen @ seen)
        print(f"{column + 1} of {len(photos)}", flush=True)

    groups = Groups([photo.path for photo in photos])
    print(f"torch against ONNX Runtime: z differs by {off:.1e} at most")
    results = {}
    for row, name in enumerate(names):
        results[name] = {
            "rank_correlation_with_the_map": groups.mean(alike[row]).to_json(),
            "cpu_s": round(cost[row] / len(photos), 4),
        }
        for way in IMPUTATIONS:
            results[name][way] = {
                "area": groups.mean(areas[way][row]).to_json(),
                "less_the_map": groups.mean(areas[way][row] - areas[way][0]).to_json(),
                "r2_of_blocks": groups.squared_correlation(*sums[way][:, row]).to_json(),
            }
        print(name, json.dumps(results[name]))
    print(json.dumps({"photographs": len(photos), "seed": options.seed, "methods": results}))


if __name__ == "__main__":
    main()
