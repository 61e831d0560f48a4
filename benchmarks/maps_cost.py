"""What the maps cost over the scores alone.

    python benchmarks/maps_cost.py [--model NAME|PATH] [--runs 100]

The exported graph classifies every cell and pools the maps. There are two ways to get the scores
alone: the same graph with the two steps in the other order, pooling first, which never makes a map;
and the graph as it is, asked for its logit and executed only as far as that needs. All three run
in turn on one thread, on one photograph in each of the model's input shapes, alone and in a batch
of eight. A figure is the median CPU time with maps over that of the faster way without, and the
target is for the mean of the figures to be under 1.05. Needs the extras `train` (onnx) and `demo`.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import helper
from sklearn.datasets import load_sample_image

from aesmap.model.manifest import read_model
from aesmap.model.session import INPUT, OUTPUTS, model_path

TARGET_RATIO = 1.05
BATCH_SIZES = (1, 8)
MAPS = ("evidence", "attribute_maps")
TOLERANCE = 1e-3

Pixels = npt.NDArray[np.float32]


def pooled_first(weights: bytes) -> bytes:
    """The graph without maps: the features are averaged before the head instead of after it."""
    model = onnx.load_from_string(weights)
    graph = model.graph
    producers = {name: node for node in graph.node for name in node.output}
    class_maps = producers["evidence"].input[0]
    head = producers[class_maps]
    if head.op_type != "Conv":
        raise SystemExit(f"the maps come from {head.op_type}, not from a 1x1 convolution")
    pool = helper.make_node("GlobalAveragePool", [head.input[0]], ["pooled_features"])
    head.input[0] = "pooled_features"
    kept = [node for node in graph.node if not set(node.output) & set(MAPS)]
    kept.insert(next(i for i, node in enumerate(kept) if class_maps in node.output), pool)
    del graph.node[:]
    graph.node.extend(kept)
    outputs = [output for output in graph.output if output.name not in MAPS]
    del graph.output[:]
    graph.output.extend(outputs)
    data: bytes = model.SerializeToString()
    return data


def session(weights: bytes) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def cpu_s(run: Callable[[], Any]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a bundled model's name or a path")
    parser.add_argument("--runs", type=int, default=10, help="of each (default 10)")
    arguments = parser.parse_args()
    manifest, weights = read_model(model_path(arguments.model))
    whole, scores = session(weights), session(pooled_first(weights))
    photo = load_sample_image("china.jpg")
    figures = []
    for shape in manifest.preprocessing.shapes:
        single = manifest.preprocessing.normalise(manifest.preprocessing.resize(photo, shape))
        for batch_size in BATCH_SIZES:
            pixels = np.repeat(single[None], batch_size, axis=0)
            figures.append(compare(whole, scores, pixels, arguments.runs))
            print(f"{shape!s:>9} x {batch_size}: {figures[-1]:.3f}")
    ratio = statistics.mean(figures)
    result = {
        "benchmark": "maps_cost",
        "model": manifest.model_id,
        "runs": arguments.runs,
        "ratio": round(ratio, 4),
        "worst_ratio": round(max(figures), 4),
        "target_ratio": TARGET_RATIO,
        "met": ratio < TARGET_RATIO,
    }
    print(json.dumps(result))


def compare(whole: Any, scores: Any, pixels: Pixels, runs: int) -> float:
    """CPU time with maps over that of the faster way to the scores alone."""
    feed = {INPUT: pixels}
    only_needed = ort.RunOptions()
    only_needed.only_execute_path_to_fetches = True
    ways: tuple[Callable[[], Any], ...] = (
        lambda: whole.run(list(OUTPUTS), feed),
        lambda: scores.run(["logit", "attribute_logits"], feed),
        lambda: whole.run(["logit"], feed, only_needed),
    )
    difference = np.abs(ways[0]()[0] - ways[1]()[0]).max()
    if difference > TOLERANCE:
        raise SystemExit(f"the logits of the two graphs differ by {difference:.2g}")
    rounds = [[cpu_s(way) for way in ways] for _ in range(runs + 3)][3:]
    medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
    return medians[0] / min(medians[1:])


if __name__ == "__main__":
    main()
