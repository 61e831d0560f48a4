"""The pictures of docs/web.md: the single file with packaged photographs, in Chromium, from disk.

python scripts/web_pictures.py [--page aesmap.html] [--output docs/images]

Needs the extra `dev`, Chromium (or $CHROMIUM) and the file, which `make web` builds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from demo import sample_photographs
from page_pictures import NAMES, PHONE, VIEWPORT, opened
from PIL import Image
from playwright.sync_api import sync_playwright
from report_pictures import picture


def pictures(browser: Any, address: str, photos: list[Path], output: Path) -> None:
    """Empty, judged in light and dark, with a crop frame, and on a phone."""
    page = opened(browser, address, [], viewport=VIEWPORT, color_scheme="light")
    picture(page, output / "web-empty.webp")
    page = opened(browser, address, photos, viewport=VIEWPORT, color_scheme="light")
    picture(page, output / "web-light.webp")
    page = opened(browser, address, photos, viewport=VIEWPORT, color_scheme="dark")
    page.click("[data-aspect='16:9']")
    picture(page, output / "web-dark-crop.webp")
    page = opened(browser, address, photos, viewport=PHONE, color_scheme="light", has_touch=True)
    picture(page, output / "web-phone.webp")
    with page.expect_download() as waiting:
        page.locator("[data-save=panel]").click()
    panel = Image.open(waiting.value.path()).convert("RGB")
    panel.save(output / "web-panel.webp", quality=82, method=6)


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=Path("aesmap.html"))
    parser.add_argument("--output", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        sample_photographs(Path(folder))
        photos = [Path(folder) / f"{name}.jpg" for name in NAMES]
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        pictures(browser, arguments.page.resolve().as_uri(), photos, arguments.output)
        browser.close()


if __name__ == "__main__":
    main()
