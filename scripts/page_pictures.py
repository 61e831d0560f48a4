"""The pictures of docs/page.md: the page of `aesmap serve` with packaged photographs, in Chromium.

python scripts/page_pictures.py [--output docs/images]

Needs the extra `dev` and Chromium (or $CHROMIUM).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from demo import sample_photographs
from playwright.sync_api import Page
from report_pictures import picture, served

VIEWPORT = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
NAMES = ("rocket", "china", "flower", "coffee", "chelsea")


def opened(browser: Any, address: str, photos: list[Path], **options: Any) -> Page:
    """The page with photographs in it, the first judged and its crops found."""
    page: Page = browser.new_context(**options).new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    if photos:
        page.set_input_files("#choose", photos)
        page.wait_for_selector("[data-aspect]:not(:disabled)")
        page.wait_for_selector("#queue [data-state=waiting]", state="detached")
    return page


def pictures(browser: Any, address: str, photos: list[Path], output: Path) -> None:
    """Empty, judged in light and dark, with a crop frame, compared, stopped, and on a phone."""
    page = opened(browser, address, [], viewport=VIEWPORT, color_scheme="light")
    picture(page, output / "page-empty.webp")
    for scheme in ("light", "dark"):
        page = opened(browser, address, photos, viewport=VIEWPORT, color_scheme=scheme)
        picture(page, output / f"page-{scheme}.webp")
    page.click("[data-aspect='4:5']")
    picture(page, output / "page-crop.webp")
    page.click("#open-compare")
    picture(page, output / "page-compare-crop.webp")
    page.keyboard.press("Escape")
    page.click("[data-aspect='4:5']")
    page.click("#open-compare")
    page.wait_for_selector("#compared figure:nth-child(2) img[src]")
    page.keyboard.press(" ")
    picture(page, output / "page-compare.webp")
    page = opened(browser, address, [], viewport=VIEWPORT, color_scheme="light")
    page.set_input_files("#choose", [photo for photo in photos for _ in range(6)])
    page.wait_for_selector("#judging span:text-matches('(8|9|[12][0-9]) of 30')", timeout=120_000)
    page.click("#judging button")
    picture(page, output / "page-stopped.webp")
    page = opened(browser, address, photos, viewport=PHONE, color_scheme="light", has_touch=True)
    picture(page, output / "page-phone.webp")
    page.click("#open-compare")
    picture(page, output / "page-phone-compare.webp")


def api_picture(browser: Any, address: str, photo: Path, output: Path) -> None:
    """The page of the API, with an answer."""
    page = browser.new_context(viewport=VIEWPORT, color_scheme="light").new_page()
    page.goto(f"{address}docs#post-v1-crop")
    page.wait_for_selector("html[data-ready]")
    form = page.locator("#post-v1-crop form")
    form.locator("[type=file]").set_input_files(photo)
    form.locator("[name=aspect]").fill("16:9")
    form.locator("[name=format]").select_option("jpeg")
    form.locator("button.strong").click()
    form.locator(".answer img").wait_for()
    picture(page, output / "api-light.webp")


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("docs/images"))
    output: Path = parser.parse_args().output
    with tempfile.TemporaryDirectory() as name:
        sample_photographs(Path(name))
        photos = [Path(name) / f"{photo}.jpg" for photo in NAMES]
        with served("serve", "--port", "0") as (browser, address):
            pictures(browser, address, photos, output)
            api_picture(browser, address, photos[1], output)


if __name__ == "__main__":
    main()
