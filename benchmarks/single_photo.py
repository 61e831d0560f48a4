"""What scoring one 24-megapixel JPEG costs in a fresh process: CPU time and memory.

    python benchmarks/single_photo.py [--runs 7]

The photograph is a packaged one (scikit-learn's "china") enlarged to 6000x4000 with the grain of a
sensor, so that its JPEG is as large as a camera's. Each run is `aesmap score` as a user types it;
what a process costs that only imports the same modules is taken off. Targets: under 1 s of CPU
time beyond imports, a peak of resident memory under 400 MB. Needs the extra `demo`. The last line
is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET_CPU_S = 1.0
TARGET_PEAK_MB = 400.0

# In a process of its own: Linux counts the memory of the process that starts another towards the
# other's peak, so this one must stay small.
MAKE_PHOTO = """
import sys
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image
photo = Image.fromarray(load_sample_image("china.jpg")).resize((6000, 4000), Image.LANCZOS)
grain = np.random.default_rng(0).normal(0, 4, (4000, 6000, 1)).astype(np.float32)
Image.fromarray(np.clip(np.asarray(photo) + grain, 0, 255).astype(np.uint8)).save(
    sys.argv[1], quality=92
)
"""
SCORE = "from aesmap.cli.main import main; main()"
IMPORTS = """
import aesmap.cli.main
import concurrent.futures
import numpy, onnxruntime
import PIL.Image, PIL.ImageCms, PIL.JpegImagePlugin
import aesmap.batch.discovery
import aesmap.analyzer, aesmap.results.store
"""


def cost(code: str, *arguments: str) -> tuple[float, float]:
    """CPU seconds, and the peak of resident memory in MB, of one fresh process."""
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a run ended with exit code {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="of each (default 7)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        subprocess.run([sys.executable, "-c", MAKE_PHOTO, str(photo)], check=True)
        photo_mb = photo.stat().st_size / 1e6
        command = (SCORE, "score", str(photo), "--format", "jsonl")
        cost(*command)
        pairs = [(cost(*command), cost(IMPORTS)) for _ in range(runs)]
    total_s, import_s = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
    peak_mb = max(pair[0][1] for pair in pairs)
    cpu_s = total_s - import_s
    print(f"24 megapixels, {photo_mb:.1f} MB: {total_s:.2f} s CPU, {import_s:.2f} s of it imports")
    print(f"peak resident memory {peak_mb:.0f} MB")
    result = {
        "benchmark": "single_photo",
        "runs": runs,
        "photo_mb": round(photo_mb, 1),
        "cpu_s": round(cpu_s, 3),
        "import_cpu_s": round(import_s, 3),
        "peak_mb": round(peak_mb, 1),
        "target_cpu_s": TARGET_CPU_S,
        "target_peak_mb": TARGET_PEAK_MB,
        "met": cpu_s < TARGET_CPU_S and peak_mb < TARGET_PEAK_MB,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
