"""How many photographs, and how many other pictures, are called unfamiliar.

python benchmarks/familiarity.py --data ../shared/data [--recipe recipes/lite0.toml]
                                 [--update src/aesmap/assets/lite0.json]

Photographs of the recipe's training sources are judged by families fitted without their group
(5 folds). FLMS, the held-out sources and the drawn pictures are judged by those fitted to all.
No family is fitted to anything but photographs. ``--update`` writes the families into a manifest:
what ``aesmap train`` does, without training. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from aesmap.images.reading import read_image
from aesmap.model.manifest import read_model, write_manifest
from aesmap.model.ood import FamiliarityTest
from aesmap.model.preprocess import Preprocessing
from aesmap.training.data.datasets import read_source
from aesmap.training.judge.augment import preprocessing_of
from aesmap.training.judge.config import read_recipe
from aesmap.training.judge.fit_ood import (
    fit_familiarity,
    out_of_fold_distances,
    picture_as_tested,
    samples_of,
)
from aesmap.types import Size

Picture = npt.NDArray[np.uint8]
Draw = Callable[[np.random.Generator], Picture]
WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "photograph",
    "light",
    "colour",
    "shadow",
    "evening",
    "return",
    "import",
    "def",
    "class",
    "value",
    "error",
    "total",
    "amount",
    "date",
    "invoice",
    "settings",
    "file",
    "edit",
    "view",
    "help",
    "user",
    "name",
    "search",
    "cancel",
    "price",
    "report",
    "summary",
    "chapter",
    "section",
    "figure",
    "table",
    "note",
]


def solid(rng: np.random.Generator) -> Picture:
    return np.full((400, 600, 3), rng.integers(0, 256, 3), np.uint8)


def solid_with_grain(rng: np.random.Generator) -> Picture:
    return _to_picture(solid(rng) + rng.normal(0, rng.uniform(0.5, 4), (400, 600, 3)))


def gradient(rng: np.random.Generator) -> Picture:
    y, x = np.mgrid[0:400, 0:600]
    ways = (x / 600, y / 400, np.hypot(y - 200, x - 300) / 361)
    t = ways[rng.integers(3)][..., None]
    return _to_picture(t * rng.integers(0, 256, 3) + (1 - t) * rng.integers(0, 256, 3))


def noise(rng: np.random.Generator) -> Picture:
    """Independent values, grey or coloured, uniform or Gaussian, in squares of 1 to 4 px."""
    side = int(rng.choice([1, 1, 2, 3, 4]))
    size = (320 // side, 480 // side, int(rng.choice([1, 3])))
    values = rng.uniform(0, 256, size) if rng.random() < 0.5 else rng.normal(128, 50, size)
    return _to_picture(np.broadcast_to(values, (*size[:2], 3)).repeat(side, 0).repeat(side, 1))


def blotches(rng: np.random.Generator) -> Picture:
    """Coarse noise, smooth: much like a photograph that is out of focus altogether."""
    side = int(rng.choice([8, 16, 32]))
    coarse = rng.integers(0, 256, (320 // side, 480 // side, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((480, 320), Image.Resampling.BICUBIC))


def text(rng: np.random.Generator) -> Picture:
    width, height = ((900, 1200), (1280, 800), (1080, 1920), (1200, 400))[rng.integers(4)]
    paper, ink = (((255,) * 3, (0,) * 3), ((20, 20, 30), (230,) * 3))[rng.integers(2)]
    image = Image.new("RGB", (width, height), paper)
    draw, size = ImageDraw.Draw(image), int(rng.choice([10, 12, 14, 18, 24, 36]))
    for y in range(20, height - size, int(size * 1.4)):
        if rng.random() < 0.88:
            words = rng.choice(WORDS, rng.integers(2, max(4, width // size // 4)))
            draw.text((20, y), " ".join(words), font=ImageFont.load_default(size), fill=ink)
    return np.asarray(image)


def screenshot(rng: np.random.Generator) -> Picture:
    image = Image.fromarray(text(rng))
    draw, (width, height) = ImageDraw.Draw(image), image.size
    font = ImageFont.load_default(16)
    for _ in range(rng.integers(3, 10)):
        x, y = int(rng.integers(width - 80)), int(rng.integers(height - 60))
        right = x + 40 + int(rng.integers(width // 2))
        box = (x, y, right, y + 20 + int(rng.integers(height // 3)))
        draw.rounded_rectangle(box, 8, fill=_colour(rng), outline=(120,) * 3)
        draw.text((x + 8, y + 6), " ".join(rng.choice(WORDS, 2)), font=font, fill=(0,) * 3)
    draw.rectangle((0, 0, width, 40), fill=_colour(rng))
    draw.text((10, 10), "File  Edit  View  Help", font=font, fill=(255,) * 3)
    return np.asarray(image)


def chart(rng: np.random.Generator) -> Picture:
    image = Image.new("RGB", (800, 600), (255,) * 3)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for level in range(6):
        draw.text((15, 530 - level * 95), str(level * 20), font=font, fill=(0,) * 3)
        draw.line((60, 540 - level * 95, 760, 540 - level * 95), fill=(220,) * 3)
    for number in range(12):
        top = 540 - int(rng.integers(20, 450))
        draw.rectangle((75 + number * 56, top, 115 + number * 56, 540), fill=_colour(rng))
    draw.text((300, 10), "Report of the total amount", font=font, fill=(0,) * 3)
    return np.asarray(image)


def pattern(rng: np.random.Generator) -> Picture:
    side = int(rng.choice([4, 8, 16, 32, 64]))
    y, x = np.mgrid[0:400, 0:600] // side
    mask = ((x + y) if rng.random() < 0.5 else x) % 2 == 0
    return np.where(mask[..., None], _colour(rng), _colour(rng)).astype(np.uint8)


def polygons(rng: np.random.Generator) -> Picture:
    image = Image.new("RGB", (600, 450), _colour(rng))
    for _ in range(rng.integers(3, 25)):
        corners = rng.integers(0, (600, 450), (rng.integers(3, 6), 2))
        ImageDraw.Draw(image).polygon([tuple(c) for c in corners.tolist()], fill=_colour(rng))
    return np.asarray(image)


DRAWN: tuple[Draw, ...] = (
    *(solid, solid_with_grain, gradient, noise, text, screenshot, chart, pattern, polygons),
    blotches,
)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = rng.integers(0, 256, 3).tolist()
    return red, green, blue


def _to_picture(values: npt.ArrayLike) -> Picture:
    return np.asarray(values).clip(0, 255).astype(np.uint8)


def share_unfamiliar(
    test: FamiliarityTest, pictures: Iterable[Picture], preprocessing: Preprocessing
) -> float:
    judged = [
        not test(Size(*rgb.shape[:2]), picture_as_tested(rgb, preprocessing)) for rgb in pictures
    ]
    return float(np.mean(judged))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--recipe", type=Path, default=Path("recipes/lite0.toml"))
    parser.add_argument("--count", type=int, default=100, help="drawn pictures of each kind")
    parser.add_argument("--update", type=Path, help="manifest to write the families into")
    given = parser.parse_args()
    recipe = read_recipe(given.recipe)
    preprocessing = preprocessing_of(recipe)
    sources = [read_source(s, given.data, given.recipe.parent) for s in recipe.source]
    samples = samples_of(sources, preprocessing)
    test = fit_familiarity(samples)
    found: dict[str, float] = {}
    for sample, family in zip(samples, test.families, strict=True):
        beyond = out_of_fold_distances(sample) > family.bound
        found[f"{sample.name} photographs, out of fold ({len(beyond)})"] = float(beyond.mean())
    held_out = {s.name: read_source(s, given.data, given.recipe.parent) for s in recipe.held_out}
    photos = {name: images.paths for name, images in held_out.items()}
    photos["FLMS"] = sorted((given.data / "flms").rglob("*.jpg"))
    for name, paths in photos.items():
        pictures = (read_image(path).rgb for path in paths)
        found[f"{name} ({len(paths)})"] = share_unfamiliar(test, pictures, preprocessing)
    for draw in DRAWN:
        pictures = (draw(np.random.default_rng(seed)) for seed in range(given.count))
        name = draw.__name__.replace("_", " ")
        found[f"{name} ({given.count})"] = share_unfamiliar(test, pictures, preprocessing)
    for name, share in found.items():
        print(f"{name:50s} {share:7.1%} unfamiliar")
    if given.update:
        manifest, _ = read_model(given.update)
        write_manifest(replace(manifest, familiarity=test), given.update)
    print(json.dumps({name: round(share, 4) for name, share in found.items()}))


if __name__ == "__main__":
    main()
