"""A shoot of 200 photographs culled by keyboard, as somebody would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aesmap.review.decisions import Decision
from aesmap.review.reading import read_decisions
from aesmap.review.state_place import FILE_NAME
from browser_files import serious_faults, until
from command import served, start

NUM_PHOTOS = 200
HOSTILE = "<img src=x onerror=document.title='hacked'>.jpg"
UNREADABLE = "zz <b>empty&amp;.jpg"


@pytest.fixture(scope="module")
def photographs(photos: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 windows of the ten photographs, in two folders, with times; a burst; and what is none."""
    folder = tmp_path_factory.mktemp("review") / "shoot"
    (folder / "day 2").mkdir(parents=True)
    number = 0
    for name, pixels in photos.items():
        whole = Image.fromarray(pixels)
        whole.thumbnail((900, 900))
        for window in range(19):
            left, top = whole.width * (window % 5) // 12, whole.height * (window // 5) // 10
            piece = whole.crop((left, top, left + whole.width // 2, top + whole.height // 2))
            exif = Image.Exif()
            day = 1 + number % 2
            exif.get_ifd(0x8769)[0x9003] = f"2024:05:0{day} 10:{number // 60:02}:{number % 60:02}"
            below = "day 2" if day == 2 else ""
            piece.save(folder / below / f"{number:03}-{name}.jpg", quality=88, exif=exif)
            number += 1
    whole = Image.fromarray(photos["flower"])
    for copy in range(6):
        whole.resize((1800, 1200)).rotate(copy / 4).save(folder / f"x-burst-{copy}.jpg", quality=90)
    for rest in range(NUM_PHOTOS - number - 8):
        whole.rotate(90 * (rest + 1), expand=True).save(folder / f"y-turned-{rest}.jpg")
    whole.save(folder / HOSTILE, quality=90)
    (folder / UNREADABLE).write_bytes(b"")
    return folder


@contextmanager
def reviewed(folder: Path, *options: str, **environment: str) -> Iterator[str]:
    """The address of a review of a folder, in a process of its own."""
    with served("review", folder, *options, **environment) as (_, address):
        yield address


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where assessments stay from one test to the next."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def shoot(photographs: Path, tmp_path: Path) -> Path:
    """The folder without decisions."""
    for left in photographs.glob(f"{FILE_NAME}*"):
        left.unlink()
    return photographs


@pytest.fixture
def browse(open_page: Callable[..., Any], shoot: Path, cache: str) -> Iterator[Callable[..., Any]]:
    """Opens the page once everything is scored."""
    with reviewed(shoot, XDG_CACHE_HOME=cache) as address:

        def call(hash: str = "", **options: Any) -> Any:  # noqa: A002
            page, watch = open_page(address + hash, **options)
            page.wait_for_selector("html[data-ready]")
            page.wait_for_selector("html[data-heard]")
            page.wait_for_selector("#scoring", state="hidden", timeout=120_000)
            page.watch, page.address = watch, address
            return page

        yield call


def assert_quiet(page: Any) -> None:
    """Nothing but of the page's own server, and no error but those of photographs that are none."""
    assert all(url.startswith(page.address) for url in page.watch.requests if "data:" not in url)
    others = [error for error in page.watch.errors if "422" not in error]
    assert others == []


def active(page: Any) -> str:
    """The name of the active photograph on the sheet."""
    found: str = page.locator(".cell.active .name").inner_text()
    return found


def kept(shoot: Path, page: Any) -> dict[str, Decision]:
    """What is kept, once everything that was sent has been answered."""
    until(page, "!('waiting' in document.documentElement.dataset)")
    return read_decisions(shoot / FILE_NAME)[1]


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def names_of(shoot: Path) -> list[str]:
    from aesmap.review.shoot import find_shoot

    return list(find_shoot(shoot).names)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(FILE_NAME)
    }


def test_a_whole_cull_by_keyboard(browse: Any, shoot: Path) -> None:
    page = browse()
    before, names = contents(shoot), names_of(shoot)
    assert len(names) == NUM_PHOTOS
    expected: dict[str, Decision] = {}
    keys = ["3", "p", "x", "5", "1", "ArrowRight", "2", "4"]
    meaning = {"p": Decision(0, "pick"), "x": Decision(0, "reject")}
    for number, name in enumerate(names):  # all 200, each key leads on to the next
        key = keys[number % len(keys)]
        assert active(page) == name.rpartition("/")[2]
        page.keyboard.press(key)
        if key != "ArrowRight":
            expected[name] = meaning.get(key) or Decision(int(key))
    assert kept(shoot, page) == expected
    picks = sum(one.flag == "pick" for one in expected.values())
    assert f"{picks} picked" in page.locator("#counts").inner_text()

    # Undone to the beginning, and redone.
    for _ in range(len(expected)):
        page.keyboard.press("u")
    assert kept(shoot, page) == {}
    for _ in range(len(expected)):
        page.keyboard.press("Shift+U")
    assert kept(shoot, page) == expected

    # Written, after a look; read back; taken back to the byte.
    page.locator("#open-write").click()
    page.locator("[data-job=dry]").click()
    page.wait_for_selector("#outcome:has-text('would change.')")
    would = re.match(r"(\d+) files would change", page.locator("#outcome").inner_text())
    assert would is not None
    assert int(would[1]) == len(expected)
    assert contents(shoot) == before
    page.locator("[data-job=write]").click()
    page.wait_for_selector("#outcome:has-text('files changed.')")
    written = {name for name in contents(shoot) if name not in before}
    assert written == {f"{name}.xmp" for name in expected}
    if shutil.which("exiftool"):
        run = ["exiftool", "-json", "-r", "-ext", "xmp", "-Rating", "-Label", str(shoot)]
        read = json.loads(subprocess.run(run, check=True, capture_output=True, timeout=120).stdout)
        found = {
            os.path.relpath(one["SourceFile"], shoot).removesuffix(".xmp"): (
                one.get("Rating"),
                one.get("Label"),
            )
            for one in read
        }
        assert found == {
            name: (
                -1 if one.flag == "reject" else one.stars or None,
                "Green" if one.flag == "pick" else None,
            )
            for name, one in expected.items()
        }
    page.locator("[data-job=undo]").click()
    page.wait_for_selector("#outcome:has-text('restored.')")
    assert contents(shoot) == before
    assert page.title() == "shoot – aesmap review"
    assert_quiet(page)


def test_one_photograph_large(browse: Any, shoot: Path) -> None:
    page = browse("#photo=000-astronaut.jpg")
    names = names_of(shoot)
    press(page, "Enter")
    page.wait_for_selector("#stage img")
    heading = page.locator("#facts h2")
    assert heading.inner_text() == "000-astronaut.jpg"
    press(page, "ArrowRight")
    until(page, f"document.querySelector('#facts h2').textContent === {json.dumps(names[1])}")
    press(page, "4")  # leads on
    until(page, f"document.querySelector('#facts h2').textContent === {json.dumps(names[2])}")
    press(page, "a", "p", "p", "5")  # stays; the same flag again takes it back
    assert kept(shoot, page) == {names[1]: Decision(4), names[2]: Decision(5)}
    press(page, "0")
    assert kept(shoot, page) == {names[1]: Decision(4)}
    assert "view=single" in page.url
    press(page, "Escape")
    assert active(page) == names[2]
    page.go_back()  # the view is in the address
    page.wait_for_selector("#single:not([hidden])")
    page.reload()
    page.wait_for_selector("#single:not([hidden]) #stage img")
    assert heading.inner_text() == names[2]
    assert_quiet(page)


def test_zoom_to_every_pixel_at_the_pointer(browse: Any, shoot: Path) -> None:
    page = browse("#view=single&photo=x-burst-0.jpg", viewport=(800, 500))
    page.wait_for_selector("#stage img")
    size = Image.open(shoot / "x-burst-0.jpg").size
    whole = page.locator("#stage .picture").bounding_box()
    assert whole["width"] < size[0]
    x, y = whole["x"] + whole["width"] * 0.4, whole["y"] + whole["height"] * 0.55
    page.mouse.move(x, y)
    press(page, " ")
    until(page, "document.querySelector('#stage .pane.zoomed') !== null")
    zoomed = page.locator("#stage .picture").bounding_box()
    assert zoomed["width"] == pytest.approx(size[0], abs=1), "one pixel of the photograph for each"
    assert (x - zoomed["x"]) / zoomed["width"] == pytest.approx(0.4, abs=0.02)
    assert (y - zoomed["y"]) / zoomed["height"] == pytest.approx(0.55, abs=0.03)
    until(page, "document.querySelector('#stage img').src.includes('v1/full/')")
    page.mouse.down()
    page.mouse.move(x - 60, y - 20, steps=4)
    page.mouse.up()
    moved = page.locator("#stage .picture").bounding_box()
    assert moved["x"] < zoomed["x"] - 20
    press(page, " ")
    until(page, "document.querySelector('#stage .pane.zoomed') === null")
    assert_quiet(page)


def test_maps_over_the_photograph(browse: Any) -> None:
    page = browse("#view=single&photo=000-astronaut.jpg")
    page.wait_for_selector("#facts [data-kind=evidence]")
    for kind in ("evidence", "technical", "attribute:0"):
        press(page, "m")
        page.wait_for_selector("#stage canvas")
        assert page.locator(f"#facts [data-kind='{kind}'][aria-pressed=true]").count() >= 1
    press(page, "m")
    page.wait_for_selector("#stage canvas", state="detached")
    assert_quiet(page)


def test_two_to_four_side_by_side(browse: Any, shoot: Path) -> None:
    page = browse("#photo=x-burst-0.jpg", viewport=(1200, 800))
    press(page, "c")  # its burst
    page.wait_for_selector("#compare:not([hidden])")
    names = page.locator("#panes .choose > b").all_text_contents()
    assert names == [f"x-burst-{n}.jpg" for n in range(4)]
    for number in range(4):
        page.wait_for_selector(f"#panes figure:nth-child({number + 1}) img")
    page.mouse.move(10, 790)
    press(page, " ")
    boxes = [page.locator("#panes .picture").nth(n).bounding_box() for n in range(4)]
    panes = [page.locator("#panes .pane").nth(n).bounding_box() for n in range(4)]
    at = [(b["x"] - p["x"], b["y"] - p["y"], b["width"]) for b, p in zip(boxes, panes, strict=True)]
    assert all(one == pytest.approx(at[0], abs=1.5) for one in at), "they zoom together"
    page.mouse.move(panes[0]["x"] + 200, panes[0]["y"] + 200)
    page.mouse.down()
    page.mouse.move(panes[0]["x"] + 120, panes[0]["y"] + 150, steps=3)
    page.mouse.up()
    moved = [page.locator("#panes .picture").nth(n).bounding_box() for n in range(4)]
    shifts = [(m["x"] - b["x"], m["y"] - b["y"]) for m, b in zip(moved, boxes, strict=True)]
    assert shifts[0] != (0, 0)
    assert all(one == pytest.approx(shifts[0], abs=1.5) for one in shifts), "and move together"
    press(page, "m")
    for number in range(4):
        page.wait_for_selector(f"#panes figure:nth-child({number + 1}) canvas")
    press(page, "p", "ArrowRight", "x", "ArrowRight", "2")
    assert kept(shoot, page) == {
        "x-burst-0.jpg": Decision(0, "pick"),
        "x-burst-1.jpg": Decision(0, "reject"),
        "x-burst-2.jpg": Decision(2),
    }
    rejected = page.locator("#panes figure.reject")
    assert rejected.count() == 1, "it stays in sight"
    assert rejected.locator("img").evaluate("(image) => getComputedStyle(image).opacity") == "1"
    press(page, "u")
    page.wait_for_timeout(300)
    assert "x-burst-2.jpg" not in kept(shoot, page)
    page.reload()
    page.wait_for_selector("#compare:not([hidden])")
    assert page.locator("#panes .choose > b").all_text_contents() == names
    press(page, "Escape")
    for _ in range(2):  # chosen by hand
        press(page, "Home", "s", "ArrowRight", "ArrowRight", "s", "c")
        page.wait_for_selector("#compare:not([hidden])")
        assert page.locator("#panes figure").count() == 2
        press(page, "c", "Escape")
    assert_quiet(page)


def test_the_sheet_marks_what_cannot_be_told_from_the_best(browse: Any) -> None:
    page = browse("#photo=x-burst-2.jpg")
    said = page.evaluate("fetch('v1/news?since=-1&groups=-1').then((answer) => answer.json())")
    why = {str(number): words for group in said["groups"] for number, _, words in group}
    press(page, "b")
    until(page, "document.querySelectorAll('.cell').length < 12")
    marked = {}
    for cell in page.locator(".cell").all():
        mark, spoken = cell.locator(".alike").text_content(), cell.locator(".unseen").text_content()
        number = cell.get_attribute("data-id")
        marked[number] = mark.startswith("≈")
        assert marked[number] == ("cannot be told from the best" in spoken)
    assert marked == {number: why[number] == "cannot tell" for number in marked}
    assert True in marked.values()
    assert False in marked.values()
    assert_quiet(page)


def test_walking_a_burst_and_what_is_left(browse: Any, shoot: Path) -> None:
    page = browse("#photo=x-burst-2.jpg")
    press(page, "b")
    until(page, "document.querySelectorAll('.cell').length < 12")
    burst = page.locator(".cell .name").all_text_contents()
    assert {f"x-burst-{n}.jpg" for n in range(6)} <= set(burst)
    press(page, "Home", "x")
    press(page, "End", "p", "b")
    until(page, "document.getElementById('counts').textContent.startsWith('200 ')")
    names = names_of(shoot)
    press(page, "Home", "5", "5", "Home", ".")
    assert active(page) == names[2].rpartition("/")[2], "the first that is undecided"
    assert len(kept(shoot, page)) == 4
    assert_quiet(page)


def test_filters_orders_and_the_address(browse: Any, shoot: Path) -> None:
    page = browse()
    listed = page.evaluate("fetch('v1/shoot').then((said) => said.json())")["photographs"]

    def shown() -> int:
        text = page.locator("#counts").inner_text()
        return int(re.match(r"\d+", text)[0])  # type: ignore[index]

    press(page, "/")
    assert page.evaluate("document.activeElement.name") == "search"
    page.keyboard.type("CHINA")
    until(page, "document.getElementById('counts').textContent.startsWith('19 of')")
    page.fill("[name=search]", "")
    page.select_option("[name=folder]", "day 2")
    assert shown() == sum(one["path"].startswith("day 2/") for one in listed)
    page.select_option("[name=folder]", "")
    page.select_option("[name=date]", "2024-05-02")
    assert shown() == sum(one.get("taken", "").startswith("2024-05-02") for one in listed)
    page.select_option("[name=date]", "")
    page.fill("[name=score_from]", "6")
    page.fill("[name=score_to]", "7")
    assert shown() == sum(6 <= one.get("score", 0) <= 7 for one in listed)
    page.select_option("[name=doubt]", "yes")
    expected = sum(
        6 <= one.get("score", 0) <= 7 and bool(one["doubt"]) for one in listed if "score" in one
    )
    assert shown() == expected
    page.locator("#filter >> text=Clear").click()
    page.select_option("[name=fault]", "any")
    assert shown() == sum(bool(one.get("faults")) for one in listed)
    page.select_option("[name=fault]", "")
    attribute = next(name for one in listed for name in one.get("named", ()))
    page.select_option("[name=attribute]", attribute)
    assert shown() == sum(attribute in one.get("named", ()) for one in listed)
    page.select_option("[name=attribute]", "")
    page.fill("[name=technical_to]", "5")
    assert shown() == sum((one.get("technical") or 99) <= 5 for one in listed)
    page.locator("#filter >> text=Clear").click()

    page.select_option("[name=sort]", "score")
    best = max((one for one in listed if "score" in one), key=lambda one: one["score"])
    page.locator("#sheet").focus()
    press(page, "Home", "5", "5", "5")
    page.select_option("[name=decided]", "yes")
    assert shown() == 3
    page.wait_for_timeout(500)
    for words in ("sort=score", "decided=yes"):
        assert words in page.url
    page.reload()  # all of it is in the address
    page.wait_for_selector("html[data-ready]")
    assert shown() == 3
    assert page.input_value("[name=decided]") == "yes"
    assert page.locator(".cell .name").first.inner_text() == best["path"].rpartition("/")[2]
    page.select_option("[name=decided]", "pick")
    assert page.locator("#nothing").is_visible()
    page.locator("#clear").click()
    assert shown() == NUM_PHOTOS
    assert_quiet(page)


def test_what_leaves_the_filter_makes_room(browse: Any, shoot: Path) -> None:
    page = browse("#decided=no")
    names = names_of(shoot)
    for number in range(5):
        assert active(page) == names[number].rpartition("/")[2]
        press(page, "x")
    assert set(kept(shoot, page)) == set(names[:5])
    page.keyboard.press("u")
    last = json.dumps(names[4].rpartition("/")[2])
    until(page, f"document.querySelector('.cell.active .name').textContent === {last}")
    assert_quiet(page)


def test_only_what_is_in_sight_has_elements(browse: Any) -> None:
    page = browse(viewport=(1000, 700))
    assert page.locator(".cell").count() < 60
    press(page, "End")
    until(page, "document.querySelector('.cell.active .name').textContent.startsWith('zz')")
    assert page.locator(".cell").count() < 60
    box = page.locator(".cell.active").bounding_box()
    assert 0 <= box["y"] <= 700
    assert "is empty" in page.locator(".cell.active .bad").inner_text()
    assert page.title() == "shoot – aesmap review"  # no name of a file is code
    assert_quiet(page)


def test_a_second_review_says_that_it_only_looks(
    browse: Any, open_page: Any, shoot: Path, cache: str
) -> None:
    first = browse()
    with reviewed(shoot, XDG_CACHE_HOME=cache) as address:
        second, _ = open_page(address)
        second.wait_for_selector("html[data-ready]")
        assert (
            "Read-only: another review of this folder is open"
            in second.locator("#problem").inner_text()
        )
        second.keyboard.press("5")
        assert "Nothing is kept" in second.locator("#notice").inner_text()
        press(first, "4")
        until(second, "document.querySelector('.cell .stars')?.textContent === '★★★★'")
    assert kept(shoot, first) == {names_of(shoot)[0]: Decision(4)}


def test_what_cannot_be_kept_is_said_and_not_shown(
    open_page: Any, photos: dict[str, Any], tmp_path: Path, cache: str
) -> None:
    for number in range(4):
        Image.fromarray(photos["china"]).resize((200, 150)).save(tmp_path / f"{number}.jpg")
    process = start("review", tmp_path, env=os.environ | {"XDG_CACHE_HOME": cache})
    assert process.stdout is not None
    address = process.stdout.readline().decode().split(" on ")[1].split(" ")[0]
    page, _ = open_page(address)
    page.wait_for_selector("html[data-ready]")
    press(page, "3", "4")
    until(page, "!('waiting' in document.documentElement.dataset)")
    process.kill()
    process.wait()
    press(page, "5")
    page.wait_for_selector("#problem:has-text('The review has ended')")
    assert set(read_decisions(tmp_path / FILE_NAME)[1].values()) == {Decision(3), Decision(4)}


def test_without_javascript_a_line_says_so(open_page: Any, browse: Any) -> None:
    address = browse().address
    page, _ = open_page(address, java_script_enabled=False)
    assert "needs JavaScript" in page.locator("noscript p, body").first.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [(1280, 800), (390, 844)])
def test_nothing_serious_for_axe(
    browse: Any, axe_source: str, scheme: str, viewport: tuple[int, int]
) -> None:
    page = browse("#photo=x-burst-1.jpg", viewport=viewport, color_scheme=scheme)
    press(page, "5", "p", "x")
    page.locator("#open-filter").click()
    assert serious_faults(page, axe_source) == []
    page.locator("#sheet").focus()
    press(page, "Enter")
    page.wait_for_selector("#facts .exif")
    assert serious_faults(page, axe_source) == []
    press(page, "c")
    page.wait_for_selector("#panes img")
    assert serious_faults(page, axe_source) == []
    press(page, "Escape", "Escape", "?")
    assert serious_faults(page, axe_source) == []
    press(page, "Escape")
    page.locator("#open-write").click()
    assert serious_faults(page, axe_source) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport[0]
    assert_quiet(page)
