"""The page of `aesmap serve` in a browser, as somebody uses it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.crops.aspect import ASPECTS
from aesmap.explain import overlay
from aesmap.explain.text import describe
from aesmap.loading import load
from aesmap.types import Size
from browser_files import serious_faults
from page_in_browser import downloaded, served

Browse = Callable[..., Any]


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    """The bundled model."""
    return load(num_threads=1)


@pytest.fixture(scope="module")
def assessment(files: dict[str, Path], analyzer: Analyzer) -> Assessment:
    """What the library says of china.jpg."""
    return analyzer.assess(files["china"])


def canvas_pixels(page: Any) -> np.ndarray[Any, Any]:
    """What the map's canvas holds, (H,W,3) as int."""
    url = page.locator("canvas.map").evaluate("(canvas) => canvas.toDataURL()")
    data = base64.b64decode(url.split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def view(page: Any, name: str) -> np.ndarray[Any, Any]:
    page.locator("#view span", has_text=name).click()
    page.wait_for_selector(f".stage[data-drawn={name.lower()}]")
    return canvas_pixels(page)


def pick(page: Any, aspect: str) -> None:
    page.click(f"[data-aspect='{aspect}']:not(:disabled)")


def after_crop(page: Any) -> str:
    """P(high) of the crop as the page says it, once it is there."""
    page.wait_for_selector(".after b:not(:text-is('…'))")
    return str(page.locator(".after b").inner_text())


def test_a_chosen_photo_gets_the_assessment_of_the_library(
    browse: Browse, files: dict[str, Path], assessment: Assessment
) -> None:
    page = browse([files["china"]])
    facts = page.locator("#assessment").inner_text()
    assert describe(assessment).text in facts
    assert page.locator(".level").inner_text().startswith(f"{assessment.score:.1f}")
    assert page.locator(".level b").inner_text() == f"{assessment.p_high * 100:.0f} %"
    beside = page.locator("#facts").inner_text()
    assert f"single votes give or take {assessment.spread:.1f}." in beside
    assert page.locator("#queue").is_hidden()


def test_nothing_is_shown_of_an_unfamiliar_picture(browse: Browse, files: dict[str, Path]) -> None:
    page = browse([files["unfamiliar"], files["china"]])
    assert "Unlike the photographs this model knows" in page.locator("#assessment").inner_text()
    assert "Mean of the map" not in page.locator("#facts").inner_text()
    for shown in (".level", ".attributes", ".meter", "canvas.map:visible", ".divider:visible"):
        assert page.locator(shown).count() == 0, shown
    assert page.locator("#view input:enabled").count() == 0
    page.locator("#queue button", has=page.locator("img")).nth(
        1
    ).click()  # and the next has its map
    page.wait_for_selector(".stage[data-drawn=evidence]")
    assert page.locator(".level").count() == 1


def test_technical_quality_and_its_faults_have_maps(
    browse: Browse, photos: dict[str, Any], analyzer: Analyzer, tmp_path: Path
) -> None:
    blurred = tmp_path / "blurred.png"
    Image.fromarray(photos["china"]).filter(ImageFilter.GaussianBlur(4)).save(blurred)
    said = analyzer.assess(blurred).technical
    assert said is not None
    assert "soft" in said.faults
    page = browse([blurred])
    page.wait_for_selector(".stage[data-drawn=evidence]")
    drawn = [canvas_pixels(page)]
    for name in ("technical", "soft"):
        page.click(f"[data-technical={name}]")
        page.wait_for_selector(f".stage[data-drawn={name}]")
        drawn.append(canvas_pixels(page))
    size = Size(*drawn[0].shape[:2])
    shown = np.asarray(Image.open(blurred).convert("RGB").resize((size.width, size.height)))
    painted = overlay.colour_evidence(said.map_of("technical"), size)
    soft = overlay.colour_positive(said.log_odds_of("soft"), size, pigment=overlay.WEIGHS_AGAINST)
    for found, colours in zip(drawn[1:], (painted, soft), strict=True):
        # The browser reduces the photograph in its own way: colours are told apart, not pixels.
        difference = np.abs(found - overlay.blend(shown, colours)).mean()
        assert difference < 4, difference
    assert np.abs(drawn[0] - drawn[1]).mean() > 4
    page.click("[data-technical=soft]")
    page.wait_for_selector(".stage[data-drawn=evidence]")


def test_dropped_and_pasted_photos_are_looked_at(browse: Browse, files: dict[str, Path]) -> None:
    page = browse()
    give = """([data, name, kind]) => {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
      const about = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(kind === "drop"
        ? new DragEvent("drop", { ...about, dataTransfer: transfer })
        : new ClipboardEvent("paste", { ...about, clipboardData: transfer }));
    }"""
    for name, kind in (("china", "drop"), ("flower", "paste")):
        data = base64.b64encode(files[name].read_bytes()).decode()
        page.evaluate(give, [data, f"{name}-{kind}", kind])
        page.wait_for_selector(f"#name:text-is('{name}-{kind}')")
        page.wait_for_selector("#photo[data-state=done]")
    assert page.locator("#queue li").count() == 2


def test_maps_have_the_colour_of_their_sign(
    browse: Browse, files: dict[str, Path], analyzer: Analyzer
) -> None:
    page = browse([files["coffee"]])
    values = analyzer.assess(files["coffee"]).maps.evidence
    evidence, high, low = (view(page, name) for name in ("Evidence", "High", "Low"))

    def warmth(pixels: np.ndarray[Any, Any], cell: tuple[int, int]) -> float:
        """Red minus blue in the middle of a cell: above 0 orange, below 0 blue, 0 grey."""
        height, width = pixels.shape[:2]
        y = int((cell[0] + 0.5) * height / values.shape[0])
        x = int((cell[1] + 0.5) * width / values.shape[1])
        return float((pixels[y, x, 0] - pixels[y, x, 2]).mean())

    best = np.unravel_index(values.argmax(), values.shape)
    worst = np.unravel_index(values.argmin(), values.shape)
    assert values[best] > 0.5 and values[worst] < -0.5  # noqa: PT018  # or this shows nothing
    assert warmth(evidence, best) > 5 and warmth(high, best) > 5  # noqa: PT018
    assert warmth(evidence, worst) < -5 and warmth(low, worst) < -5  # noqa: PT018
    assert warmth(low, best) == 0 and warmth(high, worst) == 0  # noqa: PT018
    page.locator("[data-attribute]").first.click()
    page.wait_for_selector(".legend .violet")
    assert np.abs(canvas_pixels(page) - low).max() > 10
    page.locator("#view span", has_text="Photo").click()
    assert page.locator("canvas.map").is_hidden()


def test_pointer_and_divider(
    browse: Browse, files: dict[str, Path], assessment: Assessment
) -> None:
    page = browse([files["china"]])
    page.wait_for_selector(".stage[data-drawn=evidence]")
    box = page.locator(".stage").bounding_box()
    rows, columns = assessment.maps.evidence.shape
    row, column = rows // 4, columns // 4
    at = (column + 0.5) / columns, (row + 0.5) / rows  # the centre of a cell holds its value
    page.mouse.move(box["x"] + box["width"] * at[0], box["y"] + box["height"] * at[1])
    told = page.locator("#reading").inner_text().replace("−", "-")
    assert float(told.split()[2]) == pytest.approx(
        float(assessment.maps.evidence[row, column]), abs=0.06
    )
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, middle, steps=4)
    page.mouse.up()
    assert page.locator(".divider").get_attribute("aria-valuenow") == "20"
    assert "20" in page.locator("canvas.map").evaluate("(canvas) => canvas.style.clipPath")


