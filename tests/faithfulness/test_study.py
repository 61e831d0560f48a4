"""A whole study of a model whose maps are known: one head right, one that points elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from aesmap.faithfulness.heads import JudgeStoppedError
from aesmap.faithfulness.mosaic import mosaic, pointed, tiles
from aesmap.faithfulness.sample import drawn, read_photos
from aesmap.faithfulness.study import Study, perturb, point, where_tried
from aesmap.faithfulness.summary import area_between, mean_height, summarise
from aesmap.types import Size
from pixel_judge import PREPROCESSING, picture, pixel_judge

COUNT = 16


def nothing() -> None:
    """What is called after each step."""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Pictures of ever more light, two to a group of their own."""
    folder = tmp_path_factory.mktemp("pictures")
    names = []
    for number in range(COUNT):
        shown = picture(number).astype(float) * (0.4 + 0.6 * number / COUNT)
        path = folder / f"{number:02}.png"
        Image.fromarray(shown.astype(np.uint8)).save(path)
        names.append(str(path))
    return names


def study_of(paths: list[str], workers: int = 2) -> Study:
    judge = pixel_judge()
    photos, problems = read_photos(judge, PREPROCESSING, paths, nothing)
    assert not problems
    study = Study(judge, photos)
    perturb(study, PREPROCESSING, 0, workers, nothing)
    point(study, PREPROCESSING, 0, nothing)
    return study


@pytest.fixture(scope="module")
def study(paths: list[str]) -> Study:
    return study_of(paths)


def test_a_faithful_head_is_found_faithful(study: Study) -> None:
    groups = [f"{n // 2}" for n in range(COUNT)]
    found = summarise(study, groups)
    assert found["photographs"] == COUNT
    assert found["groups"] == COUNT // 2
    level = found["heads"][0]
    for way, figures in level["deletion"].items():
        assert figures["photographs"] == COUNT
        if way != "strips":  # there the map and its blur mostly choose the same side
            over = figures["map_less_control"][figures["best_control"]]
            assert over["interval_95"][0] > 0
            assert figures["times_best_control"]["value"] > 1
        assert figures["mean_change"]["highest_first"]["interval_95"][1] < 0
        assert figures["mean_change"]["lowest_first"]["interval_95"][0] > 0
    filled = level["agreement"]["mean_colour"]
    for part in ("cells", "blocks", "sets"):
        assert filled[part]["r2"]["value"] > 0.98
        assert filled[part]["slope"]["value"] == pytest.approx(1, abs=0.02)
        assert filled[part]["leak"]["value"] == pytest.approx(0, abs=1e-6)
    assert level["agreement"]["strips"]["strips"]["r2"]["value"] > 0.95
    assert level["mosaic"]["pairs"]["value"] == 1.0
    assert level["std_of_logit"] == pytest.approx(study.logits[:, 0].std(), abs=1e-4)


def test_a_head_that_points_elsewhere_is_found_out(study: Study) -> None:
    found = summarise(study, [str(n) for n in range(COUNT)])
    right, mirrored = found["heads"][1:]
    assert [right["kind"], mirrored["kind"]] == ["attribute", "attribute"]
    cells = mirrored["agreement"]["mean_colour"]["cells"]
    assert cells["r2"]["value"] < 0.2
    assert cells["leak"]["value"] > 0.9
    own, wrong = (
        head["deletion"]["noisy_linear"]["area"]["map"]["interval_95"] for head in (right, mirrored)
    )
    assert own[0] > wrong[1]
    assert set(mirrored["deletion"]) == {"noisy_linear", "strips"}


def test_nothing_depends_on_the_number_of_threads(paths: list[str]) -> None:
    names = [str(n) for n in range(4)]
    one, three = (study_of(paths[:4], workers=workers) for workers in (1, 3))
    assert summarise(one, names) == summarise(three, names)


def test_pictures_that_are_all_alike_give_no_figures_and_no_failure(paths: list[str]) -> None:
    found = summarise(study_of(paths[:1] * 3), ["a", "b", "c"])
    assert found["heads"][0]["deletion"]["mean_colour"]["area"]["map"]["value"] is None
    assert found["heads"][0]["mosaic"] is None


def test_an_interruption_stops_the_threads(paths: list[str]) -> None:
    judge = pixel_judge()
    study = Study(judge, read_photos(judge, PREPROCESSING, paths, nothing)[0])

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perturb(study, PREPROCESSING, 0, 2, interrupt)
    with pytest.raises(JudgeStoppedError):
        judge.maps(study.photos[0].picture[None])
    assert len(study.tests) == 1


def test_minor_heads_are_tried_where_they_are_strong(study: Study) -> None:
    where = where_tried(study)
    assert where[0] == set(range(COUNT))
    assert len(where[1]) == min(COUNT, 24)


def test_the_area_by_hand() -> None:
    fractions = (0.25, 0.5)
    falls, rises = np.array([-1.0, -1.0]), np.array([1.0, 3.0])
    # Trapezoids over 0.25 each, divided by 0.5: (0 + 1) / 2, (1 + 3) / 2; and the falling one.
    assert mean_height(rises, fractions) == pytest.approx((0.5 + 2.0) / 2)
    assert area_between(np.stack([falls, rises]), fractions) == pytest.approx(1.25 + 0.75)


def test_mosaics() -> None:
    size = Size(64, 64)
    shown = mosaic([np.full((48, 80, 3), grey, np.uint8) for grey in (10, 20, 30, 40)], size)
    assert [int(shown[b.top, b.left, 0]) for b in tiles(size)] == [10, 20, 30, 40]
    cells = shown[::8, ::8, 0].astype(float)
    assert pointed(cells, size, np.array([False, False, True, True])) == (1.0, 1.0)
    assert pointed(cells, size, np.array([True, True, False, False])) == (0.0, 0.0)
    # 10 and 40 are the better ones: 40 is above both others, 10 above none.
    assert pointed(cells, size, np.array([True, False, False, True])) == (0.5, 1.0)
    cells[:4, 4:] = 50  # the second tile, at the right of the first row
    assert pointed(cells, size, np.array([False, True, False, True])) == (1.0, 1.0)


def test_photographs_are_drawn_by_the_seed() -> None:
    names = [f"{n}.jpg" for n in range(50)]
    assert drawn(names, 10, 1) == drawn(names, 10, 1) != drawn(names, 10, 2)
    assert sorted(drawn(names, 99, 1)) == sorted(names)
    assert len(set(drawn(names, 10, 1))) == 10
