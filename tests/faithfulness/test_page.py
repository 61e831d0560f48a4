"""The page, its charts, and what it is written into."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from aesmap.errors import ImageUnreadableError, OutputError, UsageError
from aesmap.faithfulness.charts import Curve, Row, curves_chart, points_chart, rows_chart
from aesmap.faithfulness.page import page
from aesmap.faithfulness.sample import read_photos
from aesmap.faithfulness.study import Study, perturb, point
from aesmap.faithfulness.writing import FIGURES, PAGE, output_folder, report, write
from aesmap.report.page import source_hash
from pixel_judge import PREPROCESSING, picture, pixel_judge
from sample_model import sample_manifest

EVIL = 'evil<script>alert(1)</script>"{{footer}}.jpg'


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from PIL import Image

    folder, judge = tmp_path_factory.mktemp("some"), pixel_judge()
    paths = [str(folder / f"{n}.png") for n in range(8)]
    for number, path in enumerate(paths):
        Image.fromarray(picture(number) // (1 + number % 3)).save(path)
    study = Study(judge, read_photos(judge, PREPROCESSING, paths, lambda: None)[0])
    perturb(study, PREPROCESSING, 0, 1, lambda: None)
    point(study, PREPROCESSING, 0, lambda: None)
    failed = [ImageUnreadableError(EVIL, "is damaged")]
    return report(study, paths, sample_manifest(), 0, failed, ["left out: <nothing>"])


def test_the_page_is_whole_and_runs_nothing(found: dict[str, Any]) -> None:
    text = page(found)
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert f"style-src '{source_hash(style[1])}'" in text
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert "style=" not in text
    assert "&lt;script&gt;alert" in text
    assert set(re.findall("{{.*?}}", text)) == {"{{footer}}"}, "only the file's own name"
    assert "left out: &lt;nothing&gt;" in text


def test_the_page_says_what_the_numbers_say(found: dict[str, Any]) -> None:
    text = page(found)
    area = found["heads"][0]["deletion"]["noisy_linear"]["area"]["map"]
    low, high = area["interval_95"]
    assert f"{area['value']:.2f} <small>[{low:.2f}, {high:.2f}]</small>" in text
    assert "Sky" in text


def test_every_chart_is_well_formed_and_inside_its_frame(found: dict[str, Any]) -> None:
    charts = re.findall("<svg viewBox=.*?</svg>", page(found), re.DOTALL)
    assert len(charts) > 10
    for chart in charts:
        drawn = ElementTree.fromstring(chart)
        _, _, width, height = map(float, drawn.attrib["viewBox"].split())
        for line in drawn.iter("polyline"):
            for pair in line.attrib["points"].split():
                x, y = map(float, pair.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height
        for dot in drawn.iter("circle"):
            assert 0 <= float(dot.attrib["cx"]) <= width
            assert 0 <= float(dot.attrib["cy"]) <= height


def test_charts_of_nothing() -> None:
    for chart in (
        curves_chart("t", [Curve("own", [(0.0, 0.0), (0.5, None)])], "x", "y"),
        points_chart("t", [[None, None]], None, ("x", "y")),
        rows_chart("t", [Row("a", "", None, None, None)], "x"),
    ):
        ElementTree.fromstring(chart)


def test_a_perfect_line_is_the_diagonal() -> None:
    chart = ElementTree.fromstring(points_chart("t", [[-1, -2], [1, 2]], 2.0, ("x", "y")))
    lines = {line.attrib["class"]: line.attrib for line in chart.iter("line")}
    rise = {
        name: (float(at["y1"]) - float(at["y2"])) / (float(at["x2"]) - float(at["x1"]))
        for name, at in lines.items()
        if name in ("perfect", "found")
    }
    assert rise["found"] == pytest.approx(2 * rise["perfect"], rel=0.01)


def test_writing_and_writing_again(found: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "report"
    for _ in range(2):
        with output_folder(folder):
            write(found, folder)
    assert sorted(path.name for path in folder.iterdir()) == [PAGE, FIGURES]


@pytest.mark.parametrize("name", [PAGE, FIGURES])
def test_files_of_others_stay(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"mine": true}')
    with (
        pytest.raises(UsageError, match="is no report of 'aesmap faithfulness'"),
        output_folder(tmp_path),
    ):
        pytest.fail("work was begun")
    assert (tmp_path / name).read_text() == '{"mine": true}'


def test_a_new_folder_goes_again_if_nothing_came_of_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), output_folder(tmp_path / "new"):
        raise KeyboardInterrupt
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").mkdir()
    with pytest.raises(KeyboardInterrupt), output_folder(tmp_path / "old"):
        raise KeyboardInterrupt
    assert (tmp_path / "old").is_dir()


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UsageError, match="is a file"), output_folder(tmp_path / "file"):
        pytest.fail("work was begun")
    with (
        pytest.raises(OutputError, match="does not exist"),
        output_folder(tmp_path / "no" / "such"),
    ):
        pytest.fail("work was begun")