def test_a_frame_dragged_over_a_face_warns(browse: Browse, files: dict[str, Path]) -> None:
    page = browse([files["astronaut"]])
    pick(page, "16:9")
    about = page.locator("#about-crop")
    assert "This crop " in about.inner_text()
    assert "face" not in about.inner_text()
    at = page.locator(".framed").bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    page.mouse.down()
    # From the hair to the middle of the face, which lies between rows 65 and 190 of 512.
    down = 128 / 512 * page.locator(".stage").bounding_box()["height"]
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2 + down, steps=4)
    page.mouse.up()
    after_crop(page)
    assert "a face is cut" in about.inner_text()


def test_a_dragged_crop_is_judged_and_saved_to_the_pixel(
    browse: Browse, files: dict[str, Path], photos: dict[str, Any], analyzer: Analyzer
) -> None:
    page = browse([files["png"]])
    pick(page, "16:9")
    frame, stage = page.locator(".framed"), page.locator(".stage").bounding_box()
    label = frame.get_attribute("aria-label")
    page.locator(".handle.se").hover()
    page.mouse.down()
    corner = frame.bounding_box()
    page.mouse.move(corner["x"] + corner["width"] * 0.7, corner["y"] + corner["height"] * 0.7)
    page.mouse.up()
    at = frame.bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] * 2, steps=3)
    page.mouse.up()
    said = frame.get_attribute("aria-label")
    assert said != label
    numbers = [int(word.strip(",.")) for word in said.split() if word.strip(",.").isdigit()]
    width, height, left, top = numbers
    assert top + height == 427  # dragged beyond the lower edge, it stops there
    assert width / height == pytest.approx(16 / 9, abs=2 / height)
    crop = Image.fromarray(photos["china"]).crop((left, top, left + width, top + height))
    judged = analyzer.assess(np.asarray(crop)).p_high
    shown = after_crop(page)
    assert shown == ("> 99 %" if judged > 0.995 else f"{judged * 100:.0f} %")
    name, data = downloaded(page, "[data-save=crop]")
    assert name == "china-crop.png"
    saved = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_array_equal(saved, np.asarray(crop))


