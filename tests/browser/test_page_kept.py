"""The page of `aesmap serve` keeps its photographs: across a reload, or says why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from page_in_browser import downloaded, in_view, names, reloaded, until_kept

Browse = Callable[..., Any]
JUDGE = "**/v1/assess?maps=true"


def test_photographs_and_assessments_outlast_a_reload(three: Any) -> None:
    score = three.locator(".level").inner_text()
    three.click("[data-aspect='1:1']:not(:disabled)")
    three.locator(".framed").press("ArrowLeft")
    moved = three.locator(".framed").get_attribute("aria-label")
    three.wait_for_selector(".after b:not(:text-is('…'))")
    until_kept(three, 3)
    asked = reloaded(three)
    three.wait_for_selector(".stage[data-drawn=evidence]")
    assert names(three) == ["china.jpg", "flower.jpg", "coffee.jpg"]
    assert three.locator(".level").inner_text() == score
    assert [url for url in asked if "assess" in url] == []
    three.click("[data-aspect='1:1']")
    assert three.locator(".framed").get_attribute("aria-label") == moved
    three.click("[data-act=proposed]")
    assert three.locator(".framed").get_attribute("aria-label") != moved
    assert "keeps 3 photographs" in three.locator("#kept").inner_text()


@pytest.mark.slow
def test_assessments_of_another_model_are_asked_for_again(three: Any) -> None:
    until_kept(three, 3)

    def another(route: Any) -> None:
        said = route.fetch().json()
        route.fulfill(json=said | {"model": "other@00000000"})

    three.route("**/static/offers.json", another)
    asked = reloaded(three)
    three.wait_for_selector("#queue li:nth-child(3) [data-state=done]")
    assert len([url for url in asked if url.endswith("maps=true")]) == 3


@pytest.mark.slow
def test_cleared_is_gone(three: Any) -> None:
    until_kept(three, 3)
    three.click("#clear")
    assert "3 photographs" in three.locator("#clear-title").inner_text()
    three.click("#clear-dialog [value=clear]")
    three.wait_for_selector("#samples")
    assert three.locator("#photo").is_hidden()
    reloaded(three)
    assert three.locator("#samples").is_visible()
    assert three.locator("#queue").is_hidden()


def test_one_is_removed_and_had_back(three: Any) -> None:
    until_kept(three, 3)
    three.click("#queue li:nth-child(2) button")
    three.keyboard.press("Delete")
    assert names(three) == ["china.jpg", "coffee.jpg"]
    assert in_view(three) == "coffee.jpg"
    three.click("#notice button:has-text('Undo')")
    assert names(three) == ["china.jpg", "flower.jpg", "coffee.jpg"]
    assert in_view(three) == "flower.jpg"
    three.click("#remove")
    until_kept(three, 2)
    reloaded(three)
    assert names(three) == ["china.jpg", "coffee.jpg"]


@pytest.mark.slow
def test_without_a_database_it_works_and_says_so(
    open_page: Callable[..., Any], address: str, files: dict[str, Path]
) -> None:
    page, watch = open_page("about:blank")
    page.add_init_script(
        "Object.defineProperty(window, 'indexedDB', {value: {open() {"
        " throw new DOMException('refused', 'SecurityError'); }}});"
    )
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    page.set_input_files("#choose", [files["china"], files["flower"]])
    page.wait_for_selector("#queue li:nth-child(2) [data-state=done]")
    assert "keeps nothing" in page.locator("#notice").inner_text()
    assert page.locator("#kept-words").inner_text() == ""
    assert watch.errors == []


@pytest.mark.slow
def test_a_full_browser_says_so_and_goes_on(
    open_page: Callable[..., Any], address: str, files: dict[str, Path]
) -> None:
    page, watch = open_page(address)
    page.wait_for_selector("html[data-ready]")
    size = files["china"].stat().st_size
    session = page.context.new_cdp_session(page)
    quota = {"origin": address.rstrip("/"), "quotaSize": size // 2}
    session.send("Storage.overrideQuotaForOrigin", quota)
    page.set_input_files("#choose", [files["china"], files["flower"]])
    page.wait_for_selector("#queue li:nth-child(2) [data-state=done]")
    page.wait_for_selector("#notice:has-text('no room')")
    assert page.locator(".level").is_visible()
    assert watch.errors == []


@pytest.mark.slow
def test_a_file_that_is_gone_meanwhile(
    open_page: Callable[..., Any], address: str, files: dict[str, Path], tmp_path: Path
) -> None:
    going = tmp_path / "going.jpg"
    going.write_bytes(files["flower"].read_bytes())
    page, _ = open_page(address)
    page.wait_for_selector("html[data-ready]")
    held: list[Any] = []

    def hold(route: Any) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(JUDGE, hold)
    page.set_input_files("#choose", [files["china"], going])
    page.wait_for_selector("#queue [data-state=looking]")
    going.unlink()
    held[0].continue_()
    page.wait_for_selector("#queue li:nth-child(2) [data-state=failed]")
    page.click("#queue li:nth-child(2) button")
    assert "moved, changed or deleted" in page.locator("#assessment .problem").inner_text()


@pytest.mark.slow
def test_200_photographs(browse: Browse, photos: dict[str, Any], tmp_path: Path) -> None:
    paths = []
    for number in range(200):
        paths.append(tmp_path / f"{number}.jpg")
        Image.fromarray(photos["chelsea"][:, number // 4 :]).resize((160, 120)).save(paths[-1])
    page = browse(paths)
    page.wait_for_selector("#judging", state="hidden", timeout=120_000)
    page.select_option("#sort", "name")
    assert names(page) == [f"{number}.jpg" for number in range(200)]
    until_kept(page, 200)
    reloaded(page)
    assert page.locator("#queue [data-state=done]").count() == 200
    assert downloaded(page, "#save-table")[1].count(b".jpg,160,120,") == 200
