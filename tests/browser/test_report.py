"""A report of 200 photographs in a browser, as somebody goes through it."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from aesmap.cli.main import main
from aesmap.explain import overlay
from aesmap.types import Size
from browser_files import serious_faults, until

NUM_PHOTOS = 200
HOSTILE = "<script>document.title='hacked'<|script><img src=x onerror=document.title='hacked'>.jpg"
UNFAMILIAR = "noise.png"
BLURRED = "blurred.jpg"
UNREADABLE = "<b>empty&amp;.jpg"


@pytest.fixture(scope="module")
def shoot(photos: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 photographs: windows of the ten, one of them six times over, one with EXIF; and a file
    that is none."""
    folder = tmp_path_factory.mktemp("shoot")
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "NIKON CORPORATION", "NIKON D750"
    inner = exif.get_ifd(0x8769)
    inner[0x829A], inner[0x829D], inner[0x8827] = 0.004, 2.8, 400
    inner[0x9003] = "2024:05:01 10:20:30"
    number = 0
    for name, pixels in photos.items():
        whole = Image.fromarray(pixels)
        whole.thumbnail((480, 480))
        for window in range(19):
            left, top = whole.width * (window % 5) // 12, whole.height * (window // 5) // 10
            piece = whole.crop((left, top, left + whole.width // 2, top + whole.height // 2))
            options = {"exif": exif} if (name, window) == ("china", 0) else {}
            piece.save(folder / f"{name}-{window}.jpg", quality=90, **options)
            number += 1
    whole = Image.fromarray(photos["flower"])
    for copy in range(6):
        whole.save(folder / f"burst-{copy}.jpg", quality=90)
    whole.save(folder / HOSTILE.replace("/", "|"), quality=90)
    whole.filter(ImageFilter.GaussianBlur(6)).save(folder / BLURRED, quality=90)
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(noise).save(folder / UNFAMILIAR)
    for rest in range(NUM_PHOTOS - number - 9):
        whole.rotate(90 * (rest + 1), expand=True).save(folder / f"turned-{rest}.jpg")
    (folder / UNREADABLE).write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def report(shoot: Path) -> Path:
    """The page of the shoot, beside it, made by the command."""
    output = shoot.parent / f"{shoot.name}.html"
    words = ["aesmap", "report", str(shoot), "--output", str(output), "--title", "A & <b>"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code == 1  # for the file that cannot be read
    return output


@pytest.fixture(scope="module")
def said(report: Path) -> dict[str, Any]:
    """What the page says, read from the file."""
    text = re.search(r'id="said">(.*?)</script>', report.read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    found: dict[str, Any] = json.loads(text[1])
    return found


@pytest.fixture
def browse(open_page: Callable[..., Any], report: Path) -> Callable[..., Any]:
    """Opens the report; nothing may be said on the console or asked of the network at the end."""

    def call(**options: Any) -> Any:
        page, watch = open_page(report.as_uri(), **options)
        page.wait_for_selector("html[data-ready]")
        page.watch = watch
        return page

    return call


def assert_quiet(page: Any) -> None:
    assert page.watch.errors == []
    assert page.watch.over_the_network == []


def names(page: Any, pile: str = "main") -> list[str]:
    found: list[str] = page.locator(f"{pile} .card .name").all_text_contents()
    return found


def active(page: Any) -> str:
    found: str = page.evaluate("document.activeElement.querySelector('.name')?.textContent ?? ''")
    return found


def pixels_of(page: Any, selector: str) -> Any:
    """The pixels (H,W,3) of a canvas."""
    url = page.evaluate("(selector) => document.querySelector(selector).toDataURL()", selector)
    data = base64.b64decode(url.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def payload(report: Path, index: int) -> list[bytes]:
    found = re.findall(r'class="payload">([^<]*)<', report.read_text(encoding="utf-8"))
    return [base64.b64decode(part) for part in found[index].split(",")]


def test_nothing_is_shown_of_an_unfamiliar_picture(browse: Any) -> None:
    page = browse()
    page.keyboard.press("m")  # the evidence of all
    card = page.locator("#uncertain .card", has_text=UNFAMILIAR)
    card.scroll_into_view_if_needed()
    page.wait_for_selector("#uncertain canvas.map")  # of another that is uncertain
    for shown in ("canvas", ".meter", ".line"):
        assert card.locator(shown).count() == 0, shown
    card.locator("button.open").click()
    facts = page.locator("#facts").inner_text()
    assert "Unlike the photographs this model knows" in facts
    for shown in (".level", ".equation", ".attributes", "[data-view]"):
        assert page.locator(f"#facts {shown}").count() == 0, shown
    assert page.locator("#stage canvas").count() == 0
    assert_quiet(page)


def test_technical_quality_and_its_faults_have_maps(
    browse: Any, said: dict[str, Any], report: Path
) -> None:
    (index,) = (i for i, r in enumerate(said["photographs"]) if r["name"] == BLURRED)
    record = said["photographs"][index]
    assert "soft" in dict(record["faults"])
    page = browse()
    page.fill("#search", BLURRED)
    page.click(f".card[data-index='{index}'] button.open")
    assert f"Technical: {record['technical']:.1f} of 10" in page.locator("#facts").inner_text()
    height, width = record["map"]
    numbers = [np.frombuffer(part, "<f4") for part in payload(report, index)[1:]]
    cells = [part.reshape(height, width) for part in numbers]
    technical, *faults = cells[1 + len(record["attributes"]) :]
    assert len(faults) == len(record["faults"])
    place = [name for name, _ in record["faults"]].index("soft")
    for number, map_ in ((1, technical), (place + 2, faults[place])):
        page.click(f"#facts [data-view='technical:{number}']")
        page.wait_for_selector("#stage canvas")
        page.wait_for_timeout(300)
        shown = page.locator("#stage canvas").screenshot()  # a canvas that nobody may read
        drawn = np.asarray(Image.open(io.BytesIO(shown)).convert("RGB"))
        size = Size(*drawn.shape[:2])
        colours = (
            overlay.colour_evidence(map_, size)
            if number == 1
            else overlay.colour_positive(map_, size, pigment=overlay.WEIGHS_AGAINST)
        )
        with Image.open(report.parent / record["href"]) as file:
            photo = np.asarray(file.convert("RGB").resize((size.width, size.height)))
        assert np.abs(drawn.astype(int) - overlay.blend(photo, colours)).mean() < 5
    assert_quiet(page)


def test_everything_is_there_best_first(browse: Any, said: dict[str, Any]) -> None:
    page = browse()
    records = said["photographs"]
    assert len(records) == NUM_PHOTOS
    page.keyboard.press("B")  # nothing folded
    assert len(names(page)) == NUM_PHOTOS
    certain = [r for r in records if not r["doubt"]]
    expected = [r["score"] for r in sorted(certain, key=lambda r: -r["score"])]
    shown = page.locator("#certain .line b").all_text_contents()
    assert shown == [f"{score:.1f}" for score in expected]
    assert len(names(page, "#uncertain")) == sum(bool(r["doubt"]) for r in records)
    assert page.locator("#errors dt").inner_text().endswith(UNREADABLE)
    assert "is empty" in page.locator("#errors dd").inner_text()
    assert page.title() == "A & <b>"  # nothing that a file or a title is called is code
    assert_quiet(page)


def test_bursts_are_folded_and_unfold(browse: Any, said: dict[str, Any]) -> None:
    page = browse()
    pictures = {(r["group"], bool(r["doubt"])) for r in said["photographs"]}
    assert len(pictures) < NUM_PHOTOS
    assert len(names(page)) == len(pictures)
    page.fill("#search", "burst-")
    assert names(page) == ["burst-0.jpg"]
    badge = page.locator(".burst")
    assert badge.inner_text() == "+5"
    page.keyboard.press("Tab")  # out of the field
    page.locator(".card .open").focus()
    page.keyboard.press("b")
    assert sorted(names(page)) == [f"burst-{n}.jpg" for n in range(6)]
    assert page.locator(".burst").get_attribute("aria-expanded") == "true"
    page.locator(".burst").click()
    assert names(page) == ["burst-0.jpg"]
    assert_quiet(page)


def test_browsing_by_keyboard(browse: Any) -> None:
    page = browse()
    page.locator(".card .open").first.focus()
    order = names(page)
    for place in range(1, len(order)):  # through all of it, piles and all
        page.keyboard.press("ArrowRight")
        assert active(page) == order[place]
    page.keyboard.press("Home")
    assert active(page) == order[0]
    columns = page.evaluate(
        "getComputedStyle(document.querySelector('.pile')).gridTemplateColumns.split(' ').length"
    )
    page.keyboard.press("ArrowDown")
    assert active(page) == order[columns]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    title = page.locator("#detail-title")
    assert title.inner_text() == order[0]
    for name in order[1:6]:
        page.keyboard.press("ArrowRight")
        assert title.inner_text() == name
    page.keyboard.press("ArrowLeft")
    assert title.inner_text() == order[4]
    page.keyboard.press("Escape")
    assert not page.locator("#detail").is_visible()
    assert active(page) == order[4]  # where one was
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    assert_quiet(page)


def test_filters(browse: Any, said: dict[str, Any]) -> None:
    page = browse()
    records = said["photographs"]
    page.keyboard.press("B")
    for level, sign in (("high", 1), ("low", -1)):
        page.keyboard.press("f")
        expected = {r["name"] for r in records if r["logit"] * sign > 0}
        assert set(names(page)) == expected, level
    page.keyboard.press("f")
    bar = page.locator("#histogram .bin:not(:disabled)").nth(1)
    low, high = map(float, re.findall(r"[\d.]+", bar.get_attribute("aria-label"))[:2])
    bar.click()
    expected = {r["name"] for r in records if low <= r["score"] < high}
    assert expected
    assert set(names(page)) == expected
    assert bar.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert len(names(page)) == NUM_PHOTOS
    page.fill("#search", "CHINA-1")
    expected = {r["name"] for r in records if "china-1" in r["name"]}
    assert set(names(page)) == expected
    page.fill("#search", "nothing is called this")
    assert page.locator("#nothing").is_visible()
    page.locator("#reset").click()
    page.select_option("#sort", "name")
    some = names(page, "#certain")
    assert some.index("burst-0.jpg") < some.index("burst-5.jpg")
    page.select_option("#sort", "time")
    dated = next(r for r in records if r["taken"])
    pile = "#uncertain" if dated["doubt"] else "#certain"
    assert names(page, pile)[0] == "china-0.jpg"  # the only one with a time
    assert_quiet(page)


@pytest.mark.parametrize(
    ("key", "kind"),
    [("e", "evidence"), ("w", "within"), ("h", "high"), ("l", "low"), ("a", "attribute")],
)
def test_each_map_is_drawn_as_core_draws_it(
    browse: Any, report: Path, said: dict[str, Any], key: str, kind: str
) -> None:
    page = browse()
    index = int(page.locator(".card").first.get_attribute("data-index"))
    assert page.locator("canvas").count() == 0
    page.keyboard.press(key)
    page.wait_for_selector(".card canvas")
    drawn = pixels_of(page, ".card canvas").astype(int)
    thumbnail, evidence, first_attribute = payload(report, index)[:3]
    photo = np.asarray(Image.open(io.BytesIO(thumbnail)).convert("RGB"))
    raw = first_attribute if kind == "attribute" else evidence
    cells = np.frombuffer(raw, "<f4").reshape(said["photographs"][index]["map"])
    size = Size(*photo.shape[:2])
    colours = {
        "evidence": lambda: overlay.colour_evidence(cells, size),
        "within": lambda: overlay.colour_within(cells, size),
        "high": lambda: overlay.colour_positive(cells, size, pigment=overlay.SPEAKS_FOR),
        "low": lambda: overlay.colour_positive(-cells, size, pigment=overlay.WEIGHS_AGAINST),
        "attribute": lambda: overlay.colour_positive(
            cells, size, pigment=overlay.ATTRIBUTE, limit=overlay.ATTRIBUTE_LIMIT
        ),
    }[kind]()
    expected = overlay.blend(photo, colours).astype(int)
    # Two JPEG decoders differ by a level or so.
    assert drawn.shape == expected.shape
    assert np.abs(drawn - expected).mean() < 1
    assert np.abs(drawn - expected).max() <= 24
    page.keyboard.press(key)
    page.wait_for_selector(".card canvas", state="detached")
    assert_quiet(page)


def test_one_photo_says_what_made_its_assessment(browse: Any, said: dict[str, Any]) -> None:
    page = browse()
    page.fill("#search", "china-0.jpg")
    page.locator(".card .open").click()
    record = next(r for r in said["photographs"] if r["name"] == "china-0.jpg")
    terms = [
        float(term.replace("−", "-"))
        for term in page.locator(".equation .term b").all_text_contents()
    ]
    assert terms[0] + terms[1] == pytest.approx(terms[2], abs=1e-9)
    assert terms[2] == pytest.approx(record["logit"], abs=0.0051)
    assert terms[1] == pytest.approx(record["bias"], abs=0.0051)
    facts = page.locator("#facts").inner_text()
    assert record["words"] in facts
    for words in ("NIKON D750", "1/250 s", "f/2.8", "ISO", "400", "2024-05-01 10:20:30"):
        assert words in facts
    assert page.locator("#facts .attributes button").count() == 3
    for name, (left, top, right, bottom) in record["crops"].items():
        page.locator(f"[data-crop='{name}']").click()
        frame = page.locator("#stage .picture").bounding_box()
        crop = page.locator("#stage .crop").bounding_box()
        scale = frame["width"] / record["width"]
        assert crop["x"] - frame["x"] == pytest.approx(left * scale, abs=1.5)
        assert crop["y"] - frame["y"] == pytest.approx(top * scale, abs=1.5)
        assert crop["width"] == pytest.approx((right - left) * scale, abs=2)
        assert crop["height"] == pytest.approx((bottom - top) * scale, abs=2)
    box = page.locator("#stage .picture").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert re.fullmatch(r"evidence here [+−]\d+\.\d\d", page.locator("#hint").inner_text())
    assert_quiet(page)


def test_the_photo_itself_is_shown_large_where_it_still_lies(browse: Any, report: Path) -> None:
    page = browse()
    page.fill("#search", "burst-0")
    page.locator(".card .open").click()
    until(page, "document.querySelector('#stage img').src.startsWith('file:')")
    assert page.evaluate("document.querySelector('#stage img').naturalWidth") == 640
    page.keyboard.press("e")
    page.wait_for_selector("#stage canvas")
    page.screenshot(path=str(report.with_suffix(".png")))
    shown = np.asarray(Image.open(report.with_suffix(".png")).convert("RGB")).astype(int)
    box = page.locator("#stage .picture").bounding_box()
    left, top, width, height = (round(box[side]) for side in ("x", "y", "width", "height"))
    shown = shown[top : top + height, left : left + width]
    photo = np.asarray(Image.open(report.parent / report.stem / "burst-0.jpg"))
    photo = np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR))
    index = int(page.locator(".card").first.get_attribute("data-index"))
    cells = np.frombuffer(payload(report, index)[1], "<f4").reshape(
        page.evaluate(f"JSON.parse(said.textContent).photographs[{index}].map")
    )
    expected = overlay.blend(photo, overlay.colour_evidence(cells, Size(height, width)))
    assert np.abs(shown - expected.astype(int)).mean() < 4
    assert_quiet(page)


def test_thumbnails_come_and_go_with_the_view(browse: Any) -> None:
    page = browse()
    page.keyboard.press("B")
    count = "document.querySelectorAll('.card img[src]').length"
    until(page, f"{count} > 0")
    assert page.evaluate(count) < NUM_PHOTOS / 2
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    until(
        page,
        "document.querySelector('.card:last-child img[src]') !== null"
        " && !document.querySelector('#certain .card img').hasAttribute('src')",
    )
    assert_quiet(page)


def test_print_shows_every_photograph(browse: Any, report: Path) -> None:
    page = browse()
    page.fill("#search", "a")
    shown = len(names(page))
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    until(
        page,
        "[...document.querySelectorAll('.card img')].every((i) => i.complete && i.naturalWidth)",
    )
    assert not page.locator(".bar").is_visible()
    assert not page.locator("#theme").is_visible()
    tops = page.evaluate(
        "[...document.querySelectorAll('#certain .card')].slice(0, 5).map((c) => c.offsetTop)"
    )
    assert tops[0] == tops[3] < tops[4]  # four to a row
    data = page.pdf(format="A4")
    assert data.startswith(b"%PDF")
    # Each thumbnail is an image of its own in the file.
    assert data.count(b"/Subtype /Image") >= shown
    assert_quiet(page)


def test_light_and_dark(browse: Any) -> None:
    def brightness(page: Any) -> float:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3

    light, dark = browse(color_scheme="light"), browse(color_scheme="dark")
    assert brightness(light) > 200
    assert brightness(dark) < 60
    for page, limits in ((light, (0, 60)), (dark, (200, 255))):
        page.locator("#theme").click()
        assert limits[0] <= brightness(page) <= limits[1]
        assert_quiet(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(browse: Any, axe_source: str, scheme: str) -> None:
    page = browse(color_scheme=scheme)
    page.keyboard.press("e")
    page.wait_for_selector(".card canvas")
    assert serious_faults(page, axe_source) == []
    page.locator(".card .open").first.click()
    page.wait_for_selector("#stage canvas")
    assert serious_faults(page, axe_source) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert serious_faults(page, axe_source) == []
    assert_quiet(page)


def test_a_narrow_screen_needs_no_sideways_scrolling(browse: Any) -> None:
    page = browse(viewport=(360, 740))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".card .open").first.click()
    assert page.evaluate("document.getElementById('facts').scrollWidth") <= 360
    assert_quiet(page)
