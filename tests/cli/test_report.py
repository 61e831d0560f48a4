from __future__ import annotations

import base64
import io
import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.batch.photo import score_photos
from aesmap.crop_assessment import judge_boxes, run_steps
from aesmap.crops.aspect import ASPECTS
from aesmap.crops.proposal import evidence_parts
from aesmap.errors import ImageMissingError
from aesmap.images.extras import thumbnail_of
from aesmap.images.reading import open_image
from aesmap.report.crops import judged_crops
from aesmap.report.page import json_for_html, script_source
from aesmap.types import Box, Size
from command import Aesmap, start, wait


def said_of(page: Path) -> dict[str, Any]:
    found = re.search(r'id="said">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    said: dict[str, Any] = json.loads(found[1])
    return said


@pytest.fixture(scope="module")
def page(some_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("report") / "page.html"
    process = start("report", some_photos, "--output", output)
    wait(process).summarised(output, "3 photographs")
    return output


def test_numbers_are_the_analyzer_s_own(page: Path, some_photos: Path, analyzer: Analyzer) -> None:
    said = said_of(page)
    payloads = re.findall(r'class="payload">([^<]*)<', page.read_text(encoding="utf-8"))
    assert [r["name"] for r in said["photographs"]] == ["chelsea.jpg", "china.jpg", "coins.jpg"]
    for record, payload in zip(said["photographs"], payloads, strict=True):
        assessment = analyzer.assess(some_photos / record["name"])
        assert record["logit"] == pytest.approx(assessment.logit, abs=1e-4)
        assert record["score"] == pytest.approx(assessment.score, abs=1e-4)
        assert [name for name, *_ in record["attributes"]] == [
            name for name, _ in assessment.attributes[:3]
        ]
        thumbnail, *maps = map(base64.b64decode, payload.split(","))
        size = Image.open(io.BytesIO(thumbnail)).size
        assert max(size) == 300
        assert size[0] / size[1] == pytest.approx(assessment.size.aspect, rel=0.01)
        cells = np.frombuffer(maps[0], "<f4").reshape(record["map"])
        # The maps travel exactly: what the page adds up is the assessment it states.
        assert cells.mean(dtype=np.float64) + record["bias"] == pytest.approx(
            record["logit"], abs=1e-12
        )
        attributes, (quality, *faults) = maps[1:4], maps[4:]
        for cells_of_one, (name, p, bias) in zip(attributes, record["attributes"], strict=True):
            logit = np.frombuffer(cells_of_one, "<f4").mean(dtype=np.float64) + bias
            assert 1 / (1 + np.exp(-logit)) == pytest.approx(p, abs=1e-4), name
        technical = assessment.technical
        assert technical is not None
        mean = np.frombuffer(quality, "<f4").mean(dtype=np.float64)
        assert mean + technical.bias[0] == pytest.approx(technical.logit, abs=1e-4)
        for cells_of_one, (name, p) in zip(faults, record["faults"], strict=True):
            logit = np.frombuffer(cells_of_one, "<f4").mean(dtype=np.float64)
            assert 1 / (1 + np.exp(-logit)) == pytest.approx(p, abs=1e-4), name


def test_crops_are_those_of_the_crop_command_to_1_in_500(
    page: Path, some_photos: Path, analyzer: Analyzer
) -> None:
    for record in said_of(page)["photographs"]:
        assessment = analyzer.assess(some_photos / record["name"])
        assert tuple(record["crops"]) == ASPECTS
        for name, box in record["crops"].items():
            exact = assessment.crop(None if name == "own" else name).box.as_tuple()
            tolerance = 2 + max(assessment.size.width, assessment.size.height) / 500
            np.testing.assert_allclose(box, exact, rtol=0, atol=tolerance)


def test_every_crop_has_words_and_none_a_number_that_nobody_computed(
    page: Path, some_photos: Path, analyzer: Analyzer
) -> None:
    for record in said_of(page)["photographs"]:
        assessment = analyzer.assess(some_photos / record["name"])
        whole = [0, 0, record["width"], record["height"]]
        assert list(record["cropWords"]) == list(record["crops"])
        for name, words in record["cropWords"].items():
            if record["crops"][name] == whole:
                assert words.startswith("this is the whole photograph")
                continue
            kept = re.match(r"this crop is not judged; the map keeps (\S+) of (\S+)", words)
            assert kept is not None
            box = Box(*record["crops"][name])
            of_box, rest = evidence_parts(assessment.maps, assessment.size, box)
            assert float(kept[1]) == pytest.approx(of_box, abs=0.0051)
            assert float(kept[2].rstrip(";")) == pytest.approx(of_box + rest, abs=0.0051)


def test_judged_crops_are_told_as_the_crop_command_tells_them(
    aesmap: Aesmap, some_photos: Path, tmp_path: Path, analyzer: Analyzer
) -> None:
    output = tmp_path / "judged.html"
    aesmap("report", some_photos, "--judge-crops", "--output", output).summarised(output)
    for record in said_of(output)["photographs"]:
        path = some_photos / record["name"]
        assessment = analyzer.assess(path)
        for name, words in record["cropWords"].items():
            box = Box(*record["crops"][name])
            steps = judge_boxes(analyzer, open_image(path), assessment, [box])
            (judged,) = run_steps(analyzer, steps)
            # Without faces, which the report looks for; of another decode by a little.
            assert words.split(";")[0].split(":")[0] == judged.words.split(";")[0].split(":")[0]
            assert "not judged" not in words


def test_a_photograph_that_goes_before_its_crops_are_judged_is_listed(
    some_photos: Path, tmp_path: Path, analyzer: Analyzer
) -> None:
    path = tmp_path / "going.jpg"
    path.write_bytes((some_photos / "china.jpg").read_bytes())
    (scored,) = score_photos(analyzer, [str(path)])
    path.unlink()
    ((found, crops),) = judged_crops(analyzer, [scored], 1, lambda: False)
    assert crops is None
    assert isinstance(found.result, ImageMissingError)


def test_nothing_in_the_page_can_ask_the_network(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; img-src data: blob: file:;")
    assert "unsafe" not in policy[1]
    assert "{{" not in text
    assert not re.search(r"https?://", text)


def test_json_cannot_end_its_element() -> None:
    value = {"name": "</script><!--&\u2028\u2029>", "p": 0.5}
    text = json_for_html(value)
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == value


def test_the_script_is_whole() -> None:
    script = script_source()
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert "</script" not in script.lower()
    names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names)), "one script has one scope"


@pytest.mark.parametrize("size", [Size(4000, 6000), Size(6000, 4000), Size(100, 5000), Size(9, 9)])
def test_a_thumbnail_has_the_photo_s_proportions(size: Size) -> None:
    picture = np.zeros((256, 384, 3), np.uint8)
    width, height = Image.open(io.BytesIO(thumbnail_of(picture, size))).size
    assert max(width, height) == 300
    assert width / height == pytest.approx(size.aspect, rel=0.1)


def test_a_file_that_cannot_be_read_is_listed(
    aesmap: Aesmap, bad_images: dict[str, Path], one_photo: Path, tmp_path: Path
) -> None:
    output = tmp_path / "page.html"
    aesmap("report", one_photo, bad_images["text.jpg"], "--output", output).failed(
        1, "1 of 2 files could not be read", "text.jpg"
    )
    said = said_of(output)
    assert [Path(error["path"]).name for error in said["errors"]] == ["text.jpg"]
    assert len(said["photographs"]) == 1


def test_folders_are_told_without_what_all_have_in_common(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path
) -> None:
    for folder in ("day1", "day2/late"):
        (tmp_path / "shoot" / folder).mkdir(parents=True)
        (tmp_path / "shoot" / folder / "a b#.jpg").write_bytes(one_photo.read_bytes())
    output = tmp_path / "page.html"
    aesmap("report", tmp_path / "shoot", "--output", output)
    records = said_of(output)["photographs"]
    assert [record["folder"] for record in records] == ["day1", "day2/late"]
    assert records[0]["href"] == "shoot/day1/a%20b%23.jpg"
    assert [record["group"] for record in records] == [0, 0]  # copies are one picture
    assert str(tmp_path) not in output.read_text(encoding="utf-8")


def test_wrong_calls(aesmap: Aesmap, tmp_path: Path, one_photo: Path) -> None:
    (tmp_path / "empty").mkdir()
    aesmap("report").failed(2, "DIR")
    aesmap("report", tmp_path / "empty").failed(2, "no images here")
    aesmap("report", one_photo, "--output", tmp_path / "page.txt").failed(2, ".html")
    aesmap("report", one_photo, "--output", tmp_path / "no" / "page.html").failed(
        1, "does not exist"
    )


def test_ctrl_c_leaves_the_old_page(photo_files: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number}.jpg").symlink_to(photo_files / "china.jpg")
    output = tmp_path / "page.html"
    output.write_text("old")
    process = start("report", folder, "--output", output)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".aesmap-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    wait(process).failed(130, "stopped", "is as it was")
    assert output.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
