"""The pictures of docs/report.md: a report of the packaged photographs, as Chromium shows it.

python scripts/report_pictures.py [--output docs/images]

Needs the extra `dev` and Chromium (or $CHROMIUM).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo import aesmap_command, sample_photographs
from PIL import Image
from playwright.sync_api import Page, sync_playwright

VIEWPORT = {"width": 1280, "height": 800}
ARGUMENTS = ("--no-sandbox", "--headless", "--disable-gpu", "--force-color-profile=srgb")


def a_shoot(folder: Path) -> None:
    """The sample photographs, and a burst of one with what a camera writes into it."""
    sample_photographs(folder)
    photo = Image.open(folder / "china.jpg")
    photo.load()
    for number in range(4):
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "NIKON CORPORATION", "NIKON D750"
        inner = exif.get_ifd(0x8769)
        inner[0x829A], inner[0x829D], inner[0x8827], inner[0x920A] = 0.004, 8.0, 100, 35.0
        inner[0x9003] = f"2024:05:01 10:20:3{number}"
        left = 2 * number
        piece = photo.crop((left, 0, photo.width - 6 + left, photo.height - 4))
        piece.save(folder / (f"china_{number}.jpg"), quality=92, exif=exif)
    (folder / "china.jpg").unlink()


def picture(page: Page, path: Path) -> None:
    """Save what the page shows, once it has settled."""
    page.wait_for_timeout(1500)
    shot = path.with_suffix(".tmp.png")
    page.screenshot(path=str(shot))
    Image.open(shot).convert("RGB").save(path, quality=82, method=6)
    shot.unlink()
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


@contextmanager
def served(*words: object, **environment: str) -> Iterator[tuple[Any, str]]:
    """Give a browser, and the address that a command says it serves on; both end with the block."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    command = [sys.executable, "-c", "from aesmap.cli.main import main; main()", *map(str, words)]
    with sync_playwright() as playwright:
        serving = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | environment,
        )
        try:
            assert serving.stdout is not None
            found = re.search(r"http://\S+/", serving.stdout.readline().decode())
            assert found is not None
            browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
            yield browser, found[0]
            browser.close()
        finally:
            serving.terminate()
            serving.wait()


def pictures(browser: Any, report: Path, output: Path) -> None:
    """Sheet, maps and one photo in light and dark, filters, frames side by side, two on a phone."""
    for scheme in ("light", "dark"):
        page = browser.new_context(viewport=VIEWPORT, color_scheme=scheme).new_page()
        page.goto(report.as_uri())
        page.locator(".card .open").first.focus()
        for key in ("5", "p", "x", "3"):
            page.keyboard.press(key)
        page.evaluate("scrollTo(0, 0)")
        picture(page, output / f"report-sheet-{scheme}.webp")
        page.keyboard.press("e")
        picture(page, output / f"report-maps-{scheme}.webp")
        page.locator(".card .open").first.click()
        page.locator("[data-crop='4:5']").click()
        picture(page, output / f"report-photo-{scheme}.webp")
        page.keyboard.press("Escape")
        page.keyboard.press("e")
        if scheme == "light":
            page.goto(f"{report.as_uri()}#shape=landscape&technical_from=3&sort=technical&crop=1:1")
            page.reload()
            picture(page, output / "report-filters-light.webp")
        else:
            page.locator(".card", has_text="china_").locator(".open").first.click()
            page.keyboard.press("c")
            page.mouse.move(300, 250)
            for key in ("p", "ArrowRight", "x", "ArrowRight", "ArrowRight", " ", "e"):
                page.keyboard.press(key)
            picture(page, output / "report-compare-dark.webp")
        page.close()
    phone = {"width": 390, "height": 844}
    page = browser.new_context(viewport=phone, device_scale_factor=2).new_page()
    page.goto(report.as_uri())
    page.locator(".card .open").first.focus()
    for key in ("5", "p"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    picture(page, output / "report-photo-phone.webp")
    page.keyboard.press("Escape")
    page.locator(".card", has_text="china_").locator(".open").first.click()
    page.keyboard.press("c")
    picture(page, output / "report-compare-phone.webp")
    page.close()


def picture_of_table(browser: Any, report: Path, output: Path) -> None:
    """The page of a table, one of whose photographs is gone."""
    page = browser.new_context(viewport=VIEWPORT).new_page()
    page.goto(report.as_uri())
    picture(page, output / "report-table.webp")
    page.close()


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("docs/images"))
    output: Path = parser.parse_args().output
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        report = Path(name) / "report.html"
        a_shoot(Path(name) / "Summer Palace")
        shoot, table = Path(name) / "Summer Palace", Path(name) / "scores.csv"
        aesmap_command("report", shoot, "--output", report)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        pictures(browser, report, output)
        aesmap_command("score", shoot, "--groups", "--output", table)
        (shoot / "coffee.jpg").unlink()
        aesmap_command("report", "--from", table, "--output", report)
        picture_of_table(browser, report, output)
        browser.close()


if __name__ == "__main__":
    main()