def test_numbers_and_panel_are_saved(
    browse: Browse, files: dict[str, Path], assessment: Assessment
) -> None:
    page = browse([files["china"]])
    page.wait_for_selector("[data-aspect]:not(:disabled)")
    name, data = downloaded(page, "[data-save=json]")
    numbers = json.loads(data)
    assert (name, len(numbers["crops"])) == ("china.json", len(ASPECTS))
    assert numbers["logit"] == pytest.approx(assessment.logit, abs=1e-6)
    mean = np.mean(numbers["maps"]["evidence"]) + numbers["bias"]
    assert mean == pytest.approx(numbers["logit"], abs=1e-9)
    name, data = downloaded(page, "[data-save=panel]")
    assert name == "china-panel.png"
    assert min(Image.open(io.BytesIO(data)).size) > 300


def test_many_photos_and_one_that_is_none(browse: Browse, files: dict[str, Path]) -> None:
    page = browse([files[name] for name in ("broken", "china", "flower")])
    assert "no photograph that can be read" in page.locator("#assessment .problem").inner_text()
    assert page.locator("[data-act=again]").count() == 0
    page.wait_for_selector("#queue li:nth-child(3) [data-state=done]")
    states = page.locator("#queue button").evaluate_all("(all) => all.map((b) => b.dataset.state)")
    assert states == ["failed", "done", "done"]
    page.click("#queue li:nth-child(3) button")
    assert page.locator("#name").inner_text() == "flower.jpg"
    page.wait_for_selector(".stage[data-drawn=evidence]")


@pytest.mark.slow
def test_a_format_that_browsers_do_not_show(
    browse: Browse, photos: dict[str, Any], tmp_path: Path
) -> None:
    Image.fromarray(photos["china"]).save(tmp_path / "china.tif")
    page = browse([tmp_path / "china.tif"])
    page.wait_for_selector(".stage[data-drawn=evidence]")
    assert page.locator(".stage img").evaluate("(image) => image.naturalWidth") == 640


def test_by_keyboard_alone(browse: Browse, files: dict[str, Path]) -> None:
    page = browse([files["china"]])
    page.wait_for_selector("[data-aspect]:not(:disabled)")

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
        pytest.fail(f"Tab does not lead to {selector}")

    tab_to("#view input")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".stage[data-drawn=within]")
    page.wait_for_selector(".legend .below")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".stage[data-drawn=high]")
    tab_to(".divider")
    page.keyboard.press("Home")
    assert page.locator(".divider").get_attribute("aria-valuenow") == "0"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert "log-odds" in page.locator("#reading").inner_text()
    tab_to("[data-aspect='1:1']")
    page.keyboard.press("Enter")
    tab_to(".framed")
    before = page.locator(".framed").get_attribute("aria-label")
    page.keyboard.press("-")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".framed").get_attribute("aria-label") != before
    assert after_crop(page).endswith("%")
    tab_to("[data-save='crop']")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_accessibility(
    browse: Browse, files: dict[str, Path], axe_source: str, scheme: str
) -> None:
    page = browse(color_scheme=scheme)
    assert serious_faults(page, axe_source) == []
    page.set_input_files("#choose", [files["china"], files["broken"]])
    page.wait_for_selector("#queue [data-state=failed]")
    pick(page, "4:5")
    assert serious_faults(page, axe_source) == []


