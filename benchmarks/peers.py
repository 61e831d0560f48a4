"""aesmap beside other tools, one photograph at a time, the way each is used.

    python benchmarks/peers.py [--photos 8] [--rounds 3]

Tools, of which those that are installed are measured and the others named:

- pyiqa (`nima`, Inception-ResNet-v2, and `nima-vgg16-ava`): a score, `metric(path)`;
- grad-cam (GradCAM on torchvision's ResNet-50) and torchcam (LayerCAM on ResNet-18, as in their
  own first examples): a map, of a photograph opened with Pillow and resized to 224;
- aesmap: `analyzer.assess(path)` gives score and map; and the same photographs as one stream.

Networks of other tools have random weights: nothing is downloaded, and speed is the same. Each
tool runs in a process of its own, in turn, several rounds; figures are medians. The first
photograph of a process is not counted. Needs the extra `demo`. The last line is JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from measuring import medians
from photographs import SIZES, make_photos

from aesmap.cores import num_cores

Assess = Callable[[str], Any]


def _pyiqa(name: str) -> Assess:
    import timm

    create = timm.create_model

    def without_weights(*words: Any, **options: Any) -> Any:
        return create(*words, **options | {"pretrained": False})

    timm.create_model = without_weights
    import pyiqa

    metric = pyiqa.create_metric(name, device="cpu", pretrained=False)
    return lambda path: float(metric(path))


def _resized(path: str) -> Any:
    import numpy as np
    from PIL import Image

    return np.float32(Image.open(path).convert("RGB").resize((224, 224))) / 255


def _grad_cam() -> Assess:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import preprocess_image
    from torchvision.models import resnet50

    network = resnet50(weights=None).eval()
    cam = GradCAM(model=network, target_layers=[network.layer4[-1]])
    return lambda path: cam(input_tensor=preprocess_image(_resized(path)), targets=None)


def _torchcam() -> Assess:
    import torch
    from torchcam.methods import LayerCAM
    from torchvision.models import resnet18
    from torchvision.transforms.functional import normalize

    network = resnet18(weights=None).eval()
    extractor = LayerCAM(network, input_shape=(3, 224, 224))

    def assess(path: str) -> Any:
        pixels = torch.from_numpy(_resized(path)).permute(2, 0, 1)
        batch = normalize(pixels, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]).unsqueeze(0)
        scores = network(batch)
        return extractor(scores.squeeze(0).argmax().item(), scores)

    return assess


def _aesmap() -> Assess:
    from aesmap import load

    return load().assess


TOOLS: dict[str, Callable[[], Assess]] = {
    "aesmap": _aesmap,
    "pyiqa nima": lambda: _pyiqa("nima"),
    "pyiqa nima-vgg16-ava": lambda: _pyiqa("nima-vgg16-ava"),
    "grad-cam": _grad_cam,
    "torchcam": _torchcam,
}
STREAM = "aesmap, as a stream"


def measure(tool: str, paths: list[str]) -> dict[str, float]:
    """Seconds and CPU seconds for each photograph, and the peak of memory, of this process."""
    work: Callable[[Iterable[str]], Any]
    if tool == STREAM:
        from aesmap import load

        analyzer = load(num_threads=1)
        work = lambda some: list(analyzer.assess_many(some))  # noqa: E731
    else:
        assess = TOOLS[tool]()
        work = lambda some: [assess(path) for path in some]  # noqa: E731
    work(paths[:1])
    cpu, start = time.process_time(), time.perf_counter()
    work(paths)
    return {
        "ms": 1e3 * (time.perf_counter() - start) / len(paths),
        "cpu_ms": 1e3 * (time.process_time() - cpu) / len(paths),
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the process that started this one
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return float(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def in_own_process(tool: str, paths: list[str]) -> dict[str, float] | str:
    """What :func:`measure` gives, or why it could not."""
    words = [sys.executable, __file__, "--measure", tool, *paths]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode == 0:
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return figures
    return done.stderr.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=8, help="of each timing (default 8)")
    parser.add_argument("--rounds", type=int, default=3, help="of each timing (default 3)")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        tool, *paths = arguments.measure
        print(json.dumps(measure(tool, paths)))
        return
    print(f"{num_cores()} cores, load {os.getloadavg()[0]:.1f}")
    result: dict[str, Any] = {"benchmark": "peers", "cores": num_cores(), "missing": {}}
    with tempfile.TemporaryDirectory() as name:
        for label, size in SIZES.items():
            photos = make_photos(Path(name) / label, size)
            paths = list(itertools.islice(itertools.cycle(photos), arguments.photos))
            result[label] = _side_by_side(paths, arguments.rounds, result["missing"])
    for tool, why in result["missing"].items():
        print(f"{tool}: not measured ({why})")
    for label in SIZES:
        print(
            f"\n{label:<24}{'ms':>10}{'CPU ms':>10}{'peak MB':>10}{'x aesmap':>10}{'x stream':>10}"
        )
        for tool, figures in result[label].items():
            cells = [f"{figures[key]:>10.0f}" for key in ("ms", "cpu_ms", "peak_mb")]
            cells += [f"{figures[key]:>10.2f}" for key in ("over_aesmap", "over_stream")]
            print(f"{tool:<24}{''.join(cells)}")
    print(json.dumps(result))


def _side_by_side(paths: list[str], rounds: int, missing: dict[str, str]) -> dict[str, Any]:
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for tool in ("aesmap", STREAM, *list(TOOLS)[1:]):
            if tool in missing:
                continue
            figures = in_own_process(tool, paths)
            if isinstance(figures, str):
                missing[tool] = figures
            else:
                found.setdefault(tool, []).append(figures)
                print(f"{tool}: {figures['ms']:.0f} ms", file=sys.stderr, flush=True)
    for tool, each in found.items():  # ratios of times of the same round
        for number, figures in enumerate(each):
            figures["over_aesmap"] = figures["ms"] / found["aesmap"][number]["ms"]
            figures["over_stream"] = figures["ms"] / found[STREAM][number]["ms"]
        assert tool not in missing
    return {
        tool: {key: round(value, 2) for key, value in medians(each).items()}
        for tool, each in found.items()
    }


if __name__ == "__main__":
    main()
