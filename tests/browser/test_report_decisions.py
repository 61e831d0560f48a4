"""Deciding in a report: by keyboard, kept over a reload, saved, and read back by the command."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aesmap.batch.photo import fingerprint_of
from aesmap.cli.main import main
from aesmap.review.decisions import Decision
from aesmap.review.reading import read_decisions
from browser_files import serious_faults, until
from page_in_browser import downloaded
from sample_images import noise_shoot


def aesmap(*words: object) -> int:
    """Run a command in this process; gives its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["aesmap", *map(str, words)])
        try:
            main()
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


@pytest.fixture(scope="module")
def made(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of four photographs, one in a folder of its own, beside the shoot."""
    place = tmp_path_factory.mktemp("made")
    shoot = place / "shoot"
    (shoot / "late").mkdir(parents=True)
    for name in ("china", "flower", "coffee"):
        shutil.copy2(files[name], shoot)
    shutil.copy2(files["astronaut"], shoot / "late" / "=1+1.jpg")
    assert aesmap("report", shoot, "--output", place / "shoot.html", "--title", "A shoot") == 0
    return place / "shoot.html"


@pytest.fixture
def browse(open_page: Callable[..., Any], made: Path) -> Callable[..., Any]:
    """Opens the report; nothing may be said on the console or asked of the network."""

    def call(address: str = "", **options: Any) -> Any:
        page, watch = open_page(made.as_uri() + address, **options)
        page.wait_for_selector("html[data-ready]")
        page.watch = watch
        return page

    return call


def order(page: Any) -> list[str]:
    found: list[str] = page.locator("main .card .name").all_text_contents()
    return found


def marks(page: Any) -> dict[str, str]:
    """What is shown on each card that something is decided of."""
    found: dict[str, str] = page.locator(".card:has(.signs)").evaluate_all(
        "(all) => Object.fromEntries(all.map((card) => [card.querySelector('.name').textContent,"
        " card.querySelector('.signs').getAttribute('aria-label')]))"
    )
    return found


def decide_some(page: Any) -> list[str]:
    """Four stars, a reject and a pick for the first three; gives the names in order."""
    page.locator(".card .open").first.focus()
    for key in ("4", "x", "p"):  # each goes on to the next
        page.keyboard.press(key)
    return order(page)


def test_decided_undone_and_kept_over_a_reload(browse: Any) -> None:
    page = browse()
    assert "Nothing decided yet" in page.inner_text("#decided-numbers")
    first, second, third, fourth = decide_some(page)
    expected = {first: "4 stars", second: "rejected", third: "pick"}
    assert marks(page) == expected
    assert "1 pick, 1 reject, 1 with stars" in page.inner_text("#decided-numbers")
    assert "Kept in this browser only" in page.inner_text("#decided-numbers")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert marks(page) == expected
    page.keyboard.press("u")  # steps outlast the page too
    page.keyboard.press("u")
    assert marks(page) == {first: "4 stars"}
    page.keyboard.press("U")
    assert marks(page) == {first: "4 stars", second: "rejected"}
    page.keyboard.press(".")
    assert page.evaluate("document.activeElement.querySelector('.name').textContent") == third
    page.click("#open-filter")
    page.select_option("[name=decided]", "no")
    assert order(page) == [third, fourth]
    page.select_option("[name=decided]", "reject")
    assert order(page) == [second]
    page.keyboard.press("Tab")
    page.locator(".card .open").focus()
    page.keyboard.press("x")  # the same again takes it back, and it leaves the filter
    assert page.locator("#nothing").is_visible()
    assert page.watch.errors == page.watch.over_the_network == []


def test_saved_and_read_back(
    browse: Any, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = browse()
    assert page.locator("#save-decisions").is_disabled()
    names = decide_some(page)
    name, data = downloaded(page, "#save-decisions")
    assert name == "A shoot-decisions.json"
    shoot = made.parent / "shoot"
    beside, away = made.parent / name, tmp_path / name
    away.write_bytes(data)
    paths = {path.name: path for path in shoot.rglob("*.jpg")}
    keys = [paths[one].relative_to(shoot).as_posix() for one in names]
    decisions = {keys[0]: Decision(4), keys[1]: Decision(0, "reject"), keys[2]: Decision(0, "pick")}
    assert read_decisions(away, [shoot]) == (shoot, decisions)
    for one in json.loads(data)["photographs"]:
        assert one["fingerprint"] == fingerprint_of(str(shoot / one["path"]))
    assert aesmap("tag", "--from", away, "--xmp", "--dry-run") == 1  # its folder is not there
    assert aesmap("tag", shoot, "--from", away, "--xmp", "--dry-run") == 0
    capsys.readouterr()
    beside.write_bytes(data)
    assert aesmap("tag", "--from", beside, "--xmp", "--dry-run") == 0
    said = capsys.readouterr().out
    for line in ("4 stars", "rejected", "label Green"):
        assert line in said
    assert not list(shoot.rglob("*.xmp"))
    _, table = downloaded(page, "#save-table")
    lines = table.decode().splitlines()
    assert lines[0] == "path,stars,flag,score"
    assert sorted(line.rsplit(",", 1)[0] for line in lines[1:]) == sorted(
        f"shoot/{key},{rest}" for key, rest in zip(keys, ("4,", ",reject", ",pick"), strict=False)
    )
    _, listed = downloaded(page, "#save-list")
    assert listed.decode().splitlines() == [str(paths[n].relative_to(made.parent)) for n in names]


def test_two_reports_do_not_mix(browse: Any, made: Path) -> None:
    page = browse()
    decide_some(page)
    other = made.with_name("other.html")
    assert aesmap("report", made.parent / "shoot", "--output", other) == 0
    page.goto(other.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert marks(page) == {}
    page.goto(made.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert len(marks(page)) == 3


def test_two_tabs_of_one_report_lose_nothing(browse: Any) -> None:
    page = browse()
    second = page.context.new_page()
    second.goto(page.url)
    second.wait_for_selector("html[data-ready]")
    second.locator(".card .open").last.focus()
    second.keyboard.press("5")
    names = decide_some(page)
    until(second, "document.querySelectorAll('.card .signs').length === 4")
    assert marks(second) == marks(page)
    assert marks(page)[names[3]] == "5 stars"


def test_what_cannot_be_kept_is_said_and_not_overwritten(browse: Any) -> None:
    page = browse()
    decide_some(page)
    page.evaluate("localStorage.setItem(localStorage.key(0), 'damaged')")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert "cannot be read" in page.inner_text("#decided-numbers")
    decide_some(page)
    assert "Save them before you close" in page.inner_text("#decided-numbers")
    assert page.evaluate("localStorage.getItem(localStorage.key(0))") == "damaged"


def test_a_link_leads_to_a_photograph_which_is_decided_on(browse: Any) -> None:
    page = browse("#sort=name&photo=coffee.jpg")
    assert page.inner_text("#detail-title") == "coffee.jpg"
    names = order(page)
    assert names.index("coffee.jpg") > 0
    before = names[names.index("coffee.jpg") - 1]
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#detail-title") == before
    page.keyboard.press("3")  # and on
    assert page.inner_text("#detail-title") == "coffee.jpg"
    page.locator("#deciding [data-flag=pick]").click()
    page.keyboard.press("u")
    assert page.inner_text("#detail-title") == "coffee.jpg"
    until(page, "location.hash.includes('photo=coffee.jpg')")
    page.keyboard.press("a")
    assert page.inner_text("#hint").startswith("Where ")
    page.keyboard.press("Escape")
    until(page, "!location.hash.includes('photo=')")
    assert marks(page) == {before: "3 stars"}
    page.keyboard.press("a")
    assert " %" in page.locator(".card .p").first.inner_text()
    assert "high" not in page.locator(".card .p").first.inner_text()


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, {"viewport": (390, 844)}])
def test_accessible_with_decisions(browse: Any, axe_source: str, options: Any) -> None:
    page = browse(**options)
    decide_some(page)
    assert serious_faults(page, axe_source) == []
    page.keyboard.press("Enter")
    assert serious_faults(page, axe_source) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
    boxes = [page.locator(f"#detail {one}").bounding_box() for one in ("#next", "#stage .picture")]
    assert all(box["x"] + box["width"] <= page.viewport_size["width"] for box in boxes)


def test_noise_is_not_told_apart_by_name(tmp_path: Path) -> None:
    """Two shoots that have the same names: each report has a name of its own for the browser."""
    for name in ("one", "two"):
        noise_shoot(tmp_path / name, 1, (64, 64))
        assert aesmap("report", tmp_path / name, "--output", tmp_path / f"{name}.html") == 0
    ids = {p.read_text().split('"id":"')[1][:32] for p in tmp_path.glob("*.html")}
    assert len(ids) == 2
