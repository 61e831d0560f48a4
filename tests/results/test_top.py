from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from aesmap.errors import ImageError, TableError
from aesmap.images.moments.frame_cues import frame_cues
from aesmap.images.moments.similarity import Signature
from aesmap.model.frame_choice import FEATURES, FrameChoice
from aesmap.results import signatures
from aesmap.results import top as best
from aesmap.results.top import Candidate, Picture, Wanted, best_of, best_of_table
from result_rows import failed_row, row_of, save_table
from sample_model import sample_manifest

SHAPED = sample_manifest().preprocessing

ROWS = [
    row_of("low.jpg", 3.0),
    row_of("b.jpg", 7.0),
    row_of("a.jpg", 7.0),
    row_of("noise.png", 9.5, uncertain=True, uncertain_reason="unfamiliar"),
    row_of("close.jpg", 5.5, uncertain=True, uncertain_reason="close"),
    failed_row("broken.jpg"),
]


def signature(seed: int) -> Signature:
    return Signature(np.random.default_rng(seed).bytes(32))


def told(pictures: list[Picture]) -> list[tuple[str, list[str]]]:
    return [(picture.row["path"], picture.similar) for picture in pictures]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(count=9), ["a.jpg", "b.jpg", "close.jpg", "low.jpg"]),
        (Wanted(count=2), ["a.jpg", "b.jpg"]),
        (Wanted(count=9, min_p_high=0.5), ["a.jpg", "b.jpg", "close.jpg"]),
        (Wanted(count=2, unfamiliar=True), ["noise.png", "a.jpg"]),
    ],
)
def test_the_best_first(wanted: Wanted, expected: list[str]):
    candidates = [Candidate(r, signature(n)) for n, r in enumerate(ROWS) if wanted.may_be(r)]
    assert told(best_of(candidates, wanted, None)) == [(name, []) for name in expected]


def test_what_is_similar_stands_behind_the_best_of_it():
    candidates = [
        Candidate(row_of("1.jpg", 6.0), signature(1)),
        Candidate(row_of("2.jpg", 7.0), signature(2)),
        Candidate(row_of("3.jpg", 8.0), signature(1)),
        Candidate(row_of("4.jpg", 2.0), signature(1)),
        Candidate(row_of("5.jpg", 5.0), signature(3)),
    ]
    two = best_of(candidates, Wanted(count=2), None)
    assert told(two) == [("3.jpg", ["1.jpg", "4.jpg"]), ("2.jpg", [])]
    apart = best_of(candidates, Wanted(count=3, collapse=False), None)
    assert told(apart) == [("3.jpg", []), ("2.jpg", []), ("1.jpg", [])]


def test_of_one_moment_the_better_taken_wins():
    """By a choice that looks at technical quality alone, and cannot tell below a log-odds of 1."""
    choice = FrameChoice((1.0, *[0.0] * (len(FEATURES) - 1)), 1.0)
    cues = frame_cues(np.zeros((64, 64, 3), np.uint8))
    moment = replace(signature(1), cues=cues)
    candidates = [
        Candidate(row_of("soft.jpg", 8.0, technical_p=0.3), moment),
        Candidate(row_of("other.jpg", 7.0, technical_p=0.9), replace(signature(2), cues=cues)),
        Candidate(row_of("sharp.jpg", 6.0, technical_p=0.8), moment),
        Candidate(row_of("dark.jpg", 7.5, technical_p=0.4), moment),
    ]
    pictures = best_of(candidates, Wanted(count=2), choice)
    assert told(pictures) == [("other.jpg", []), ("sharp.jpg", ["dark.jpg", "soft.jpg"])]
    assert pictures[1].reasons == {"better taken": pytest.approx(1.79, abs=0.01)}
    assert pictures[1].as_good == []
    close = [*candidates, Candidate(row_of("nearly.jpg", 5.0, technical_p=0.79), moment)]
    (_, undecided) = best_of(close, Wanted(count=2), choice)
    assert undecided.as_good == ["nearly.jpg"]
    assert set(undecided.reasons) == {"cannot tell"}
    plain = [Candidate(one.row | {"technical_p": None}, one.signature) for one in candidates]
    assert told(best_of(plain, Wanted(count=1), choice)) == [
        ("soft.jpg", ["dark.jpg", "sharp.jpg"])
    ]


