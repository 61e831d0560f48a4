"""A report's photographs side by side and enlarged: they zoom, move and are decided on together."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aesmap.cli.main import main
from browser_files import serious_faults, until

BURST = [f"burst-{number}.jpg" for number in range(6)]


@pytest.fixture(scope="module")
def report(photos: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of six frames of one moment and three other photographs, beside the shoot."""
    shoot = tmp_path_factory.mktemp("compared") / "shoot"
    shoot.mkdir()
    whole = Image.fromarray(photos["flower"]).resize((1800, 1200))
    for number, name in enumerate(BURST):
        whole.rotate(number / 4).save(shoot / name, quality=90)
    for name in ("china", "coffee", "astronaut"):
        Image.fromarray(photos[name]).resize((1800, 1200)).save(shoot / f"{name}.jpg", quality=90)
    with pytest.MonkeyPatch.context() as patch:
        words = ["aesmap", "report", str(shoot), "--output", str(shoot.parent / "shoot.html")]
        patch.setattr(sys, "argv", words)
        main()
    return shoot.parent / "shoot.html"


@pytest.fixture
def browse(open_page: Callable[..., Any], report: Path) -> Callable[..., Any]:
    """Opens a report; nothing may be said on the console or asked of the network at the end."""

    def call(address: str = "", page: Path = report, **options: Any) -> Any:
        opened, watch = open_page(page.as_uri() + address, **options)
        opened.wait_for_selector("html[data-ready]")
        opened.watch = watch
        return opened

    return call


def assert_quiet(page: Any) -> None:
    assert page.watch.errors == []
    assert page.watch.over_the_network == []


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def beside(page: Any) -> list[str]:
    found: list[str] = page.locator("#panes .choose > b").all_text_contents()
    return found


def framed(page: Any) -> str:
    found: str = page.locator("#panes figure.active .choose > b").text_content()
    return found


def focus_on(page: Any, name: str) -> None:
    page.locator(".card", has_text=name).locator(".open").focus()


ORIGINALS = (
    "[...document.querySelectorAll('#panes img')].filter((i) => i.src.startsWith('file:')).length"
)
WIDTH = "document.querySelector('#stage .picture').getBoundingClientRect().width"


def boxes(page: Any, what: str) -> list[dict[str, float]]:
    found = page.locator(f"#panes {what}")
    return [found.nth(number).bounding_box() for number in range(found.count())]


def test_a_burst_side_by_side_zooms_and_moves_together(browse: Any) -> None:
    page = browse(viewport=(1200, 800))
    best = page.locator(".card:has(.burst) .name").text_content()
    focus_on(page, best)
    press(page, "b")  # unfolded: all six lie beside each other
    assert set(BURST) <= set(page.locator(".card .name").all_text_contents())
    focus_on(page, best)
    press(page, "c")
    page.wait_for_selector("#compare[open]")
    shown = beside(page)
    assert len(shown) == 4
    assert set(shown) <= set(BURST)
    assert framed(page) == best
    until(page, f"{ORIGINALS} === 4")
    page.mouse.move(10, 790)  # on no pane
    whole = boxes(page, ".picture")
    press(page, " ")
    until(page, "document.querySelectorAll('#panes .pane.zoomed').length === 4")
    zoomed, panes = boxes(page, ".picture"), boxes(page, ".pane")
    assert zoomed[0]["width"] == pytest.approx(1800, abs=1)  # its own pixels
    assert whole[0]["width"] < 700
    at = [(b["x"] - p["x"], b["y"] - p["y"]) for b, p in zip(zoomed, panes, strict=True)]
    assert all(one == pytest.approx(at[0], abs=1.5) for one in at), "they zoom together"
    page.mouse.move(panes[1]["x"] + 200, panes[1]["y"] + 200)
    page.mouse.down()
    page.mouse.move(panes[1]["x"] + 120, panes[1]["y"] + 150, steps=3)
    page.mouse.up()
    moved = boxes(page, ".picture")
    shifts = [(m["x"] - b["x"], m["y"] - b["y"]) for m, b in zip(moved, zoomed, strict=True)]
    assert shifts[0] == pytest.approx((-80, -50), abs=1.5)
    assert all(one == pytest.approx(shifts[0], abs=1.5) for one in shifts), "and move together"
    press(page, "Shift+ArrowLeft")
    assert boxes(page, ".picture")[0]["x"] > moved[0]["x"] + 50
    press(page, "e")
    until(page, "document.querySelectorAll('#panes canvas.over').length === 4")
    press(page, " ")
    until(page, "document.querySelector('#panes .pane.zoomed') === null")
    until(page, "document.querySelectorAll('#panes canvas:not(.over)').length === 4")
    assert page.locator("#compare-view").input_value() == "evidence"
    press(page, "e")
    until(page, "document.querySelector('#panes canvas') === null")
    assert_quiet(page)


def test_walking_a_burst_that_is_larger_than_the_room(browse: Any) -> None:
    page = browse()
    focus_on(page, page.locator(".card:has(.burst) .name").text_content())
    press(page, "c")
    seen = [framed(page)]
    for _ in range(5):
        press(page, "ArrowRight")
        assert framed(page) in beside(page)
        assert len(beside(page)) == 4
        seen.append(framed(page))
    assert sorted(seen) == BURST, "the arrows lead along all of it"
    press(page, "ArrowRight")
    assert framed(page) == seen[0], "and on from the end to the beginning"
    press(page, "ArrowLeft")
    assert framed(page) == seen[-1]
    assert_quiet(page)


