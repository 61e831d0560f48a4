"""Near-duplicates: how far changes move a signature, how far apart different photographs are.

    python benchmarks/similar.py [--photos FOLDER ...] [--changed 200] [--speed 100000]

The numbers behind the bounds in ``aesmap.images.moments.similarity`` and docs/choosing.md:

- bits (of 256, and of the coarse 64) by which a photograph differs from itself after a change:
  median, 99 % and the most, over the packaged photographs and ``--changed`` others;
- the same for frames of a made-up burst, cut from one photograph a little apart, turned or zoomed;
- the same for all pairs of different photographs, with the share of pairs that the bounds let pass;
- CPU seconds to group many signatures: unrelated ones, the worst case, and real ones with copies.

Every picture goes through the files, the decoder and the preprocessing that scoring uses. Needs the
extra `demo`; `--photos` are folders of photographs of which no two are the same. The last line is
JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import skimage
import sklearn
from PIL import Image, ImageEnhance

from aesmap.batch.discovery import find_images
from aesmap.images.moments.similarity import (
    MAX_BURST_COARSE,
    MAX_NEAR,
    MAX_NEAR_COARSE,
    Signature,
    photo_signature,
)
from aesmap.images.reading import open_image
from aesmap.loading import load
from aesmap.model.frame_choice import Frame
from aesmap.results.groups import group_photos

PREPROCESSING = load().manifest.preprocessing
_SCIKIT_IMAGE = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "coins.png",
                 "hubble_deep_field.jpg", "motorcycle_left.png", "rocket.jpg")  # fmt: skip
PACKAGED = [
    *(Path(skimage.__file__).parent / "data" / name for name in _SCIKIT_IMAGE),
    *(Path(sklearn.__file__).parent / "datasets/images").glob("*.jpg"),
]


def signature_of(source: str | Path | bytes) -> Signature:
    """As scoring makes it, of the network's input."""
    opened = open_image(source)
    decoded = opened.decode(at_least=PREPROCESSING.decode_size(opened.full_size))
    shape = PREPROCESSING.shape_for(opened.full_size)
    return photo_signature(PREPROCESSING.resize(decoded.rgb, shape))


def distances(one: Signature, other: Signature) -> tuple[int, int]:
    """Bits that differ, of all and of the coarse ones."""
    whole = int.from_bytes(one.bits) ^ int.from_bytes(other.bits)
    return whole.bit_count(), (whole >> 192).bit_count()


def jpeg(image: Image.Image, quality: int = 92) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def part(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """A box given in shares of the picture."""
    width, height = image.size
    return image.crop(
        (round(left * width), round(top * height), round(right * width), round(bottom * height))
    )


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG quality 50": lambda image: jpeg(image, 50),
    "half the size": lambda image: jpeg(image.resize((image.width // 2, image.height // 2))),
    "cut by 1 % on each side": lambda image: jpeg(part(image, 0.01, 0.01, 0.99, 0.99)),
    "cut by 2 % on each side": lambda image: jpeg(part(image, 0.02, 0.02, 0.98, 0.98)),
    "cut by 2 % on two sides": lambda image: jpeg(part(image, 0.02, 0.02, 1, 1)),
    "brightness +10 %": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.1)),
    "brightness -10 %": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(0.9)),
    "contrast +20 %": lambda image: jpeg(ImageEnhance.Contrast(image).enhance(1.2)),
    "black and white": lambda image: jpeg(image.convert("L").convert("RGB")),
}
FRAMES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "moved by 2 %": lambda image: part(image, 0.093, 0.09, 0.933, 0.93),
    "moved by 5 %": lambda image: part(image, 0.114, 0.105, 0.954, 0.945),
    "moved by 10 %": lambda image: part(image, 0.147, 0.13, 0.987, 0.97),
    "turned by 3 degrees": lambda image: part(image.rotate(3), 0.08, 0.08, 0.92, 0.92),
    "zoomed by 10 %": lambda image: part(image, 0.122, 0.122, 0.878, 0.878),
}


def told(name: str, pairs: list[tuple[int, int]]) -> dict[str, object]:
    whole, coarse = (np.array(column) for column in zip(*pairs, strict=True))
    row = {
        kind: [int(np.median(values)), int(np.quantile(values, 0.99)), int(values.max())]
        for kind, values in (("of 256", whole), ("of 64", coarse))
    }
    cells = [" / ".join(map(str, numbers)) for numbers in row.values()]
    print(f"| {' | '.join([name, *cells])} |")
    return {"change": name} | row


def different(signatures: list[Signature]) -> dict[str, float]:
    bits = np.array([np.unpackbits(np.frombuffer(s.bits, np.uint8)) for s in signatures], float)
    upper = np.triu_indices(len(bits), 1)

    def between(columns: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return (columns @ (1 - columns.T) + (1 - columns) @ columns.T)[upper]

    whole, coarse = between(bits), between(bits[:, :64])
    near = (whole <= MAX_NEAR) & (coarse <= MAX_NEAR_COARSE)
    figures = {
        "photographs": len(bits),
        "pairs": len(whole),
        "mean_of_256": float(whole.mean()),
        "sd_of_256": float(whole.std()),
        "nearest_of_256": np.sort(whole)[:4].tolist(),
        "mean_of_64": float(coarse.mean()),
        "sd_of_64": float(coarse.std()),
        "share_called_near": float(near.mean()),
        "share_within_burst_bound": float((coarse <= MAX_BURST_COARSE).mean()),
    }
    print(f"different: {figures}")
    return figures


def grouping_s(signatures: list[Signature]) -> float:
    frames = [Frame(score) for score in np.random.default_rng(0).random(len(signatures)).tolist()]
    names = [f"{number:07}" for number in range(len(signatures))]
    start = time.process_time()
    group_photos(signatures, frames, names, None)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--changed", type=int, default=200)
    parser.add_argument("--speed", type=int, default=100_000)
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    files = [*map(str, sorted(PACKAGED)), *find_images(options.photos)]
    others = files[len(PACKAGED) :]
    some = rng.choice(len(others), min(options.changed, len(others)), replace=False)
    changed = [*files[: len(PACKAGED)], *(others[index] for index in sorted(some))]
    images = [Image.open(path).convert("RGB") for path in changed]
    whole = [signature_of(jpeg(image, 95)) for image in images]
    print(f"| change to {len(images)} photographs | of 256: median / 99 % / most | of 64 |")
    rows = [
        told(name, [distances(a, signature_of(f(i))) for a, i in zip(whole, images, strict=True)])
        for name, f in CHANGES.items()
    ]
    first = [signature_of(jpeg(part(image, 0.08, 0.08, 0.92, 0.92))) for image in images]
    rows += [
        told(
            f"frame {name}",
            [distances(a, signature_of(jpeg(f(i)))) for a, i in zip(first, images, strict=True)],
        )
        for name, f in FRAMES.items()
    ]
    signatures = [signature_of(path) for path in files]
    apart = different(signatures)

    unrelated = [Signature(rng.bytes(32)) for _ in range(options.speed)]
    flips = np.packbits(rng.random((options.speed, 256)) < 0.12, axis=1)
    copies = [
        Signature(bytes(np.frombuffer(signatures[n % len(signatures)].bits, np.uint8) ^ flip))
        for n, flip in enumerate(flips)
    ]
    speed = {"unrelated_s": grouping_s(unrelated), "copies_s": grouping_s(copies)}
    print(f"grouping {options.speed:,}: {speed}")
    print(json.dumps({"changes": rows, "different": apart, "grouping": speed}))


if __name__ == "__main__":
    main()