def fail(error: ImageError) -> None:
    raise AssertionError(error)


@pytest.fixture
def scored(tmp_path: Path, photos: dict[str, npt.NDArray[np.uint8]]) -> Callable[..., Path]:
    """Makes a table of files with these names and scores; a name's letters say which photo."""

    def make(**scores: float) -> Path:
        rows = []
        for name, score in scores.items():
            path = tmp_path / f"{name}.jpg"
            if not name.startswith("missing"):
                Image.fromarray(photos[name.rstrip("0123456789")]).save(path, quality=80)
            rows.append(row_of(path, score))
        return save_table(tmp_path / "scores.csv", rows)

    return make


def test_a_table_and_its_files(scored: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    table = scored(china1=9.0, china2=8.5, coffee1=8.0, chelsea1=7.0, china3=6.0, rocket1=5.0)
    opened = []
    really = signatures.open_photo
    monkeypatch.setattr(
        signatures, "open_photo", lambda path: opened.append(Path(path)) or really(path)
    )
    monkeypatch.setattr(best, "num_cores", lambda: 1)
    steps: list[None] = []
    pictures = best_of_table(table, Wanted(count=2), None, SHAPED, fail, lambda: steps.append(None))
    names = [(Path(path).stem, [Path(s).stem for s in similar]) for path, similar in told(pictures)]
    assert names == [("china1", ["china2"]), ("coffee1", [])]
    assert len(steps) == 2
    assert "rocket1" not in {path.stem for path in opened}  # as low as that nobody looked


def test_a_table_is_read_further_when_the_best_do_not_suffice(
    scored: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    table = scored(**{f"china{n}": 9.0 - n / 10 for n in range(6)}, coffee1=3.0, rocket1=2.0)
    monkeypatch.setattr(best, "_ROWS_FIRST", 2)
    monkeypatch.setattr(best, "_ROWS_MORE", 2)
    pictures = best_of_table(table, Wanted(count=1), None, SHAPED, fail)
    assert [len(picture.similar) for picture in pictures] == [5]
    pictures = best_of_table(table, Wanted(count=3), None, SHAPED, fail)
    assert [Path(p.row["path"]).stem for p in pictures] == ["china0", "coffee1", "rocket1"]


def test_missing_files_are_told_and_the_next_best_take_their_place(scored: Callable[..., Path]):
    table = scored(missing1=9.0, china1=8.0, missing2=7.0, coffee1=6.0)
    problems: list[ImageError] = []
    pictures = best_of_table(table, Wanted(count=2), None, SHAPED, problems.append)
    assert [Path(p.row["path"]).stem for p in pictures] == ["china1", "coffee1"]
    assert [Path(p.source).stem for p in problems] == ["missing1", "missing2"]


def test_a_table_whose_files_are_all_elsewhere(tmp_path: Path):
    table = save_table(tmp_path / "t.csv", (row_of(f"nowhere/{n}.jpg") for n in range(300)))
    problems: list[ImageError] = []
    with pytest.raises(TableError, match=r"t\.csv.*100 best files.*in the folder where"):
        best_of_table(table, Wanted(count=5), None, SHAPED, problems.append)


def test_without_collapsing_no_file_is_opened(tmp_path: Path):
    table = save_table(tmp_path / "t.jsonl", (row_of(f"{n}.jpg", n) for n in range(1, 10)))
    pictures = best_of_table(table, Wanted(count=2, collapse=False), None, SHAPED, fail)
    assert told(pictures) == [("9.jpg", []), ("8.jpg", [])]
