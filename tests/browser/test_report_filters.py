"""Filters and orders of a report, by all that is known; and the page of a table, without maps."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

from aesmap.cli.main import main
from browser_files import serious_faults, until

CAMERAS = {"china": ("NIKON", "D750", "35mm f/2"), "coffee": ("Canon", "EOS R5", "RF 50mm")}


def aesmap(*words: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["aesmap", *map(str, words)])
        main()


@pytest.fixture(scope="module")
def shoot(photos: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders: cameras and days by EXIF, a portrait, a square, a blurred one, a burst."""
    folder = tmp_path_factory.mktemp("filtered") / "shoot"
    (folder / "day 2").mkdir(parents=True)
    for number, (name, (make, model, lens)) in enumerate(CAMERAS.items(), 1):
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = make, model
        inner = exif.get_ifd(0x8769)
        inner[0xA434], inner[0x9003] = lens, f"2024:05:0{number} 10:20:30"
        Image.fromarray(photos[name]).save(folder / f"{name}.jpg", quality=90, exif=exif)
    whole = Image.fromarray(photos["flower"])
    for copy in range(3):
        whole.rotate(copy / 4).save(folder / "day 2" / f"burst-{copy}.jpg", quality=90)
    tall = Image.fromarray(photos["astronaut"])
    tall.crop((0, 0, tall.width * 2 // 3, tall.height)).save(folder / "day 2" / "tall.jpg")
    square = Image.fromarray(photos["chelsea"])
    square.crop((0, 0, 300, 300)).save(folder / "square.jpg")
    blurred = Image.fromarray(photos["china"]).rotate(180).filter(ImageFilter.GaussianBlur(9))
    blurred.save(folder / "blurred.jpg")
    return folder


@pytest.fixture(scope="module")
def report(shoot: Path) -> Path:
    output = shoot.parent / "shoot.html"
    aesmap("report", shoot, "--output", output)
    return output


@pytest.fixture(scope="module")
def of_table(shoot: Path) -> Path:
    """The page of a table, one of whose photographs is gone and one of which has changed since."""
    table, output = shoot.parent / "scores.csv", shoot.parent / "table.html"
    copied = shoot.parent / "copied"
    shutil.copytree(shoot, copied)
    aesmap("score", copied, "--groups", "--output", table)
    (copied / "coffee.jpg").unlink()
    Image.new("RGB", (300, 300), "grey").save(copied / "square.jpg")
    with pytest.raises(SystemExit):
        aesmap("report", "--from", table, "--output", output)
    return output


@pytest.fixture
def browse(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Opens a page; nothing may be said on the console or asked of the network at the end."""

    def call(page: Path, address: str = "", **options: Any) -> Any:
        opened, watch = open_page(page.as_uri() + address, **options)
        opened.wait_for_selector("html[data-ready]")
        opened.watch = watch
        return opened

    return call


def assert_quiet(page: Any) -> None:
    assert page.watch.errors == []
    assert page.watch.over_the_network == []


def said_by(page: Path) -> list[dict[str, Any]]:
    text = re.search(r'id="said">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    found: list[dict[str, Any]] = json.loads(text[1])["photographs"]
    return found


def names(page: Any) -> list[str]:
    found: list[str] = page.locator("main .card .name").all_text_contents()
    return found


def chosen(page: Any, **values: str) -> set[str]:
    """The names that are shown with these filters alone."""
    page.locator("#filter >> text=Clear").click()
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("(element) => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    return set(names(page))


def test_filters_by_all_that_is_known(browse: Any, report: Path) -> None:
    page = browse(report, "#fold=no")
    records = said_by(report)
    page.click("#open-filter")

    def those(test: Callable[[dict[str, Any]], Any]) -> set[str]:
        return {record["name"] for record in records if test(record)}

    everything = those(lambda record: True)
    assert set(names(page)) == everything
    assert chosen(page, camera="NIKON D750") == {"china.jpg"}
    assert chosen(page, camera="none") == everything - {"china.jpg", "coffee.jpg"}
    assert chosen(page, lens="RF 50mm") == {"coffee.jpg"}
    assert chosen(page, date="2024-05-02") == {"coffee.jpg"}
    assert chosen(page, date="none") == everything - {"china.jpg", "coffee.jpg"}
    assert chosen(page, folder="day 2") == those(lambda r: r["folder"] == "day 2")
    assert chosen(page, folder=".") == those(lambda r: r["folder"] == "")
    assert chosen(page, shape="portrait") == {"tall.jpg"}
    assert chosen(page, shape="square") == {"square.jpg"}
    burst = those(lambda r: r["name"].startswith("burst"))
    assert chosen(page, burst="yes") == burst
    assert chosen(page, burst="no") == everything - burst
    assert chosen(page, fault="soft") == those(lambda r: "soft" in dict(r["faults"]))
    assert "blurred.jpg" in names(page)
    assert chosen(page, fault="none") == those(lambda r: not r["faults"])
    assert chosen(page, doubt="yes") == those(lambda r: r["doubt"])
    assert chosen(page, doubt="no") == those(lambda r: not r["doubt"])
    attribute = next(name for record in records for name in record["named"])
    assert chosen(page, attribute=attribute) == those(lambda r: attribute in r["named"])
    some = sorted(record["score"] for record in records)[2:5]
    between = chosen(page, score_from=str(some[0]), score_to=str(some[2]))
    assert between == those(lambda r: some[0] <= r["score"] < some[2])
    middle = sorted(record["technical"] for record in records)[4]
    below = chosen(page, technical_to=str(middle))
    assert below == those(lambda r: r["technical"] < middle)
    assert page.locator("#open-filter").inner_text() == "Filter (1)"
    assert_quiet(page)


def test_decisions_are_filtered_and_ordered_by(browse: Any, report: Path) -> None:
    page = browse(report, "#fold=no")
    page.locator(".card .open").first.focus()
    for key in ("2", "5", "p", "x"):
        page.keyboard.press(key)
    first, second, third, fourth, *rest = names(page)
    page.click("#open-filter")
    assert chosen(page, stars="2") == {first, second}
    assert chosen(page, stars="5") == {second}
    assert chosen(page, decided="pick") == {third}
    assert chosen(page, decided="reject") == {fourth}
    assert chosen(page, decided="no") == set(rest)
    chosen(page)
    page.select_option("#sort", "stars")
    assert [name for name in names(page) if name in (first, second)] == [second, first]
    page.select_option("#sort", "undecided")
    for pile in ("#certain", "#uncertain"):
        piled = page.locator(f"{pile} .card .name").all_text_contents()
        decided = [name not in rest for name in piled]
        assert decided == sorted(decided)
    assert_quiet(page)


def test_orders_by_all_that_is_known(browse: Any, report: Path) -> None:
    page = browse(report, "#fold=no")
    records = {record["name"]: record for record in said_by(report)}
    options = page.locator("#sort option").evaluate_all("(all) => all.map((one) => one.value)")

    def key(name: str, sort: str) -> Any:
        record = records[name]
        width, height = record["width"], record["height"]
        path = f"{record['folder']}/{name}" if record["folder"] else name
        return {
            "name": path,
            "time": record["taken"] or "9",
            "score": -record["score"],
            "lowest": record["score"],
            "technical": -record["technical"],
            "faulty": record["technical"],
            "doubt": abs(record["p"] - 0.5),
            "attribute": (record["named"] or ["~"])[0],
            "fault": (record["faults"] or [["~"]])[0][0],
            "camera": record["exif"].get("camera", "~"),
            "lens": record["exif"].get("lens", "~"),
            "shape": "landscape" if width > height else "portrait" if width < height else "square",
        }.get(sort, 0)

    assert set(options) >= {"name", "time", "score", "faulty", "doubt", "camera", "lens", "shape"}
    for sort in options:
        page.select_option("#sort", sort)
        shown = page.locator("#certain .card .name").all_text_contents()
        assert [key(name, sort) for name in shown] == sorted(key(name, sort) for name in shown), (
            sort
        )
    assert_quiet(page)


def test_the_state_is_in_the_address_and_outlasts_a_reload(browse: Any, report: Path) -> None:
    page = browse(report)
    page.click("#open-filter")
    page.select_option("[name=shape]", "landscape")
    page.fill("[name=technical_from]", "2")
    page.select_option("#sort", "faulty")
    page.keyboard.press("Tab")
    page.locator(".card .open").first.focus()
    for key in ("B", "e", "r"):
        page.keyboard.press(key)
    shown = names(page)
    for words in (
        "shape=landscape",
        "technical_from=2",
        "sort=faulty",
        "fold=no",
        "view=evidence",
        "crop=own",
    ):
        until(page, f"location.hash.includes('{words}')")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert names(page) == shown
    assert page.locator("#filter").is_visible()
    assert page.input_value("[name=shape]") == "landscape"
    page.wait_for_selector(".card canvas.map")
    assert page.locator(".card .crop-words").first.inner_text().startswith("this ")
    bar = page.locator("#histogram .bin:not(:disabled)").first
    page.keyboard.press("Escape")
    assert len(names(page)) == len(said_by(report))
    bar.click()
    until(page, "location.hash.includes('score_from=')")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#histogram .bin").first.get_attribute("aria-pressed") == "true"
    assert_quiet(page)


def test_every_crop_has_words(browse: Any, report: Path) -> None:
    page = browse(report, "#photo=china.jpg")
    record = next(one for one in said_by(report) if one["name"] == "china.jpg")
    assert page.locator("#crop-words").inner_text() == ""
    for name, words in record["cropWords"].items():
        page.click(f"[data-crop='{name}']")
        assert page.locator("#crop-words").inner_text() == words
        assert re.match("this crop is not judged; the map keeps|this is the whole", words)
    assert_quiet(page)


def test_the_page_of_a_table(browse: Any, of_table: Path, axe_source: str) -> None:
    page = browse(of_table)
    notes = page.locator("#notes").inner_text()
    assert "Made from scores.csv" in notes
    assert "aesmap report copied" in notes
    assert page.locator("#errors dt").count() == 2
    errors = page.locator("#errors").inner_text()
    assert "coffee.jpg" in errors
    assert "is not there any more" in errors
    assert "has changed since it had a score of" in errors
    assert not page.locator("#view").is_visible()
    assert not page.locator("#crop").is_visible()
    assert page.locator(".card .burst").count() == 1, "groups are the table's"
    page.locator(".card .open").first.focus()
    page.keyboard.press("e")
    assert "no maps" in page.locator("main .told").inner_text()
    assert page.locator("canvas").count() == 0
    page.keyboard.press("Enter")
    facts = page.locator("#facts")
    assert "Score " in facts.inner_text()
    for gone in (".equation", "[data-crop]", "#detail-legend", "#facts button[data-view]:enabled"):
        assert page.locator(gone).count() == 0, gone
    page.mouse.move(300, 300)
    page.keyboard.press("w")
    page.keyboard.press(" ")
    until(page, "document.querySelector('#stage .pane.zoomed') !== null")
    assert serious_faults(page, axe_source) == []
    page.keyboard.press("Escape")
    page.keyboard.press("5")
    assert "5 stars" in page.locator(".card .signs").first.get_attribute("aria-label")
    assert serious_faults(page, axe_source) == []
    page.click("#open-filter")
    assert chosen(page, camera="NIKON D750") == {"china.jpg"}
    assert_quiet(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_keeps_nobody_out(browse: Any, report: Path, axe_source: str, scheme: str) -> None:
    page = browse(report, "#shape=portrait&crop=1:1", color_scheme=scheme)
    assert page.locator("#filter").is_visible()
    assert serious_faults(page, axe_source) == []
    narrow = browse(report, "#shape=portrait", viewport=(360, 740))
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 360
    assert_quiet(narrow)
