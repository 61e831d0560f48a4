"""The pictures of docs/review.md: a shoot made of the packaged photographs, as Chromium shows it.

python scripts/review_pictures.py [--output docs/images]

Needs the extra `dev` and Chromium (or $CHROMIUM).
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from demo import sample_photographs
from PIL import Image, ImageFilter
from playwright.sync_api import Page
from report_pictures import picture, served

VIEWPORT = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
BURST = "china_2.jpg"


def a_shoot(folder: Path) -> None:
    """Windows of the sample photographs, each with its time; and a burst, partly spoilt."""
    samples = folder.with_name("samples")
    sample_photographs(samples)
    folder.mkdir()
    number = 0
    for path in sorted(samples.glob("*.jpg")):
        whole = Image.open(path)
        for left, top in ((0, 0), (0.22, 0.05), (0.1, 0.2), (0.25, 0.22)):
            width, height = whole.size
            box = (left * width, top * height, (left + 0.75) * width, (top + 0.75) * height)
            piece = whole.crop(tuple(map(round, box)))
            taken(piece, folder / f"IMG_{4100 + number}.jpg", f"10:{number:02}:00")
            number += 1
    whole = Image.open(samples / "china.jpg").resize((2400, 1602), Image.Resampling.LANCZOS)
    for frame, radius in enumerate((0, 1.2, 0, 3.5)):
        box = (40 * frame, 20, 2200 + 40 * frame, 1560)
        piece = whole.crop(box).filter(ImageFilter.GaussianBlur(radius))
        taken(piece, folder / f"china_{frame + 1}.jpg", f"12:00:0{frame}")
    shutil.rmtree(samples)


def taken(photo: Image.Image, path: Path, time: str) -> None:
    """Save a photograph with what a camera writes into it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "NIKON CORPORATION", "NIKON D750"
    inner = exif.get_ifd(0x8769)
    inner[0x829A], inner[0x829D], inner[0x8827], inner[0x920A] = 0.004, 8.0, 100, 35.0
    inner[0x9003] = f"2024:05:01 {time}"
    photo.convert("RGB").save(path, quality=92, exif=exif)


def opened(browser: Any, address: str, hash_: str = "", **options: Any) -> Page:
    """The page, with everything scored."""
    page: Page = browser.new_context(**({"viewport": VIEWPORT} | options)).new_page()
    page.goto(address + hash_)
    page.wait_for_selector("html[data-heard]")
    page.wait_for_selector("#scoring", state="hidden")
    page.wait_for_timeout(3000)  # for the bursts of what was scored last
    return page


def pictures(browser: Any, address: str, output: Path) -> None:
    """Every view, in light and dark and on a phone."""
    page = opened(browser, address, color_scheme="light")
    for key in ("3", "x", "p", "x", "ArrowRight", "4", "5", "p", "2", "x"):
        page.keyboard.press(key)
    picture(page, output / "review-sheet-light.webp")
    page.keyboard.press("/")
    page.select_option("[name=decided]", "no")
    page.select_option("[name=sort]", "technical")
    picture(page, output / "review-filter.webp")
    page.close()
    for scheme in ("light", "dark"):
        page = opened(browser, address, f"#view=single&photo={BURST}", color_scheme=scheme)
        picture(page, output / f"review-photo-{scheme}.webp")
        if scheme == "dark":
            page.keyboard.press("Escape")
            picture(page, output / "review-sheet-dark.webp")
        page.close()
    page = opened(browser, address, f"#photo={BURST}", color_scheme="dark")
    page.keyboard.press("c")
    page.wait_for_selector("#panes figure:nth-child(4) img")
    page.mouse.move(420, 250)
    page.keyboard.press(" ")
    picture(page, output / "review-compare.webp")
    page.keyboard.press(" ")
    page.keyboard.press("m")
    picture(page, output / "review-compare-maps.webp")
    page.close()
    page = opened(browser, address, color_scheme="light")
    page.click("#open-write")
    page.click("[data-job=dry]")
    page.wait_for_selector("#outcome:has-text('would change.')")
    picture(page, output / "review-write.webp")
    page.close()
    for name, hash_ in (("sheet", ""), ("photo", f"#view=single&photo={BURST}")):
        options = {"viewport": PHONE, "has_touch": True, "color_scheme": "light"}
        picture(opened(browser, address, hash_, **options), output / f"review-phone-{name}.webp")


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("docs/images"))
    output: Path = parser.parse_args().output
    with tempfile.TemporaryDirectory() as name:
        shoot = Path(name) / "Summer Palace"
        a_shoot(shoot)
        cache = str(Path(name) / "cache")
        with served("review", shoot, XDG_CACHE_HOME=cache) as (browser, address):
            pictures(browser, address, output)


if __name__ == "__main__":
    main()
