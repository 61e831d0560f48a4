"""The picture in docs/crop.md: crops of packaged photographs, good, bad and refused.

python scripts/crop_pictures.py [--output docs/images/crops-cases.webp]

Each row is a photograph with the frame, the crop, and what `aesmap crop` says of it. The
photographs are those that come with scikit-image and scikit-learn (NOTICE).
"""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from skimage import data
from sklearn.datasets import load_sample_image

import aesmap
from aesmap.crop_assessment import LEAST_PX
from aesmap.explain import text_layout

CASES = (
    (
        "astronaut",
        "16:9",
        "Good: the head is in, with its hair, and most of the photograph's width.",
    ),
    ("china", "9:16", "Good: the pavilion is whole, and what goes is told."),
    ("rocket", "9:16", "Good as a frame, and a loss, which is said."),
    ("china", "16:9", "Bad: the roof is cut off. No face tells of it, and P(high) does not fall."),
    ("chelsea", "9:16", "Bad: an eye is lost. The detector knows people, and no cats."),
    ("coffee", "40:1", "Refused: under 32 pixels. Nothing is written, and exit code 1 tells."),
)
WIDTH, HEIGHT, TEXT = 300, 200, 420
MARGIN = 12


def photographs() -> dict[str, np.ndarray]:
    """The packaged photographs by name."""
    found = {name: getattr(data, name)() for name in ("astronaut", "coffee", "rocket", "chelsea")}
    return found | {"china": load_sample_image("china.jpg")}


def draw(cases: tuple[tuple[str, str, str], ...]) -> Image.Image:
    """Draw all cases, one below the other."""
    photos, analyzer = photographs(), aesmap.load()
    step = HEIGHT + MARGIN
    size = 2 * (WIDTH + MARGIN) + TEXT + MARGIN, step * len(cases) + MARGIN
    page = Image.new("RGB", size, "white")
    for row, (name, aspect, remark) in enumerate(cases):
        crop = aesmap.crop_photo(photos[name], aspect, analyzer=analyzer)
        box, top = crop.judged.box, MARGIN + row * step
        whole = Image.fromarray(photos[name])
        framed = whole.copy()
        line = max(2, whole.width // 120)
        ImageDraw.Draw(framed).rectangle(box.as_tuple(), outline="#d0006f", width=line)
        written = min(box.width, box.height) >= LEAST_PX
        shown = [framed, *([whole.crop(box.as_tuple())] if written else [])]
        for place, picture in enumerate(shown):
            picture.thumbnail((WIDTH, HEIGHT))
            page.paste(picture, (MARGIN + place * (WIDTH + MARGIN), top))
        words = crop.judged.words if written else f"its {aspect} crop is only {box.size}"
        lines = [f"{name}, {aspect}", *textwrap.wrap(words, 48), "", *textwrap.wrap(remark, 48)]
        left = MARGIN + 2 * (WIDTH + MARGIN)
        pen = ImageDraw.Draw(page)
        for number, text in enumerate(lines):
            pen.text((left, top + 21 * number), text, "black", text_layout.font(16))
    return page


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("docs/images/crops-cases.webp"))
    options = parser.parse_args()
    draw(CASES).save(options.output, quality=80, method=6)


if __name__ == "__main__":
    main()
