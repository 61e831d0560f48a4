"""The picture in docs/choosing.md: `aesmap top` on a made-up shoot, with bursts and copies in it.

python scripts/choosing_picture.py [--photos demo/shoot] [--output docs/images/top.png]

The shoot is the photographs of `make demo`, some with a smaller copy, some as a burst of frames cut
from one photograph a little apart.
"""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from pathlib import Path

from demo import aesmap_command, sample_photographs
from PIL import ExifTags, Image

BURSTS = {"china": 4, "rocket": 3}
COPIED = ("coffee", "flower")
BEGAN = datetime(2026, 6, 1, 12)


def make_shoot(folder: Path) -> None:
    """Write the photographs, the copies and the frames."""
    sample_photographs(folder)
    for name in COPIED:
        with Image.open(folder / f"{name}.jpg") as photo:
            smaller = photo.resize((photo.width // 2, photo.height // 2))
        smaller.save(folder / f"{name}-small.jpg", quality=70)
    for name, num_frames in BURSTS.items():
        with Image.open(folder / f"{name}.jpg") as photo:
            width, step = round(0.9 * photo.width), photo.width // 50
            frames = [
                photo.crop((number * step, 0, number * step + width, photo.height))
                for number in range(num_frames)
            ]
        (folder / f"{name}.jpg").unlink()
        for number, frame in enumerate(frames):
            exif = Image.Exif()
            taken = BEGAN + timedelta(seconds=number)
            inner = exif.get_ifd(ExifTags.IFD.Exif)
            inner[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
            frame.save(folder / f"{name}-{number + 1}.jpg", quality=95, exif=exif.tobytes())


def main() -> None:
    """Make the shoot and its contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, default=Path("demo/shoot"))
    parser.add_argument("--output", type=Path, default=Path("docs/images/top.png"))
    options = parser.parse_args()
    make_shoot(options.photos)
    aesmap_command("top", options.photos)
    aesmap_command("top", options.photos, "--count", 6, "--output", options.output)


if __name__ == "__main__":
    main()
