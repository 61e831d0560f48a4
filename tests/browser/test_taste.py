"""The page that asks about pairs, by keyboard; and the page of what was learned."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.taste.pair_file import FILE_NAME
from browser_files import serious_faults, until
from command import served

HOSTILE = "<img src=x onerror=document.title='hacked'>.jpg"


@pytest.fixture(scope="module")
def shoot(photos: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty windows of the ten photographs."""
    folder = tmp_path_factory.mktemp("ask") / "shoot"
    folder.mkdir()
    for name, pixels in photos.items():
        whole = Image.fromarray(pixels)
        whole.thumbnail((600, 600))
        for number in range(4):
            left, top = whole.width * (number % 2) // 3, whole.height * (number // 2) // 3
            piece = whole.crop((left, top, left + whole.width // 2, top + whole.height // 2))
            piece.convert("RGB").save(folder / f"{name}-{number}.jpg", quality=88)
    next(folder.glob("*-0.jpg")).rename(folder / HOSTILE)
    return folder


@pytest.fixture(scope="module")
def address(shoot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a process asks."""
    base = tmp_path_factory.mktemp("mine")
    words = ("taste", "ask", shoot, "--output", base / "mine.taste")
    with served(*words, XDG_CACHE_HOME=str(base / "cache")) as (_, found):
        yield found


def rows(shoot: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(f"file:{shoot / FILE_NAME}?mode=ro", uri=True) as database:
        return database.execute("SELECT left, right, answer FROM answers").fetchall()


def press(page: Any, key: str) -> None:
    page.keyboard.press(key)
    until(page, "!('waiting' in document.documentElement.dataset)")


def shown(page: Any) -> tuple[str, str]:
    return page.locator("#left-name").inner_text(), page.locator("#right-name").inner_text()


def test_a_pair_is_answered_by_keyboard(
    open_page: Callable[..., Any], address: str, shoot: Path, axe_source: str
) -> None:
    page, watch = open_page(address)
    page.wait_for_selector("#right img")
    until(page, "document.querySelector('#right img').naturalWidth > 0")
    assert serious_faults(page, axe_source) == []
    asked = []
    keys = {"ArrowLeft": "left", "ArrowRight": "right", "ArrowDown": "tie", " ": "tie", "s": "skip"}
    for key, answer in keys.items():
        asked.append((*shown(page), answer))
        press(page, key)
    assert rows(shoot) == asked
    assert "4 answers, 2 ties, 1 skipped" in page.locator("#counts").inner_text()
    press(page, "u")
    assert shown(page) == asked[-1][:2]
    assert rows(shoot) == asked[:-1]
    page.click("#left")
    until(page, "!('waiting' in document.documentElement.dataset)")
    assert rows(shoot)[-1] == (*asked[-1][:2], "left")
    # A space on a button that has the focus is one answer.
    page.focus("#right")
    press(page, " ")
    page.wait_for_timeout(200)
    assert len(rows(shoot)) == len(asked) + 1
    page.reload()
    page.wait_for_selector("#right img")
    assert "6 answers" in page.locator("#counts").inner_text()
    assert page.title() != "hacked"
    assert watch.errors == []
    assert all(url.startswith(address) for url in watch.requests if "data:" not in url)


def test_it_can_be_ended_too_early(open_page: Callable[..., Any], address: str) -> None:
    page, _ = open_page(address)
    page.wait_for_selector("#looking", state="hidden", timeout=120_000)
    press(page, "ArrowRight")
    page.click("#finish")
    page.wait_for_selector("#problem:has-text('too few to learn from')")
    # The problem is told before the page is ready again, and a key until then is none.
    until(page, "!('waiting' in document.documentElement.dataset)")
    press(page, "ArrowLeft")
    assert page.locator("#problem").is_hidden()


def test_the_page_of_a_taste_is_for_everybody(
    open_page: Callable[..., Any], axe_source: str, tmp_path: Path
) -> None:
    from aesmap.model.taste import Taste
    from aesmap.taste.page import DifferentPhoto, taste_page

    figures = {
        "pairs": 90,
        "crowd": [0.6, 0.5, 0.7],
        "mine": [0.8, 0.7, 0.9],
        "gain": [0.2, 0.1, 0.3],
    }
    liked = [
        {"name": "<b>Sky</b>", "stars": 0.5, "low": 0.2, "high": 0.8, "photographs": 9},
        {"name": "Water", "stars": -0.1, "low": -0.4, "high": 0.2, "photographs": 7},
    ]
    about = {
        **{"made": "2026-01-01", "photographs": 60, "groups": 30, "grouped_by": "day"},
        **{"stars": {"0": 1, "5": 59}, "held_out": figures, "liked": liked},
    }
    taste = Taste("lite0", "0" * 64, np.ones(4, np.float32), 0, 0, 0, True, learned=about)
    gone = DifferentPhoto({"path": f"/x/{HOSTILE}", "stars": 2, "difference": 1.5}, problem="gone")
    path = tmp_path / "page.html"
    path.write_text(taste_page(taste, {"more": [gone], "less": []}, HOSTILE), encoding="utf-8")
    for options in ({"color_scheme": "dark"}, {"viewport": (390, 844)}):
        page, watch = open_page(path.as_uri(), **options)
        assert serious_faults(page, axe_source) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.title() == HOSTILE
        assert page.locator(".chart text", has_text="<b>Sky</b> (9)").count() == 1
        assert page.locator(".missing").inner_text().count(HOSTILE) == 1
        assert watch.errors == []
        assert watch.over_the_network == []
