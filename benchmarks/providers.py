"""How fast providers and precisions run the model, against ONNX Runtime in float32.

    python benchmarks/providers.py [--int8 lite0-int8.onnx] [--rounds 12] [--threads 1 2]

The model alone, photographs of 288x384 one at a time. Every way takes a run of them in turn in
every round, so that whatever else the machine does weighs on all of them; a run, because that is
how a provider is used, and the first photograph after another network's finds the caches full of
that one (``--run 1``: some hundredths less for int8). Figures are ratios of the medians of CPU
time (of wall-clock time beside it: only on an idle machine do those mean something). Last in the
table stand settings of ONNX Runtime that were tried. int8 is the model of ``aesmap quantise``, the
bundled one where there is one. Needs the extra ``openvino``. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from aesmap.cores import num_cores
from aesmap.errors import AesmapError
from aesmap.model.manifest import read_model
from aesmap.model.ratings import sigmoid
from aesmap.model.session import INPUT, OUTPUTS, Session, bundled_models, model_path
from aesmap.types import Float32Array

TARGET = 2.0
BASE = "cpu fp32"
Way = Callable[[Float32Array], Any]


def photograph() -> Float32Array:
    """A packaged photograph at an input shape: denormals and zeros are as in use."""
    from PIL import Image
    from sklearn.datasets import load_sample_image

    image = Image.fromarray(load_sample_image("china.jpg")).resize((384, 288))
    preprocessing = read_model(model_path())[0].preprocessing
    return preprocessing.normalise(np.asarray(image))[None]


def providers(threads: int, int8: Path | None) -> dict[str, Session]:
    """Every pair of provider and precision that this machine can do."""
    found: dict[str, Session] = {}
    for provider, precision in (
        ("cpu", "fp32"),
        ("openvino", "fp32"),
        ("openvino", "bf16"),
        ("cpu", "int8"),
        ("openvino", "int8"),
        ("cuda", "fp32"),
    ):
        name = f"{provider} {precision}"
        if precision == "int8" and int8 is None:
            print(f"{name}: no int8 model; make one with 'aesmap quantise', or give --int8")
            continue
        model = int8 if precision == "int8" else None
        try:
            found[name] = Session.open(
                model, num_threads=threads, provider=provider, precision=precision
            )
        except AesmapError as error:
            print(f"{name}: {error}")
    return found


def settings(threads: int) -> dict[str, Way]:
    """ONNX Runtime in float32 with one setting changed."""
    weights = read_model(model_path())[1]
    names = list(OUTPUTS)

    def session(level: str = "ORT_ENABLE_ALL", **entries: str) -> Any:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        for name, value in entries.items():
            options.add_session_config_entry(f"session.{name}", value)
        return ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])

    def plain(one: Any) -> Way:
        return lambda pixels: one.run(names, {INPUT: pixels})

    bound = session()

    def with_binding(pixels: Float32Array) -> Any:
        binding = bound.io_binding()
        binding.bind_cpu_input(INPUT, pixels)
        for name in names:
            binding.bind_output(name)
        bound.run_with_iobinding(binding)
        return binding.copy_outputs_to_cpu()

    return {
        "without layout optimisation (EXTENDED)": plain(session("ORT_ENABLE_EXTENDED")),
        "without any optimisation": plain(session("ORT_DISABLE_ALL")),
        "set_denormal_as_zero": plain(session(set_denormal_as_zero="1")),
        "IO binding": with_binding,
    }


def timed(way: Way, pixels: Float32Array, run: int) -> tuple[float, float]:
    """Seconds of CPU and by the clock for one of a run of photographs."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(run):
        way(pixels)
    return (time.process_time() - cpu) / run, (time.perf_counter() - wall) / run


def ratios(
    ways: dict[str, Way], rounds: int, run: int, pixels: Float32Array
) -> dict[str, dict[str, float]]:
    """Each way's speed over that of the first, and its milliseconds."""
    for way in ways.values():
        timed(way, pixels, 3)
    times = [[timed(way, pixels, run) for way in ways.values()] for _ in range(rounds)]
    cpu, wall = (
        [statistics.median(one[index][kind] for one in times) for index in range(len(ways))]
        for kind in (0, 1)
    )
    return {
        name: {
            "cpu_ratio": round(cpu[0] / cpu[index], 3),
            "wall_ratio": round(wall[0] / wall[index], 3),
            "cpu_ms": round(1e3 * cpu[index], 2),
        }
        for index, name in enumerate(ways)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--int8", type=Path, default=bundled_models().get("lite0-int8"))
    parser.add_argument("--rounds", type=int, default=12, help="of every way (default 12)")
    parser.add_argument("--run", type=int, default=10, help="photographs in a turn (default 10)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    pixels = photograph()
    print(f"{num_cores()} cores, {load:.1f} of them busy with something else at the start")
    result: dict[str, Any] = {
        "benchmark": "providers",
        "cores": num_cores(),
        "load_before": round(load, 2),
        "onnxruntime": ort.__version__,
        "rounds": arguments.rounds,
        "run": arguments.run,
        "target": TARGET,
    }
    best = 0.0
    for threads in arguments.threads:
        sessions = providers(threads, arguments.int8)
        ways: dict[str, Way] = {name: session.run for name, session in sessions.items()}
        ways |= settings(threads)
        figures = ratios(ways, arguments.rounds, arguments.run, pixels)
        exact = sessions[BASE].run(pixels).logit[0]
        print(f"\n{threads} thread{'s' * (threads > 1)}, over {BASE}:")
        print(f"{'':40}{'CPU time':>10}{'wall':>8}{'ms CPU':>9}{'z':>9}{'p_high':>9}")
        for name, figure in figures.items():
            line = f"{name:40}{figure['cpu_ratio']:9.2f}x{figure['wall_ratio']:7.2f}x"
            line += f"{figure['cpu_ms']:9.1f}"
            if name in sessions:
                z = sessions[name].run(pixels).logit[0]
                line += f"{z - exact:+9.4f}{float(sigmoid(z) - sigmoid(exact)):+9.4f}"
            print(line)
        result[f"threads_{threads}"] = figures
        best = max(best, *(figures[name]["cpu_ratio"] for name in sessions))
    print(json.dumps(result | {"best": best, "met": best >= TARGET}))


if __name__ == "__main__":
    main()
