"""Contact sheets of crops, to be looked at one by one.

    python benchmarks/crop_sheets.py FOLDER... --output /tmp/sheets [--count 40] [--seed 0]

For each of the ratios own, 1:1, 16:9 and 9:16 so many photographs are drawn at random, none twice,
and cropped; the sheets show the whole photograph with the frame, and beside it the crop, with a
number. What is clearly bad is counted by eye: heads, eyes, spires, hands or subjects that are cut
or lost though a frame of the ratio could hold them. The last line is JSON: the files by ratio, in
the order of their numbers.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import aesmap
from aesmap.batch.discovery import find_images
from aesmap.crop_assessment import propose_crops, run_steps
from aesmap.explain import text_layout
from aesmap.images.reading import open_image

RATIOS = ("own", "1:1", "16:9", "9:16")
ACROSS, DOWN, CELL = 4, 5, (460, 250)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    analyzer = aesmap.load()
    paths = [str(path) for path in find_images(args.photos)]
    order = np.random.default_rng(args.seed).permutation(len(paths))
    drawn: dict[str, list[str]] = {}
    for place, ratio in enumerate(RATIOS):
        chosen = [paths[index] for index in order[place * args.count : (place + 1) * args.count]]
        drawn[ratio] = [Path(path).name for path in chosen]
        for first in range(0, len(chosen), ACROSS * DOWN):
            sheet = Image.new("RGB", (ACROSS * CELL[0], DOWN * CELL[1]), "#222")
            for number, path in enumerate(chosen[first : first + ACROSS * DOWN], first):
                corner = (number - first) % ACROSS * CELL[0], (number - first) // ACROSS * CELL[1]
                draw_pair(sheet, corner, number, path, ratio, analyzer)
            name = f"{ratio.replace(':', 'x')}-{first:02d}.png"
            sheet.save(args.output / name)
            print(args.output / name)
    print(json.dumps({"seed": args.seed} | drawn))


def draw_pair(
    sheet: Image.Image,
    corner: tuple[int, int],
    number: int,
    path: str,
    ratio: str,
    analyzer: aesmap.Analyzer,
) -> None:
    """Draw the photograph with its frame, and the crop."""
    opened = open_image(path, analyzer.limits)
    aspect = None if ratio == "own" else ratio
    _, (crop,) = run_steps(analyzer, propose_crops(analyzer, opened, [aspect], judge=False))
    photo = Image.fromarray(opened.decode().rgb)
    picture = photo.crop(crop.judged.box.as_tuple())
    framed = photo.copy()
    width = max(2, photo.width // 150)
    ImageDraw.Draw(framed).rectangle(crop.judged.box.as_tuple(), outline="#f0f", width=width)
    room = CELL[0] // 2 - 6, CELL[1] - 6
    for left, shown in ((0, framed), (CELL[0] // 2, picture)):
        shown.thumbnail(room)
        sheet.paste(shown, (corner[0] + left + 3, corner[1] + 3))
    font = text_layout.font(18)
    at = corner[0] + 6, corner[1] + CELL[1] - 28
    ImageDraw.Draw(sheet).text(at, str(number), "#0f0", font, stroke_width=2, stroke_fill="#000")


if __name__ == "__main__":
    main()
