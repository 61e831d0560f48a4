"""`--previews auto`: what is read, how far scores move, and that tables say so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.errors import UsageError
from aesmap.loading import load
from command import Aesmap
from mpf_files import camera_exif, camera_file
from score_tables import read_table

MOST_DRIFT = 0.1


@pytest.fixture(scope="module")
def shoot(photos: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photographs of six megapixels with previews, one without."""
    folder = tmp_path_factory.mktemp("card")
    for name in ("china", "coffee", "rocket"):
        photo = Image.fromarray(photos[name])
        size = (3000, round(3000 * photo.height / photo.width))
        pixels = np.asarray(photo.resize(size, Image.Resampling.LANCZOS))
        preview = (1620, round(1620 * size[1] / size[0]))
        (folder / f"{name}.jpg").write_bytes(camera_file(pixels, preview))
    Image.fromarray(photos["chelsea"]).save(folder / "without.jpg", exif=camera_exif())
    return folder


def test_scores_move_little_and_the_model_says_why(
    aesmap: Aesmap, analyzer: Analyzer, shoot: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"
    aesmap("score", shoot, "--previews", "auto", "--output", output).summarised(output)
    quick = load(previews="auto")
    moved = {}
    for row in read_table(output):
        assert row["model"] == f"{analyzer.manifest.model_id}+previews"
        full = analyzer.assess(row["path"])
        assert (row["width"], row["height"]) == (full.size.width, full.size.height)
        assert row["score"] == pytest.approx(quick.assess(row["path"]).score, abs=1e-4)
        moved[Path(row["path"]).name] = abs(row["score"] - full.score)
    assert moved.pop("without.jpg") < 1e-4
    assert all(1e-4 < change <= MOST_DRIFT for change in moved.values()), moved
    refused = aesmap("score", shoot, "--output", output, "--resume")
    refused.failed(1, output, "+previews", "--resume")


def test_without_the_option_the_photograph_is_read(
    aesmap: Aesmap, analyzer: Analyzer, shoot: Path
) -> None:
    lines = aesmap("score", shoot, "--format", "jsonl").out.splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        assert row["model"] == analyzer.manifest.model_id
        assert row["score"] == pytest.approx(analyzer.assess(row["path"]).score, abs=1e-4)


def test_it_holds_wherever_photographs_are_scored(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    chosen = aesmap("top", shoot, "--previews", "auto", "--json").succeeded()
    assert '+previews"' in chosen.out
    page = tmp_path / "report.html"
    aesmap("report", shoot, "--previews", "auto", "--output", page).summarised(page)
    assert "+previews" in page.read_text(encoding="utf-8")


def test_an_analyzer_takes_its_way_along(shoot: Path) -> None:
    import pickle

    quick = load(previews="auto", num_threads=1)
    twin = pickle.loads(pickle.dumps(quick))
    path = shoot / "china.jpg"
    assert twin.assess(path).score == quick.assess(path).score != load().assess(path).score
    streamed = next(iter(load(previews="auto").assess_many([path])))
    assert streamed.score == pytest.approx(quick.assess(path).score, abs=1e-4)


def test_no_damage_to_a_preview_is_seen(analyzer: Analyzer, shoot: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    shutil.copy(shoot / "china.jpg", path)
    path.write_bytes(path.read_bytes()[:-1000])
    full = analyzer.assess(path)
    assert load(previews="auto").assess(path).score == pytest.approx(full.score, abs=1e-6)


def test_other_values_are_refused() -> None:
    with pytest.raises(UsageError, match="previews: one of auto, never, not 'always'"):
        load(previews="always")
