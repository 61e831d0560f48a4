"""`aesmap taste`, and --taste where photographs are judged."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.loading import load
from aesmap.model.taste import read_taste
from aesmap.tagging.stars import stars_in_words
from command import Aesmap

LOVED, OTHER = (200, 60, 40), (60, 90, 190)


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty pictures of random blocks, half of them red: loved, as stars.csv says."""
    folder = tmp_path_factory.mktemp("shoot")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(80):
        blocks = rng.integers(-60, 60, (6, 8, 3)) + np.array(OTHER if number % 2 else LOVED)
        picture = np.kron(np.clip(blocks, 0, 255), np.ones((20, 20, 1))).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{number:02}.jpg", quality=95)
        rows.append((f"{number:02}.jpg", int(rng.choice((1, 2) if number % 2 else (4, 5)))))
    with (folder / "stars.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "stars"), *rows])
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all tests of this file, and never the user's."""
    base = tmp_path_factory.getbasetemp() / "taste-cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(base))
    monkeypatch.setenv("LOCALAPPDATA", str(base))
    monkeypatch.setenv("HOME", str(base))


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mine") / "mine.taste"


def test_from_stars_to_a_taste_in_use(aesmap: Aesmap, shoot: Path, mine: Path) -> None:
    learned = aesmap("taste", "learn", shoot / "stars.csv", "--output", mine)
    learned.summarised("mine.taste", read_taste(mine).taste_id)
    assert "pairs that you rated differently, held out: the crowd's judge orders" in learned.out
    assert read_taste(mine).calibrated
    shown = aesmap("taste", "show", mine).succeeded().out
    assert "from 80 photographs of" in shown
    assert learned.out.splitlines()[0] in shown
    about = aesmap("taste", "show", mine, "--json").succeeded().json
    assert about["learned"]["held_out"]["gain"][1] > 0
    assert "weights_float32" not in about
    assert mine.stat().st_size < 200_000

    rows = aesmap("score", shoot, "--format", "jsonl", "--taste", mine)
    found = [json.loads(line) for line in rows.out.splitlines()]
    assert {row["model"].split("+")[1] for row in found} == {read_taste(mine).taste_id}
    by_name = {Path(row["path"]).stem: row["p_high"] for row in found}
    loved = [by_name[f"{n:02}"] for n in range(0, 80, 2)]
    others = [by_name[f"{n:02}"] for n in range(1, 80, 2)]
    assert min(loved) > 0.5 > max(others)


def test_the_same_again_is_the_same(
    aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.taste"
    aesmap("taste", "learn", shoot / "stars.csv", "--output", again)
    assert read_taste(again).taste_id == read_taste(mine).taste_id


def test_explain_draws_the_difference(
    aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path
) -> None:
    photo, picture, maps = shoot / "00.jpg", tmp_path / "d.png", tmp_path / "m.npz"
    told = aesmap(
        "explain", photo, "--taste", mine, "--output", picture, "--maps", maps, "--json"
    ).succeeded()
    plain = aesmap("explain", photo, "--json").succeeded().json
    numbers = told.json
    assert numbers["crowd_logit"] == pytest.approx(plain["logit"], abs=1e-6)
    assert "crowd_logit" not in plain
    arrays = np.load(maps)
    added = arrays["difference"].mean(dtype=np.float64) + arrays["difference_bias"]
    assert numbers["logit"] - plain["logit"] == pytest.approx(added, abs=1e-6)
    with Image.open(picture) as drawn:
        assert drawn.width > 1000
    aesmap("explain", photo, "--layout", "difference").failed(2, "--taste")


@pytest.mark.parametrize(
    "command",
    [
        ("top", "{shoot}", "--count", "3", "--list"),
        ("crop", "{shoot}/00.jpg", "--aspect", "1:1"),
        ("tag", "{shoot}", "--xmp", "--dry-run"),
        ("report", "{shoot}", "--output", "{out}/r.html"),
    ],
    ids=lambda command: command[0],
)
def test_other_commands_take_it(
    command: tuple[str, ...], aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path
) -> None:
    words = [word.format(shoot=shoot, out=tmp_path) for word in command]
    found = aesmap(*words, "--taste", mine)
    assert found.exit_code == 0, found.err
    if command[0] == "top":
        assert all(int(Path(line).stem) % 2 == 0 for line in found.out.splitlines())
    if command[0] == "report":
        assert read_taste(mine).taste_id in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize("name", ["s.csv", "s.jsonl", "s.parquet"])
def test_resume_goes_on_with_no_other_judge(
    name: str, aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path
) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("duckdb")
    table = tmp_path / name
    aesmap("score", shoot / "00.jpg", "--output", table).summarised()
    aesmap("score", shoot, "--output", table, "--resume", "--taste", mine).failed(1, name)


def test_nothing_to_learn_writes_nothing(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    stars = np.random.default_rng(5).integers(1, 6, 80)
    table, output = tmp_path / "s.csv", tmp_path / "n.taste"
    rows = "".join(f"{shoot / f'{n:02}.jpg'},{star}\n" for n, star in enumerate(stars))
    table.write_text("path,stars\n" + rows)
    refused = aesmap("taste", "learn", table, "--output", output)
    refused.failed(1, "not yet", "--anyway")
    assert not output.exists()
    aesmap("taste", "learn", table, "--output", output, "--anyway").summarised("n.taste")
    assert not read_taste(output).learned["held_out"]["gain"][1] > 0


@pytest.mark.parametrize(
    ("stars", "problem"),
    [
        ([3] * 30, "all 30 photographs have the same stars"),
        ([1, 5] * 9, "18 rated photographs: too few"),
        ([], "0 rated photographs: too few"),
    ],
)
def test_stars_that_teach_nothing(
    stars: list[int], problem: str, aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    rows = "".join(f"{shoot / f'{n:02}.jpg'},{star}\n" for n, star in enumerate(stars))
    (tmp_path / "s.csv").write_text("path,stars\n" + rows)
    aesmap("taste", "learn", tmp_path / "s.csv", "--output", tmp_path / "x.taste").failed(
        1, problem
    )


def test_one_burst_is_no_taste(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    rows = ["path,stars"]
    for number in range(24):
        copy = tmp_path / f"{number}.jpg"
        copy.write_bytes((shoot / f"{number % 2:02}.jpg").read_bytes())
        rows.append(f"{copy.name},{1 + number % 5}")
    (tmp_path / "s.csv").write_text("\n".join(rows))
    aesmap("taste", "learn", tmp_path / "s.csv", "--output", tmp_path / "x.taste").failed(
        1, "24 rated photographs are of 2 moments"
    )


def test_photographs_that_are_gone_are_named(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    table = tmp_path / "s.csv"
    rows = (shoot / "stars.csv").read_text().splitlines()[1:]
    table.write_text("path,stars\n" + "\n".join(f"{shoot}/{row}" for row in rows) + "\ngone.jpg,3")
    found = aesmap("taste", "learn", table, "--output", tmp_path / "x.taste")
    assert found.exit_code == 0
    assert "gone.jpg: no such file" in found.err


def test_outputs_that_cannot_be(aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path) -> None:
    table = shoot / "stars.csv"
    aesmap("taste", "learn", table, "--output", tmp_path / "x.json").failed(2, "end the name")
    aesmap("taste", "learn", table, "--output", tmp_path / "no/x.taste").failed(2, "no folder")
    other = tmp_path / "letter.taste"
    other.write_text("Dear diary")
    aesmap("taste", "learn", table, "--output", other).failed(2, "is no taste")
    assert other.read_text() == "Dear diary"
    aesmap("taste", "show", other).failed(1, "letter.taste")
    aesmap("score", shoot, "--taste", other).failed(1, "letter.taste")
    aesmap("score", shoot, "--taste", mine, "--model", "ava").failed(1, "learn it again")
    aesmap("top", table, "--taste", mine).failed(2)


def test_show_makes_a_page_whose_numbers_add_up(
    aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path
) -> None:
    page = tmp_path / "mine.html"
    aesmap("taste", "show", mine, "--output", page).summarised("10 photographs")
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text)
    assert len(pictures) == 20
    sums = re.findall(
        r"crowd (.\d+\.\d\d), difference (.\d+\.\d\d) \(its map&#x27;s mean (.\d+\.\d\d), the"
        r" constant (.\d+\.\d\d)\), you (.\d+\.\d\d)",
        text,
    )
    assert len(sums) == 10
    for written in sums:
        crowd, difference, mean, constant, yours = (float(n.replace("−", "-")) for n in written)
        assert crowd + difference == pytest.approx(yours)
        assert mean + constant == pytest.approx(difference)
    # The first is the one that the taste names, as explain has it.
    first = read_taste(mine).learned["most_different"]["more"][0]["path"]
    told = aesmap("explain", first, "--taste", mine, "--json").succeeded().json
    assert float(sums[0][4].replace("−", "-")) == pytest.approx(told["logit"], abs=0.006)
    with Image.open(io.BytesIO(base64.b64decode(pictures[1]))) as drawn:
        red, _, blue = np.asarray(drawn.convert("RGB")).mean(axis=(0, 1))
    assert red > blue  # orange: more than the crowd's judge sees in it


def test_photographs_that_have_moved(
    aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path
) -> None:
    taste, moved = tmp_path / "moved.taste", tmp_path / "elsewhere" / "below"
    about = json.loads(mine.read_text())
    shown = [one for several in about["learned"]["most_different"].values() for one in several]
    for one in shown:
        one["path"] = f"/not/there/{Path(one['path']).name}"
    taste.write_text(json.dumps(about))
    page = tmp_path / "page.html"
    without = aesmap("taste", "show", taste, "--output", page)
    assert without.exit_code == 0
    assert f"{shown[0]['path']}: no such file" in without.err
    assert f"{page}: 0 photographs" in without.err
    assert "no such file" in page.read_text()
    moved.mkdir(parents=True)
    for one in shown:
        name = Path(one["path"]).name
        (moved / name).write_bytes((shoot / name).read_bytes())
    aesmap("taste", "show", taste, "--output", page, "--photos", moved.parent).summarised("10")


def test_pages_that_cannot_be(aesmap: Aesmap, mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "diary.html"
    other.write_text("<p>Dear diary")
    aesmap("taste", "show", mine, "--output", other).failed(2, "no page of a taste")
    assert other.read_text() == "<p>Dear diary"
    aesmap("taste", "show", mine, "--output", tmp_path / "x.pdf").failed(2, "html")
    aesmap("taste", "show", mine, "--photos", tmp_path).failed(2, "--output")
    aesmap("taste", "show", mine, "--output", tmp_path / "x.html", "--photos", other).failed(2)


def test_tag_forecasts_stars_and_leaves_own_ones(
    aesmap: Aesmap, photos: dict[str, Any], mine: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "tagged"
    folder.mkdir()
    for number, pixels in enumerate(list(photos.values())[:3]):
        Image.fromarray(pixels).save(folder / f"{number}.jpg", quality=90)
    own = '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="1"/>'
    (folder / "2.jpg.xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        f' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{own}</rdf:RDF></x:xmpmeta>'
    )
    forecast = read_taste(mine).forecast
    assert forecast is not None
    judge = load(taste=mine, num_threads=1)
    stars = [forecast.stars(judge.assess(folder / f"{n}.jpg").logit) for n in range(2)]
    told = aesmap("tag", folder, "--xmp", "--dry-run", "--taste", mine).succeeded().out
    lines = {Path(line.split(":")[0]).name[0]: line for line in told.splitlines()[:3]}
    for number in range(2):
        wanted = f": {stars_in_words(stars[number])}, as forecast for you, {forecast.words()}"
        assert wanted in lines[str(number)]
    assert "rating 1 stays" in lines["2"]
    assert not (folder / "0.jpg.xmp").exists()
    aesmap("tag", folder, "--xmp", "--taste", mine).succeeded()
    assert 'xmp:Rating="1"' in (folder / "2.jpg.xmp").read_text()
    assert re.search(rf"Rating\W+{stars[0]}", (folder / "0.jpg.xmp").read_text())
    # What aesmap wrote is no star of yours.
    aesmap("taste", "learn", folder, "--output", tmp_path / "x.taste").failed(1, "1 rated")


def test_forecasts_that_cannot_be(aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path) -> None:
    tag = ("tag", shoot / "00.jpg", "--xmp", "--dry-run")
    aesmap(*tag, "--stars", "forecast").failed(2, "--taste")
    aesmap(*tag, "--taste", mine, "--overwrite").failed(2, "--stars quantiles")
    without = json.loads(mine.read_text()) | {"forecast": None}
    plain = tmp_path / "plain.taste"
    plain.write_text(json.dumps(without))
    aesmap(*tag, "--taste", plain, "--stars", "forecast").failed(2, "forecasts no stars")
    assert "forecast" not in aesmap(*tag, "--taste", plain).succeeded().out
    quantiles = aesmap(*tag, "--taste", mine, "--shares", "20,20,20,20,20").succeeded()
    assert "forecast" not in quantiles.out
    damaged = tmp_path / "damaged.taste"
    damaged.write_text(json.dumps(without | {"forecast": {"cuts": [3, 2, 1, 0]}}))
    aesmap(*tag, "--taste", damaged).failed(1, "damaged.taste")


def test_update_takes_new_ratings_and_corrections(
    aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path
) -> None:
    rows = list(csv.reader((shoot / "stars.csv").open(newline="")))[1:]
    first, taste = tmp_path / "first.csv", tmp_path / "u.taste"

    def write(path: Path, some: list[tuple[str, int]]) -> None:
        with path.open("w", newline="") as file:
            named = [(shoot / name, stars) for name, stars in some]
            csv.writer(file).writerows([("path", "stars"), *named])

    write(first, [(name, int(stars)) for name, stars in rows[:60]])
    aesmap("taste", "learn", first, "--output", taste).summarised("u.taste")
    before = taste.read_bytes()
    nothing = aesmap("taste", "update", taste, "--from", first)
    nothing.summarised("stays as it is")
    assert taste.read_bytes() == before
    more = tmp_path / "more.csv"
    corrected = [(rows[0][0], 3), *((name, int(stars)) for name, stars in rows[60:])]
    write(more, corrected)
    updated = aesmap("taste", "update", taste, "--from", more)
    updated.summarised("20 new ratings and 1 corrected")
    # It is what learning from all of them gives.
    whole = tmp_path / "all.csv"
    write(whole, [(rows[0][0], 3), *((name, int(stars)) for name, stars in rows[1:])])
    aesmap("taste", "learn", whole, "--output", tmp_path / "w.taste").summarised("w.taste")
    assert read_taste(taste).taste_id == read_taste(tmp_path / "w.taste").taste_id
    assert read_taste(taste).learned["photographs"] == 80


def test_updates_that_cannot_be(
    aesmap: Aesmap, shoot: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = tmp_path / "noise.csv"
    stars = np.random.default_rng(5).permutation(np.repeat([1, 2, 3, 4, 5], 16))
    rows = "".join(f"{shoot / f'{n:02}.jpg'},{star}\n" for n, star in enumerate(stars))
    noise.write_text("path,stars\n" + rows)
    taste = tmp_path / "m.taste"
    taste.write_bytes(mine.read_bytes())
    aesmap("taste", "update", taste, "--from", noise).failed(1, "as it was")
    assert taste.read_bytes() == mine.read_bytes()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    aesmap("taste", "update", taste, "--from", noise).failed(1, "not kept here")
    pairs = json.loads(mine.read_text())
    pairs["learned"]["pairs"] = 100
    taste.write_text(json.dumps(pairs))
    aesmap("taste", "update", taste, "--from", noise).failed(2, "taste ask")
