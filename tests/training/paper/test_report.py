"""The page: well formed, self-contained, complete, and deaf to what file names say."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from paper_study import made_images, made_results, planned_cells

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
pytest.importorskip("torchvision")

from aesmap.model.maps import ActivationMaps
from aesmap.training.paper.pictures import ShownPhoto
from aesmap.training.paper.report import Study, without_nan, write_report

VOID = {"meta", "img", "source", "br", "link", "input", "hr", "wbr"}
HOSTILE = 'x"><script>alert(1)</script>&.jpg'
IMAGES = made_images(120, num_tags=2)
CELLS = planned_cells(seeds=(0,), num_folds=2)


class Page(HTMLParser):
    """Every element closed in order; tags, attributes and text kept."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.links += [values[k] for k in ("href", "src", "srcset", "action") if k in values]
        self.ids += [values["id"]] if "id" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data


def write(folder: Path, num_cells: int | None = None, **options) -> tuple[Page, dict]:
    wrong = {(c.attributes, c.inside, c.outside): 30 - 2 * int(c.outside) for c in CELLS}
    results = made_results(IMAGES, CELLS, wrong)[:num_cells]
    study = Study(
        **{"title": "A study", "images": IMAGES, "results": results, "wanted": CELLS} | options
    )
    path = write_report(study, folder / "report", num_draws=50)
    numbers = json.loads((folder / "report" / "results.json").read_text())
    return Page(path.read_text()), numbers


def test_a_whole_study(tmp_path: Path) -> None:
    page, numbers = write(
        tmp_path,
        protocol={"Recipe": "hash 1234abcd"},
        commands=["aesmap reproduce --data spec"],
        notes=["A caveat of ours."],
    )
    words = re.sub(r"\s+", " ", page.text)
    for expected in ("hash 1234abcd", "aesmap reproduce --data spec", "A caveat of ours."):
        assert expected in words
    for entry in (*numbers["table_1"], *numbers["table_2"]):
        for figure in ("accuracy", "balanced_accuracy", "accuracy_whole"):
            low, high = (f"{100 * end:.2f}" for end in entry[figure]["interval_95"])
            assert f"{100 * entry[figure]['value']:.2f} {low} to {high}" in words
        if entry["paper"]:
            assert f"{100 * entry['paper']:.2f}" in words
    for claim in numbers["claims"]:
        assert claim["text"] in words
    for layer in numbers["figure_4"]:
        assert f"{layer['fully_connected']:,}" in words
    assert "Missing cells" not in words
    assert numbers["missing"] == []
    assert numbers["format"] == "aesmap-paper/1"


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    page, _ = write(tmp_path)
    assert not {"script", "link", "iframe", "object", "embed"} & set(page.tags)
    inside = [link for link in page.links if link.startswith("#")]
    assert {link[1:] for link in inside} <= set(page.ids)
    others = [link for link in page.links if not link.startswith("#")]
    assert len(others) >= 4
    assert all(re.match(r"data:image/(svg\+xml|webp);base64,", link) for link in others)
    text = (tmp_path / "report" / "index.html").read_text()
    assert "url(" not in text
    assert "@import" not in text


def test_missing_cells_are_named_and_stand_empty(tmp_path: Path) -> None:
    page, numbers = write(tmp_path, num_cells=3)
    assert len(numbers["missing"]) == len(CELLS) - 3
    for name in numbers["missing"]:
        assert name in page.text
    assert "not run" in page.text
    assert "cannot be decided" in page.text


def test_a_study_that_has_only_begun_renders(tmp_path: Path) -> None:
    page, numbers = write(tmp_path, num_cells=0)
    assert "nothing was run" in page.text
    assert numbers["data"]["images_tested"] == 0


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    maps = ActivationMaps(np.ones((2, 2), np.float32), 0.0)
    shown = ShownPhoto(HOSTILE, np.full((40, 40, 3), 90, np.uint8), maps, True)
    page, _ = write(
        tmp_path,
        title=HOSTILE,
        protocol={HOSTILE: HOSTILE},
        commands=[HOSTILE],
        notes=[HOSTILE],
        photos=[shown],
        shown_by=HOSTILE,
    )
    assert "script" not in page.tags
    assert page.text.count(HOSTILE) == 7  # title twice, heading and words, command, note, network
    assert "Figures 6 and 7" in page.text


def test_the_same_study_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name)
    for file in ("index.html", "results.json"):
        one, two = (tmp_path / name / "report" / file for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_json_has_no_word_for_nan() -> None:
    found = without_nan({"a": [float("nan"), 1.0], "b": (float("inf"), "x")})
    assert found == {"a": [None, 1.0], "b": [None, "x"]}