@pytest.mark.slow
def test_a_phone_shows_it_without_scrolling_sideways(
    browse: Browse, files: dict[str, Path]
) -> None:
    page = browse([files["china"]], viewport=(360, 740))
    page.wait_for_selector("[data-aspect]:not(:disabled)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_a_busy_service_is_asked_again(browse: Browse, files: dict[str, Path]) -> None:
    page = browse()
    answers = iter([503])

    def once(route: Any) -> None:
        if next(answers, None):
            body = '{"error": {"code": "busy", "message": "the queue is full"}}'
            route.fulfill(status=503, body=body, headers={"Retry-After": "1"})
        else:
            route.continue_()

    page.route("**/v1/assess?maps=true", once)
    errors = []
    page.on("console", lambda message: errors.append(message.text))
    page.set_input_files("#choose", files["china"])
    page.wait_for_selector(".lookout:has-text('busy')")
    page.wait_for_selector("#photo[data-state=done]")
    assert len(errors) == 1


@pytest.mark.slow
def test_a_token_is_asked_for(
    open_page: Callable[..., Any], files: dict[str, Path], tmp_path: Path
) -> None:
    token = tmp_path / "token.txt"
    token.write_text("a-token-of-some-length-0123456789")
    token.chmod(0o600)
    with served("--token-file", str(token)) as address:
        page, _ = open_page(address)
        page.wait_for_selector("html[data-ready]")
        page.set_input_files("#choose", files["china"])
        for said in ("wrong-token-0123456789abcdefgh", token.read_text()):
            page.fill("#token", said)
            page.keyboard.press("Enter")
            if said != token.read_text():
                page.wait_for_selector("#token-problem:has-text('not right')")
        page.wait_for_selector("#photo[data-state=done]")


@pytest.mark.slow
def test_a_service_that_is_gone(open_page: Callable[..., Any], files: dict[str, Path]) -> None:
    with served() as address:
        page, _ = open_page(address)
        page.wait_for_selector("html[data-ready]")
    page.set_input_files("#choose", [files["china"], files["flower"]])
    page.wait_for_selector(".problem:has-text('does not answer')")
    assert page.locator("[data-act=again]").is_visible()
    page.wait_for_selector("#judging button:has-text('Go on')")
    assert page.locator("#queue [data-state=waiting]").count() == 1
    with served("--port", address.split(":")[-1].strip("/")) as again:
        assert again == address
        page.click("#judging button")
        page.wait_for_selector("#judging", state="hidden")
        assert page.locator("#queue [data-state=done]").count() == 2


@pytest.mark.slow
def test_24_megapixels_three_times(browse: Browse, photos: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.fromarray(photos["china"]).resize((6000, 4000), 3).save(path, quality=90)
    page = browse()
    for place in (1, 2, 3):
        page.set_input_files("#choose", path)
        page.wait_for_selector(f"#queue li:nth-child({place}) [data-state=done]", state="attached")
        page.wait_for_selector(".stage[data-drawn=evidence]")
        page.wait_for_selector("[data-aspect]:not(:disabled)")


def test_parts_and_what_it_would_be_without_one(browse: Browse, files: dict[str, Path]) -> None:
    page = browse([files["china"]])
    rows = page.locator(".shares li").all_inner_texts()
    amounts = [float(row.split()[-1].replace("−", "-")) for row in rows]
    assert rows[-1].startswith("the constant")
    said = page.locator(".sum").inner_text()
    logit = float(said.rpartition("logit ")[2].split()[0].rstrip(".").replace("−", "-"))
    assert sum(amounts) == pytest.approx(logit, abs=0.03), "rounded to hundredths"
    pick(page, "1:1")
    page.click("[data-act=without]")
    page.wait_for_selector(".without p")
    first, second = page.locator(".without p").all_inner_texts()[:2]
    assert first.startswith("This part adds ")
    assert second.startswith("Without it, by the map: ")
