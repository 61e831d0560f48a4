"""Text in the bundled fonts: no boxes for missing glyphs, nothing wider than its room."""

from __future__ import annotations

import string
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from aesmap.explain.text_layout import (
    MINUS,
    draw_text,
    elide_middle,
    font,
    line_box,
    spell,
    text_width,
    wrap,
)

NEVER_A_CHARACTER = "\U0010ffff"


def ink_box(text: str, size: int) -> tuple[int, int, int, int] | None:
    """Where ink lies when ``text`` is written at (50, 100) on a white sheet."""
    sheet = Image.new("L", (1200, 160), 255)
    draw_text(ImageDraw.Draw(sheet), 50, 100, text, size=size, fill=0)  # type: ignore[arg-type]
    return Image.fromarray(255 - np.asarray(sheet)).getbbox()


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("IMG_0412.jpg", "IMG_0412.jpg"),
        ("Ünïcødé Straße.jpg", "Ünïcødé Straße.jpg"),
        (
            "e\N{COMBINING ACUTE ACCENT}t\N{COMBINING ACUTE ACCENT}e",
            "ét\N{COMBINING ACUTE ACCENT}e",
        ),
        ("Привет Ελλάδα Đặng Żółć İğ", "Привет Ελλάδα Đặng Żółć İğ"),
        ("照片 写真 사진 カメラ 1.jpg", "照片 写真 사진 カメラ 1.jpg"),
        ("שלום.jpg", r"\u05e9\u05dc\u05d5\u05dd.jpg"),
        ("📷 1", r"\U0001f4f7 1"),
        ("two\nlines\tand\N{NO-BREAK SPACE}a space", "two lines and a space"),
        ("a\N{ZERO WIDTH SPACE}b", "ab"),
        ("640×480 – 3\N{MINUS SIGN}1", "640×480 – 3\N{MINUS SIGN}1"),
        ("undecodable \udcff byte", r"undecodable \udcff byte"),
        ("", ""),
    ],
)
def test_spelling(text: str, spelled: str) -> None:
    assert spell(text) == spelled


def test_printable_ascii_is_kept() -> None:
    text = string.ascii_letters + string.digits + string.punctuation + " "
    assert spell(text) == text


@given(st.text(max_size=30))
def test_what_is_spelled_has_a_glyph(text: str) -> None:
    boxes = [bytes(font(24, face).getmask(NEVER_A_CHARACTER)) for face in (0, 1)]
    for char in spell(text).replace(MINUS, "").replace(" ", ""):
        masks = [bytes(font(24, face).getmask(char)) for face in (0, 1)]
        assert any(mask != box for mask, box in zip(masks, boxes, strict=True)), char


def test_names_in_any_script_can_be_told_apart() -> None:
    names = ["Grüße", "Grusse", "Привет", "Пока", "写真", "照片", "사진", "שלום", "صورة", "📷", "🎞"]
    assert len({spell(name) for name in names}) == len(names)


def test_the_fonts_stay_small() -> None:
    fonts = files("aesmap") / "assets" / "fonts"
    assert sum(len(path.read_bytes()) for path in fonts.iterdir()) < 3 * 2**20
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text(encoding="utf-8")


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(12, 46), st.integers(60, 900))
def test_elided_text_fits(text: str, size: int, width: int) -> None:
    assert text_width(elide_middle(text, size, width), size) <= width


@settings(deadline=None, max_examples=30)
@given(st.text(alphabet=string.printable + MINUS, min_size=1, max_size=20), st.integers(12, 46))
def test_ink_stays_within_the_measured_width(text: str, size: int) -> None:
    box = ink_box(text, size)
    if box is not None:
        # Letters such as j reach a little over their own left edge.
        assert box[0] >= 50 - size // 6
        assert box[2] <= 50 + text_width(text, size) + size // 6
        ascent, descent = line_box(size)
        assert box[1] >= 100 - ascent
        assert box[3] <= 100 + descent


def test_elided_names_keep_both_ends() -> None:
    name = "holiday_" * 20 + "IMG_0412.jpg"
    short = elide_middle(name, 19, 300)

    assert short.startswith("holiday_")
    assert short.endswith("IMG_0412.jpg")
    assert short.count("…") == 1
    # As long as can be: one character more would not fit.
    assert 300 - text_width(short, 19) < 2 * text_width("m", 19)


def test_short_text_is_left_alone() -> None:
    assert elide_middle("chelsea.jpg", 19, 300) == "chelsea.jpg"


def test_wrapping_breaks_at_spaces_and_keeps_all_words_while_they_fit() -> None:
    text = "the probability lies close to one half and the photo is unlike the training photos"
    lines = wrap(text, 19, 300, 5)

    assert 1 < len(lines) <= 5
    assert " ".join(lines) == text
    assert all(text_width(line, 19) <= 300 for line in lines)


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(1, 4))
def test_wrapped_text_fits(text: str, max_lines: int) -> None:
    lines = wrap(text, 16, 200, max_lines)

    assert len(lines) <= max_lines
    assert all(text_width(line, 16) <= 200 for line in lines)


@pytest.mark.parametrize("size", [14, 16, 19, 23, 44])
def test_the_minus_is_the_bar_of_the_plus(size: int) -> None:
    minus, plus = ink_box(MINUS, size), ink_box("+", size)
    assert minus is not None
    assert plus is not None
    assert (minus[1] + minus[3]) / 2 == pytest.approx((plus[1] + plus[3]) / 2, abs=0.5)
    assert minus[2] - minus[0] == pytest.approx(plus[2] - plus[0], abs=2)
    assert minus[2] - minus[0] > 2.5 * (minus[3] - minus[1])
    assert text_width(MINUS + "1", size) == pytest.approx(text_width("+1", size), abs=1)
