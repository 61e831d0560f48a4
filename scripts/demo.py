"""The main job on real photographs: a table, explained panels, crops and a contact sheet.

python scripts/demo.py [--output demo] [--photos FOLDER]

Without --photos it takes the colour photographs packaged with scikit-image and scikit-learn.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from PIL import Image

import aesmap
from aesmap.assessment import Assessment
from aesmap.batch.discovery import find_images
from aesmap.explain.contact_sheet import SheetItem, contact_sheets
from aesmap.images.reading import read_image
from aesmap.types import Size

NUM_EXPLAINED = 6
ASPECTS = {"own": None, "16x9": "16:9", "1x1": "1:1"}


def sample_photographs(folder: Path) -> None:
    """Write the packaged colour photographs as JPEGs into ``folder``."""
    from skimage import data
    from sklearn.datasets import load_sample_images

    folder.mkdir(parents=True, exist_ok=True)
    names = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field")
    photos = {name: getattr(data, name)() for name in names}
    photos |= dict(zip(("china", "flower"), load_sample_images().images, strict=True))
    for name, pixels in photos.items():
        Image.fromarray(pixels).save(folder / f"{name}.jpg", quality=95)


def aesmap_command(*arguments: object) -> int:
    """Run the installed command as a user would, showing what is run."""
    words = [str(argument) for argument in arguments]
    print("\n$ aesmap", *words, flush=True)
    code = "from aesmap.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], check=False).returncode


def main() -> None:
    """Make the demo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("demo"))
    parser.add_argument("--photos", type=Path, help="a folder of your own photographs")
    options = parser.parse_args()
    output: Path = options.output
    photos: Path = options.photos or output / "photos"
    if options.photos is None:
        sample_photographs(photos)
    for folder in ("panels", "crops"):
        (output / folder).mkdir(parents=True, exist_ok=True)

    aesmap_command("info")
    failed = aesmap_command("score", photos)
    aesmap_command("score", photos, "--output", output / "scores.csv")

    assessments = [
        assessment
        for assessment in aesmap.load().assess_many(find_images([photos]), on_error="yield")
        if isinstance(assessment, Assessment)
    ]
    assessments.sort(key=lambda assessment: -assessment.p_high)
    for number, sheet in enumerate(
        contact_sheets(
            (
                SheetItem(
                    read_image(v.source, at_least=Size(300, 300)).rgb,
                    Path(v.source).name,
                    v.p_high,
                    v.score,
                    v.uncertain_reason,
                )
                for v in assessments
            ),
            columns=4,
        ),
        start=1,
    ):
        sheet.save(output / f"contact-sheet-{number}.png")
    # The best and the worst are the most worth looking at.
    half = NUM_EXPLAINED // 2
    chosen = (
        assessments
        if len(assessments) <= NUM_EXPLAINED
        else assessments[:half] + assessments[-half:]
    )
    for assessment in chosen:
        photo = Path(assessment.source)
        aesmap_command("explain", photo, "--output", output / f"panels/{photo.stem}.png")
        for name, aspect in ASPECTS.items():
            options_of_crop = ("--aspect", aspect) if aspect else ()
            target = output / f"crops/{photo.stem}-{name}.jpg"
            aesmap_command("crop", photo, *options_of_crop, "--output", target)
    if chosen:
        photo = Path(chosen[0].source)
        strip = output / "panels/maps-to-crops.png"
        aesmap_command("explain", photo, "--layout", "fig7", "--output", strip)
    print(f"\nLook at {output}: contact-sheet-1.png first, then panels/ and crops/; scores.csv")
    sys.exit(failed)


if __name__ == "__main__":
    main()