def test_deciding_side_by_side_and_coming_back_by_the_address(browse: Any) -> None:
    page = browse()
    focus_on(page, page.locator(".card:has(.burst) .name").text_content())
    press(page, "c")
    shown = beside(page)
    press(page, "p", "ArrowRight", "x", "ArrowRight", "3")  # none of them leads on by itself
    marks = page.locator("#panes figure .signs").all_text_contents()
    assert marks[:3] == ["✓", "✕", "★★★"]
    assert page.locator("#panes figure.reject").count() == 1
    assert framed(page) == shown[2]
    page.click("#comparing [data-stars='3']")  # again: none
    assert page.locator("#panes figure .signs").nth(2).text_content() == ""
    press(page, "u", "u", "u")
    assert page.locator("#panes figure .signs").nth(1).text_content() == ""
    until(page, "location.hash.includes('with=')")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#compare[open]").count() == 1
    assert beside(page) == shown
    assert page.locator("#panes figure .signs").first.text_content() == "✓"
    press(page, "Escape")
    assert page.locator("#compare[open]").count() == 0
    until(page, "!location.hash.includes('with=')")
    assert_quiet(page)


def test_what_is_selected_is_compared(browse: Any) -> None:
    page = browse()
    focus_on(page, "china.jpg")
    press(page, "s")
    page.locator(".card", has_text="coffee.jpg").locator(".open").click(modifiers=["Control"])
    assert page.locator("#selected").text_content() == "2 photographs selected."
    assert page.locator(".card.selected .chosen-word").all_text_contents() == ["selected"] * 2
    page.click("#open-compare")
    assert set(beside(page)) == {"china.jpg", "coffee.jpg"}
    press(page, "c")
    assert page.locator("#compare[open]").count() == 0
    press(page, "Escape")
    assert page.locator("#selected").text_content() == ""
    focus_on(page, "china.jpg")
    press(page, "c")  # alone of its kind: with the one beside it
    assert len(beside(page)) == 2
    assert "china.jpg" in beside(page)
    assert_quiet(page)


def test_one_photograph_is_enlarged_at_the_pointer(browse: Any) -> None:
    page = browse("#photo=china.jpg", viewport=(1400, 900))
    until(page, "document.querySelector('#stage img')?.src.startsWith('file:')")
    box = page.locator("#stage .picture").bounding_box()
    x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"]

    def point() -> tuple[float, float, float]:
        now = page.locator("#stage .picture").bounding_box()
        return (x - now["x"]) / now["width"], (y - now["y"]) / now["height"], now["width"]

    page.mouse.move(x, y)
    press(page, " ")
    until(page, "document.querySelector('#stage .pane.zoomed') !== null")
    assert point() == pytest.approx((0.3, 0.4, max(1800, 2 * box["width"])), rel=0.02)
    press(page, " ")
    until(page, "document.querySelector('#stage .pane.zoomed') === null")
    widths = [box["width"]]
    for _ in range(3):
        page.mouse.wheel(0, -100)
        until(page, f"{WIDTH} > {widths[-1]} + 1")
        across, down, width = point()
        assert (across, down) == pytest.approx((0.3, 0.4), abs=0.02)
        widths.append(width)
    for _ in range(30):
        page.mouse.wheel(0, -100)
    until(page, f"{WIDTH} > 5000")
    assert point()[2] <= 4 * max(1800, 2 * box["width"]) + 1, "there is an end to it"
    for _ in range(40):
        page.mouse.wheel(0, 100)
    until(page, "document.querySelector('#stage .pane.zoomed') === null")
    press(page, "w")
    page.wait_for_selector("#stage canvas")
    page.click("[data-crop='1:1']")
    page.mouse.click(x, y)  # Space would press the button once more
    page.wait_for_selector("#stage canvas.over")
    crop, picture = (page.locator(f"#stage {one}").bounding_box() for one in (".crop", ".picture"))
    assert crop["height"] == pytest.approx(picture["height"], rel=0.2)
    assert_quiet(page)


def test_a_page_given_away_enlarges_its_thumbnails_and_says_so(
    browse: Any, report: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.html"
    shutil.copy(report, alone)
    page = browse("#photo=china.jpg", alone)
    until(page, "document.querySelector('#stage img') !== null")
    assert page.locator("#stage .note").is_hidden()
    page.wait_for_timeout(300)  # the photograph is looked for
    whole = page.locator("#stage .picture").bounding_box()["width"]
    press(page, " ")
    until(page, "document.querySelector('#stage .pane.zoomed') !== null")
    assert page.locator("#stage .picture").bounding_box()["width"] >= 2 * whole - 1
    assert "thumbnail" in page.locator("#stage .note").inner_text()
    assert all("ERR_FILE_NOT_FOUND" in error for error in page.watch.errors)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(browse: Any, axe_source: str, scheme: str) -> None:
    page = browse(color_scheme=scheme)
    focus_on(page, "china.jpg")
    press(page, "s")
    focus_on(page, "coffee.jpg")
    press(page, "s")
    assert serious_faults(page, axe_source) == []
    press(page, "c", "e")
    page.wait_for_selector("#panes canvas")
    assert serious_faults(page, axe_source) == []
    assert_quiet(page)


def test_a_narrow_screen_shows_them_below_each_other(browse: Any) -> None:
    page = browse(viewport=(360, 740))
    focus_on(page, "china.jpg")
    press(page, "c")
    first, second = boxes(page, "figure")
    assert first["y"] + first["height"] <= second["y"] + 4
    assert page.evaluate("document.getElementById('compare').scrollWidth") <= 360
    assert page.locator("#compare-close").is_visible()
    page.click("#compare-close")
    assert page.locator("#compare[open]").count() == 0
    assert_quiet(page)
