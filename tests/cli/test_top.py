from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ExifTags, Image

from aesmap.columns import COLUMNS
from command import Aesmap
from result_rows import row_of, save_table


@pytest.fixture
def shoot(tmp_path: Path, photos: dict[str, npt.NDArray[np.uint8]]) -> Path:
    """Three pictures: a photo with a copy, a burst that moves, and another photo."""
    folder = tmp_path / "shoot"
    (folder / "copies").mkdir(parents=True)
    Image.fromarray(photos["coffee"]).save(folder / "coffee.jpg")
    Image.fromarray(photos["coffee"]).resize((300, 200)).save(
        folder / "copies/small.jpg", quality=60
    )
    Image.fromarray(photos["rocket"]).save(folder / "rocket.jpg")
    for number in range(3):
        left = 16 * number  # 3 % of the width, each time
        exif = Image.Exif()
        moment = datetime(2026, 6, 1, 12) + timedelta(seconds=number)
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = (
            f"{moment:%Y:%m:%d %H:%M:%S}"
        )
        frame = Image.fromarray(photos["china"][:400, left : left + 540])
        frame.save(folder / f"burst{number}.jpg", exif=exif.tobytes())
    return folder


def rows(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_one_of_each_picture(aesmap: Aesmap, shoot: Path):
    best = rows(aesmap("top", shoot, "--json").succeeded().out)
    assert [list(row) for row in best] == [[*COLUMNS, "similar", "as_good", "reasons"]] * 3
    groups = [{Path(p).name for p in (row["path"], *row["similar"])} for row in best]
    assert sorted(map(sorted, groups)) == [
        ["burst0.jpg", "burst1.jpg", "burst2.jpg"], ["coffee.jpg", "small.jpg"], ["rocket.jpg"],
    ]  # fmt: skip
    scores = [row["score"] for row in best]
    assert scores == sorted(scores, reverse=True)
    for row in best:
        alone = len(row["similar"]) == 0
        assert alone == (row["reasons"] == {})
        assert set(row["as_good"]) <= set(row["similar"])


def test_the_table_says_how_many_a_picture_stands_for(aesmap: Aesmap, shoot: Path):
    out = aesmap("top", shoot).succeeded().out.splitlines()
    assert out[0].split() == [
        *("photograph", "level", "p_high", "score", "technical"),
        *("similar", "why", "rank", "attributes", "note"),
    ]
    similar = {Path(line.split()[0]).name[:5]: line for line in out[1:]}
    assert " +2 " in similar["burst"]
    assert "+" not in similar["rocke"]


def test_a_table_gives_the_same_pictures(aesmap: Aesmap, shoot: Path, tmp_path: Path):
    table = tmp_path / "scores.csv"
    aesmap("score", shoot, "--output", table).summarised()
    assert aesmap("top", table, "--list").succeeded().out == aesmap("top", shoot, "--list").out
    assert aesmap("top", table, "-0", "--count", "1").out.count("\0") == 1


def test_few_and_good_ones(aesmap: Aesmap, shoot: Path):
    assert len(rows(aesmap("top", shoot, "--count", "2", "--json").out)) == 2
    bound = rows(aesmap("top", shoot, "--json").out)[0]["p_high"]
    (only,) = rows(aesmap("top", shoot, "--min-p-high", bound - 1e-6, "--json").out)
    assert only["p_high"] == bound
    assert aesmap("top", shoot, "--min-p-high", "1").succeeded().out.count("\n") == 1


def test_what_the_model_does_not_know_is_left_out(aesmap: Aesmap, shoot: Path):
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(shoot / "noise.png")
    assert "noise.png" not in aesmap("top", shoot, "--list").out
    assert "noise.png" in aesmap("top", shoot, "--list", "--include-unfamiliar").out


def test_copies_are_no_new_photographs(aesmap: Aesmap, shoot: Path):
    aesmap("top", shoot, "--copy-to", shoot / "best").summarised("3 copied")
    aesmap("top", shoot, "--count", "1", "--link-to", shoot / "links").summarised("1 linked")
    assert len(list((shoot / "best").iterdir())) == 3


def test_copies_of_everything_are_no_new_photographs_either(aesmap: Aesmap, shoot: Path):
    call = ("top", shoot, "--keep-similar", "--copy-to", shoot / "all")
    aesmap(*call).summarised("6 copied")
    aesmap(*call).summarised("0 copied", "6 there already")


def test_a_contact_sheet(aesmap: Aesmap, shoot: Path, tmp_path: Path):
    sheet = tmp_path / "best.png"
    outcome = aesmap("top", shoot, "--output", sheet).summarised("best.png", "3 photographs")
    assert outcome.out == ""
    with Image.open(sheet) as image:
        assert image.format == "PNG"
        assert image.width == 2 * 40 + 3 * 220 + 2 * 28  # margins, thumbnails, gaps
    aesmap("top", shoot, "--output", tmp_path / "best.jpg").failed(2, "end its name in .png")
    aesmap("top", shoot, "--output", sheet, "--count", "61").failed(2, "60")


def test_broken_files_are_told_and_the_rest_goes_on(aesmap: Aesmap, shoot: Path):
    (shoot / "empty.jpg").write_bytes(b"")
    outcome = aesmap("top", shoot, "--list").failed(1, "empty.jpg", "is empty")
    assert outcome.out.count("\n") == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--list", "--json"), ("give one",)),
        (("--copy-to", "a", "--link-to", "b"), ("give one",)),
        (("--count", "0"), ("--count",)),
        (("scores.csv",), ("a table goes alone",)),
    ],
)
def test_wrong_calls(aesmap: Aesmap, shoot: Path, arguments: tuple[str, ...], words):
    aesmap("top", shoot, *arguments).failed(2, *words)


def test_nothing_there(aesmap: Aesmap, tmp_path: Path):
    aesmap("top", tmp_path).failed(2, "no images here")
    aesmap("top", tmp_path / "no.parquet").failed(1, "no such file; make it")
    table = save_table(tmp_path / "t.csv", [row_of(tmp_path / "gone.jpg")])
    aesmap("top", table, "--list").failed(1, "gone.jpg", "no such file")


def test_variety_and_quotas(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    best = rows(aesmap("top", shoot, "--json").succeeded().out)
    varied = rows(aesmap("top", shoot, "--diverse", "--json").succeeded().out)
    assert varied[0]["path"] == best[0]["path"]
    assert {row["path"] for row in varied} == {row["path"] for row in best}
    assert len(rows(aesmap("top", shoot, "--per", "folder", "--json").succeeded().out)) == 1
    two = rows(aesmap("top", shoot, "--per", "folder", "--most", 2, "--json").succeeded().out)
    assert [row["path"] for row in two] == [row["path"] for row in best[:2]]
    table = tmp_path / "scores.csv"
    aesmap("score", shoot, "--output", table).summarised("photographs")
    aesmap("top", table, "--diverse").failed(2, "--diverse", "photographs")
