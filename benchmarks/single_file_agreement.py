"""z of the single file against Python's: photographs as they are, and large JPEGs made of them.

python benchmarks/single_file_agreement.py aesmap.html

Python has large JPEGs decoded at reduced scale, a browser in full; here is what that costs. Eight
packaged photographs are brought to 3,200 and 6,400 pixels, made noisy, and saved with colours of
full and of half resolution (quality 90, seed 1). The last line is JSON. Needs the extra `dev` and
Chromium (or $CHROMIUM).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import aesmap

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from sample_photos import packaged_files

NAMES = ("china", "flower", "astronaut", "chelsea", "coffee", "motorcycle", "rocket", "hubble")
KINDS = ((3200, 2), (3200, 0), (6400, 2))
"""Pixels of the longer side, and Pillow's word for the resolution of colours: 2 is a half."""


def large(path: Path, longer: int, subsampling: int, folder: Path) -> Path:
    """A noisy enlargement whose sides are multiples of 16."""
    photo = Image.open(path).convert("RGB")
    scale = longer / max(photo.size)
    width, height = (round(side * scale) // 16 * 16 for side in photo.size)
    pixels = np.asarray(photo.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    noise = np.random.default_rng(1).normal(0, 3, (height, width, 1)).astype(np.int16)
    made = Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))
    target = folder / f"{path.stem}-{longer}-{subsampling}.jpg"
    made.save(target, quality=90, subsampling=subsampling)
    return target


def logit_on(page: Any, photo: Path) -> float:
    """What the page says, from the numbers that it saves."""
    page.set_input_files("#choose", photo)
    page.wait_for_selector(f"#name:text-is('{photo.name}')")
    page.wait_for_selector("#photo[data-state=done]")
    with page.expect_download() as waiting:
        page.click("[data-save=json]")
    said = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    page.click("#remove")
    return float(said["logit"])


def main() -> None:
    """Compare, a line for each photograph."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    address = parser.parse_args().page.resolve().as_uri()
    python = aesmap.load()
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    differences: dict[str, list[float]] = {"as they are": [], "reduced": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--headless", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        for name in NAMES:
            path = packaged_files()[name]
            photos = {"as they are": [] if name == "rocket" else [path]}  # its profile is Adobe's
            photos["reduced"] = [large(path, *kind, Path(folder)) for kind in KINDS]
            for kind, paths in photos.items():
                for photo in paths:
                    difference = logit_on(page, photo) - python.assess(photo).logit
                    differences[kind].append(difference)
                    print(f"{photo.name}: {difference:+.1e}", flush=True)
        browser.close()
    result = {
        kind: {
            "photographs": len(found),
            "root_mean_square": float(f"{np.sqrt(np.mean(np.square(found))):.2g}"),
            "largest": float(f"{np.abs(found).max():.2g}"),
        }
        for kind, found in differences.items()
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
