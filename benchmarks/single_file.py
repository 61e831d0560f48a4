"""From a dropped photograph to its first map in the single file: seconds by the page's own clock.

python benchmarks/single_file.py aesmap.html [--megapixels 24] [--rounds 5] [--cpus 0,1]

A noisy JPEG of 3:2 is made of a sample photograph, put into the page with its network started, and
the time is taken from the change of the file field until the map is drawn; then until the crops of
all ratios are judged. Processor seconds are those of all the browser's processes, showing the
photograph itself among them. Chromium runs without a graphics card, its threads on the processors
named. The last line is JSON. Needs the extra `dev` and Chromium (or $CHROMIUM).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

WATCH = """() => {
  window.began = window.drawn = null;
  document.getElementById("choose").addEventListener("change", () => { began = performance.now(); },
    { capture: true, once: true });
  const photo = document.getElementById("photo");
  window.firstMap = new Promise((resolve) => {
    const watcher = new MutationObserver(() => {
      if (began === null || photo.dataset.state !== "done") return;
      if (!document.querySelector(".stage[data-drawn=evidence]")) return;
      watcher.disconnect();
      resolve(performance.now() - began);
    });
    watcher.observe(photo, { subtree: true, attributes: true, childList: true });
  });
}"""


def made_photograph(folder: Path, megapixels: float) -> Path:
    """A JPEG with noise, whose entropy code is as long as a camera's."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    sample = Image.open(Path(spec.origin).parent / "datasets" / "images" / "china.jpg")
    height = round((megapixels * 1e6 / 1.5) ** 0.5 / 16) * 16
    large = sample.resize((height * 3 // 2, height), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).normal(0, 4, (large.height, large.width, 1)).astype(np.int16)
    pixels = (np.asarray(large, np.int16) + noise).clip(0, 255).astype(np.uint8)
    path = folder / f"{megapixels:g}.jpg"
    Image.fromarray(pixels).save(path, quality=92)
    return path


def processor_seconds() -> float:
    """What all processes of the browser have used so far."""
    parents, used = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # gone since
            continue
        number = int(path.parent.name)
        parents[number], used[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    ours = {os.getpid()}
    for _ in range(5):  # generations
        ours |= {number for number, parent in parents.items() if parent in ours}
    return sum(used[number] for number in ours - {os.getpid()}) / os.sysconf("SC_CLK_TCK")


def measured(page: Any, photo: Path) -> tuple[float, float, float]:
    """Seconds to the map and to the crops of one photograph, and processor seconds to the map."""
    page.evaluate(WATCH)
    page.set_input_files("#choose", photo)
    before = processor_seconds()
    first_map = page.evaluate("firstMap") / 1000
    used = processor_seconds() - before
    page.wait_for_selector("[data-aspect]:not(:disabled)")
    return first_map, page.evaluate("performance.now() - began") / 1000, used


def main() -> None:
    """Measure, and print a line for each round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpus", default="0,1")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, map(int, arguments.cpus.split(",")))
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        photo = made_photograph(Path(folder), arguments.megapixels)
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--headless", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(arguments.page.resolve().as_uri())
        page.wait_for_selector("html[data-ready]")
        page.click("#samples")  # which starts the network
        page.wait_for_selector("#queue li:nth-child(3) [data-state=done]")
        page.wait_for_selector("[data-aspect]:not(:disabled)")
        rounds = [measured(page, photo) for _ in range(arguments.rounds)]
        browser.close()
    load = os.getloadavg()[0]
    for first_map, crops, used in rounds:
        print(
            f"map {first_map:.2f} s ({used:.2f} s of processor), crops {crops:.2f} s, {load=:.1f}"
        )
    result = {
        "page_megabytes": round(arguments.page.stat().st_size / 1e6, 2),
        "megapixels": arguments.megapixels,
        "first_map_s": round(statistics.median(r[0] for r in rounds), 3),
        "first_map_least_s": round(min(r[0] for r in rounds), 3),
        "first_map_processor_s": round(statistics.median(r[2] for r in rounds), 3),
        "crops_s": round(statistics.median(r[1] for r in rounds), 3),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
