"""The page of `aesmap serve` with several photographs: sorted, compared, stopped and taken away."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.columns import FILE_COLUMNS
from aesmap.loading import load
from aesmap.results.readers import read_rows
from browser_files import serious_faults, until
from page_in_browser import downloaded, in_view, names

Browse = Callable[..., Any]
JUDGE = "**/v1/assess?maps=true"
THREE = ("china", "flower", "coffee")


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    """The bundled model."""
    return load(num_threads=1)


def test_sorted_and_stepped_through(three: Any, analyzer: Analyzer, files: dict[str, Path]) -> None:
    said = {f"{name}.jpg": analyzer.assess(files[name]) for name in THREE}
    three.select_option("#sort", "score")
    by_score = sorted(said, key=lambda name: -said[name].score)
    assert names(three) == by_score
    three.select_option("#sort", "technical")
    assert names(three) == sorted(said, key=lambda name: -said[name].technical.score)  # type: ignore[union-attr]
    badge = three.locator("#queue li:first-child b").inner_text()
    assert badge == f"{max(one.technical.score for one in said.values() if one.technical):.1f}"
    three.select_option("#sort", "name")
    assert names(three) == sorted(said)
    three.select_option("#sort", "score")
    three.click("#queue li:first-child button")
    for place in (1, 2, 2):
        three.keyboard.press("ArrowRight")
        assert in_view(three) == by_score[place]
    three.keyboard.press("Home")
    assert in_view(three) == by_score[0]
    three.locator(".divider").press("ArrowRight")  # the divider takes its arrows itself
    assert in_view(three) == by_score[0]


def centre_of(page: Any, number: int) -> tuple[float, float]:
    """The point of the photograph, 0 to 1, that is in the middle of a pane."""
    pane = page.locator("#compared .pane").nth(number).bounding_box()
    image = page.locator("#compared img").nth(number).bounding_box()
    return (
        (pane["x"] + pane["width"] / 2 - image["x"]) / image["width"],
        (pane["y"] + pane["height"] / 2 - image["y"]) / image["height"],
    )


def test_two_zoom_and_move_together(three: Any) -> None:
    three.click("#open-compare")
    assert three.locator("#compared p").all_text_contents()[0].startswith("score ")
    three.wait_for_selector("#compared figure:nth-child(2) img[src]")
    whole = three.locator("#compared img").nth(1).bounding_box()["width"]
    pane = three.locator("#compared .pane").first.bounding_box()
    three.mouse.click(pane["x"] + 0.4 * pane["width"], pane["y"] + 0.5 * pane["height"])
    until(three, "document.querySelectorAll('#compared .pane.zoomed').length === 2")
    assert three.locator("#compared img").nth(1).bounding_box()["width"] > 1.9 * whole
    assert centre_of(three, 0) == pytest.approx(centre_of(three, 1), abs=0.01)
    before = centre_of(three, 1)
    three.mouse.move(pane["x"] + 200, pane["y"] + 200)
    three.mouse.down()
    three.mouse.move(pane["x"] + 150, pane["y"] + 180, steps=3)
    three.mouse.up()
    after = centre_of(three, 1)
    assert after[0] > before[0] + 0.01
    assert after == pytest.approx(centre_of(three, 0), abs=0.01)
    three.locator("#compared .pane").nth(1).press("ArrowLeft")
    assert centre_of(three, 0)[0] < after[0]
    three.locator("[data-act=zoom]").press("Enter")
    until(three, "document.querySelector('#compared .pane.zoomed') === null")
    three.keyboard.press("ArrowRight")
    assert three.locator("#compared select").nth(2).evaluate("(s) => s.selectedIndex") == 2
    three.keyboard.press("Escape")
    assert three.locator("#compare").is_hidden()
    assert in_view(three) == "china.jpg"


@pytest.mark.slow
def test_a_photo_beside_its_crop_shows_the_same_place(three: Any) -> None:
    three.click("[data-aspect='4:5']:not(:disabled)")
    said = three.locator(".after b").inner_text()
    three.click("#open-compare")
    three.wait_for_selector(f"#compared figure:nth-child(2) p:has-text('{said} by itself')")
    image, picture = (
        three.locator(f"#compared figure:nth-child(2) {what}").bounding_box()
        for what in ("img", ".picture")
    )
    assert picture["width"] / picture["height"] == pytest.approx(0.8, abs=0.01)
    assert image["width"] > picture["width"] + 20
    # In the middle of the crop, so that neither pane comes to an edge.
    three.mouse.click(picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2)
    until(three, "document.querySelectorAll('#compared .pane.zoomed').length === 2")
    across = [centre_of(three, number)[0] for number in (0, 1)]
    assert across[0] == pytest.approx(across[1], abs=0.02)


def test_the_table_is_that_of_the_command(
    browse: Browse, files: dict[str, Path], analyzer: Analyzer, tmp_path: Path
) -> None:
    formula = tmp_path / '=a,"b".jpg'
    formula.write_bytes(files["flower"].read_bytes())
    page = browse([files["china"], files["broken"], formula])
    page.wait_for_selector("#queue li:nth-child(3) [data-state=done]")
    name, data = downloaded(page, "#save-table")
    assert name == "aesmap-scores.csv"
    table = tmp_path / "page.csv"
    table.write_bytes(data)
    assert tuple(data.decode().splitlines()[0].split(",")) == FILE_COLUMNS
    china, broken, flower = read_rows(table, "csv")
    assert [row["path"] for row in (china, broken, flower)] == [
        "china.jpg",
        "notes.jpg",
        './=a,"b".jpg',
    ]
    assert broken["score"] is None
    assert "no photograph" in broken["error"]
    said = analyzer.assess(files["china"])
    assert china["p_high"] == pytest.approx(said.p_high, abs=1e-6)
    assert china["technical"] == pytest.approx(said.technical.score, abs=1e-5)  # type: ignore[union-attr]
    assert china["attributes"] == {name: round(p, 4) for name, p in said.attributes}
    assert {row["model"] for row in (china, broken, flower)} == {analyzer.manifest.model_id}


def test_crops_of_all_in_a_zip(
    browse: Browse, files: dict[str, Path], photos: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    twin = tmp_path / "b" / "china.png"
    twin.write_bytes(files["png"].read_bytes())
    page = browse([files["png"], twin, files["broken"], files["flower"]])
    page.wait_for_selector("#queue li:nth-child(4) [data-state=done]")
    page.click("[data-aspect='16:9']:not(:disabled)")
    page.locator(".framed").press("ArrowDown")
    numbers = [
        int(word.strip(",."))
        for word in page.locator(".framed").get_attribute("aria-label").split()
        if word.strip(",.").isdigit()
    ]
    width, height, left, top = numbers
    page.click("#save-crops")
    assert "3 photographs" in page.locator("#crops-title").inner_text()
    assert page.locator("#crops-aspect").input_value() == "16:9"
    name, data = downloaded(page, "#crops-dialog [value=save]")
    assert name == "aesmap-crops-16x9.zip"
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    assert archive.namelist() == ["china-16x9.png", "china-16x9 (2).png", "flower-16x9.jpg"]
    moved, proposed = (
        np.asarray(Image.open(archive.open(name)).convert("RGB")) for name in archive.namelist()[:2]
    )
    expected = photos["china"][top : top + height, left : left + width]
    np.testing.assert_array_equal(moved, expected)
    assert proposed.shape == moved.shape
    assert not np.array_equal(proposed, moved)


def test_stopped_and_gone_on_with(browse: Browse, files: dict[str, Path]) -> None:
    page = browse()
    held: list[Any] = []
    is_holding = True

    def answer(route: Any) -> None:
        if is_holding and len(held) < 2:
            held.append(route)
            if len(held) == 2:
                return
        elif is_holding:
            raise AssertionError("asked after it was stopped")
        route.continue_()

    page.route(JUDGE, answer)
    page.set_input_files("#choose", [files[name] for name in ("china", "flower", "coffee", "png")])
    page.wait_for_selector("#judging:has-text('1 of 4')")
    page.wait_for_selector("#queue [data-state=looking]")
    page.click("#judging button")
    assert page.locator("#judging button").inner_text() == "Go on"
    page.wait_for_selector("#queue [data-state=looking]", state="detached")
    assert page.locator("#queue [data-state=waiting]").count() == 3
    is_holding = False
    page.click("#queue li:nth-child(4) button")  # the one in view is looked at all the same
    page.wait_for_selector("#photo[data-state=done] #name:text-is('china.png')")
    assert "2 of 4" in page.locator("#judging").inner_text()
    page.click("#judging button")
    page.wait_for_selector("#judging", state="hidden")
    assert page.locator("#queue [data-state=done]").count() == 4


@pytest.mark.slow
def test_samples_on_the_empty_page(browse: Browse) -> None:
    page = browse()
    assert "Score: the mean rating" in page.locator(".numbers").inner_text()
    page.click("#samples")
    page.wait_for_selector("#queue li:nth-child(3) [data-state=done]")
    assert names(page) == ["coffee.jpg", "chelsea.jpg", "rocket.jpg"]


@pytest.mark.slow
def test_the_assessment_stands_above_the_picture_on_a_phone(
    browse: Browse, files: dict[str, Path]
) -> None:
    page = browse([files["china"], files["flower"]], viewport=(390, 844))
    page.wait_for_selector("[data-aspect]:not(:disabled)")
    assessment, stage = (page.locator(what).bounding_box() for what in ("#assessment", ".stage"))
    assert assessment["y"] + assessment["height"] <= stage["y"]
    assert page.locator(".level").bounding_box()["y"] < 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(
    browse: Browse, files: dict[str, Path], axe_source: str, scheme: str
) -> None:
    page = browse([files["china"], files["flower"]], color_scheme=scheme)
    page.wait_for_selector("#queue li:nth-child(2) [data-state=done]")
    page.click("#remove")
    assert serious_faults(page, axe_source) == []
    page.click("#notice button")
    page.click("#open-compare")
    page.wait_for_selector("#compared figure:nth-child(2) img[src]")
    assert serious_faults(page, axe_source) == []
    page.keyboard.press("Escape")
    for opens in ("#save-crops", "#clear"):
        page.click(opens)
        assert serious_faults(page, axe_source) == []
        page.keyboard.press("Escape")
