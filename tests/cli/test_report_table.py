"""`aesmap report --from`: a page of what a table says, of the photographs that are still those."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.report.table import notes_of
from command import Aesmap, start, wait


def page_of(path: Path) -> tuple[dict[str, Any], list[list[bytes]]]:
    """What a page says, and its payloads."""
    text = path.read_text(encoding="utf-8")
    found = re.search(r'id="said">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    payloads = re.findall(r'class="payload">([^<]*)<', text)
    said: dict[str, Any] = json.loads(found[1])
    return said, [[base64.b64decode(part) for part in one.split(",")] for one in payloads]


@pytest.fixture
def shoot(some_photos: Path, photo_files: Path, tmp_path: Path) -> Path:
    """Three photographs, and two more frames of one of them."""
    folder = tmp_path / "shoot"
    shutil.copytree(some_photos, folder)
    with Image.open(photo_files / "china.jpg") as photo:
        for number in (1, 2):
            photo.crop((number, 0, photo.width, photo.height)).save(
                folder / f"china-{number}.jpg", quality=93
            )
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    return folder


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_page_says_what_a_fresh_report_says(
    aesmap: Aesmap, shoot: Path, tmp_path: Path, ending: str
) -> None:
    table, fresh, told = (tmp_path / name for name in (f"scores.{ending}", "a.html", "b.html"))
    aesmap("score", shoot, "--groups", "--output", table).summarised()
    aesmap("report", shoot, "--output", fresh).summarised()
    aesmap("report", "--from", table, "--output", told).summarised(told, "6 photographs")
    (said, payloads), (expected, _) = page_of(told), page_of(fresh)
    assert said["model"] == expected["model"]
    assert "no maps and no crops" in said["notes"][0]
    assert f"aesmap report {said['folder']}" in said["notes"][0]
    assert len(said["notes"]) == 1
    moments = [one["group"] for one in said["photographs"]]
    fresh_ones = [one["group"] for one in expected["photographs"]]
    # Of frames that cannot be told apart a table does not say which came first.
    assert [moments.index(one) for one in moments] == [fresh_ones.index(o) for o in fresh_ones]
    assert all(moments[leader] == leader for leader in moments)
    for record, other, payload in zip(
        said["photographs"], expected["photographs"], payloads, strict=True
    ):
        for name in ("name", "folder", "fingerprint", "href", "width", "height", "level"):
            assert record[name] == other[name], name
        for name in ("score", "p", "technical", "spread"):
            assert record[name] == pytest.approx(other[name], abs=2e-4), name
        for name in ("doubt", "named", "exif", "taken", "rank", "reasons"):
            assert record[name] == other[name], name
        assert record["faults"] == [[n, pytest.approx(p, abs=2e-4)] for n, p in other["faults"]]
        assert [name for name, _ in record["attributes"]] == [n for n, *_ in other["attributes"]]
        assert other["words"].startswith(record["words"].split(". ")[0].split(", mostly in")[0])
        assert record["map"] is None
        assert record["crops"] == {}
        (thumbnail,) = payload
        assert max(Image.open(io.BytesIO(thumbnail)).size) == 300


def test_what_is_gone_or_has_changed_is_named(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    table, output = tmp_path / "scores.csv", tmp_path / "page.html"
    (shoot / "broken.jpg").write_bytes(b"")
    aesmap("score", shoot, "--output", table)
    (shoot / "china.jpg").unlink()
    Image.new("RGB", (640, 480), "grey").save(shoot / "coins.jpg")
    outcome = aesmap("report", "--from", table, "--output", output)
    outcome.failed(1, "3 of 7 files could not be read", "broken.jpg")
    said, _ = page_of(output)
    problems = {Path(one["path"]).name: one["problem"] for one in said["errors"]}
    assert set(problems) == {"broken.jpg", "china.jpg", "coins.jpg"}
    assert "is not there any more; it had a score of" in problems["china.jpg"]
    assert "has changed since it had a score of" in problems["coins.jpg"]
    assert "is empty" in problems["broken.jpg"]
    assert "(when it was scored)" in problems["broken.jpg"]
    shown = {record["name"] for record in said["photographs"]}
    assert shown == {"chelsea.jpg", "china-1.jpg", "china-2.jpg", "noise.png"}
    assert any("no groups" in note for note in said["notes"])


def test_the_winner_s_place_is_the_next_one_s_when_it_is_gone(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    table, output = tmp_path / "scores.jsonl", tmp_path / "page.html"
    aesmap("score", shoot, "--groups", "--output", table).summarised()
    rows = [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines()]
    moment = [row for row in rows if "china" in row["path"]]
    assert len({row["group"] for row in moment}) == 1
    first = min(moment, key=lambda row: row["group_rank"])
    os.unlink(first["path"])  # noqa: PTH108
    aesmap("report", "--from", table, "--output", output)
    records = page_of(output)[0]["photographs"]
    left = [(i, record) for i, record in enumerate(records) if "china" in record["name"]]
    assert len(left) == 2
    assert {record["group"] for _, record in left} <= {i for i, _ in left}
    assert len({record["group"] for _, record in left}) == 1


def test_a_table_of_another_model_is_told(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    table, output = tmp_path / "scores.jsonl", tmp_path / "page.html"
    aesmap("score", shoot, "--output", table).summarised()
    rows = [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["model"] = "mine@01234567"
        row["attributes"] = {"Sky": 0.71, "Water": 0.69}
    table.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    aesmap("report", "--from", table, "--output", output).summarised()
    said, _ = page_of(output)
    assert said["model"] == "mine@01234567"
    assert any("The model here is lite0@" in note for note in said["notes"])
    for record in said["photographs"]:
        assert record["named"] == ([] if record["doubt"] == "unfamiliar" else ["Sky"])
        assert "ordinary photographs" not in record["words"]


def test_wrong_calls(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    table, output = tmp_path / "scores.csv", tmp_path / "page.html"
    aesmap("score", shoot / "china.jpg", "--output", table).summarised()
    for words in (
        ("report",),
        ("report", shoot, "--from", table),
        ("report", "--from", table, "--judge-crops"),
        ("report", "--from", table, "--output", tmp_path / "page.csv"),
    ):
        assert aesmap(*words).exit_code == 2, words
    aesmap("report", "--from", tmp_path / "none.csv", "--output", output).failed(1, "no such file")
    aesmap("report", "--from", shoot, "--output", output).failed(1)
    header = table.read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "empty.csv").write_text(f"{header}\n", encoding="utf-8")
    empty = aesmap("report", "--from", tmp_path / "empty.csv", "--output", output)
    empty.failed(1, "empty.csv", "no photograph")
    (tmp_path / "cut.csv").write_text(f"{header}\nchina.jpg,64", encoding="utf-8")
    aesmap("report", "--from", tmp_path / "cut.csv", "--output", output).failed(1, "line 2")
    assert not output.exists()


def test_a_row_that_does_not_tell_its_file_is_not_shown(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    table, output = tmp_path / "scores.jsonl", tmp_path / "page.html"
    aesmap("score", shoot / "china.jpg", "--output", table).summarised()
    row = json.loads(table.read_text(encoding="utf-8")) | {"fingerprint": ""}
    table.write_text(json.dumps(row), encoding="utf-8")
    aesmap("report", "--from", table, "--output", output).failed(1, "no fingerprint")
    assert page_of(output)[0]["photographs"] == []


def test_ctrl_c_leaves_the_old_page(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    table, output = tmp_path / "scores.jsonl", tmp_path / "page.html"
    aesmap("score", shoot / "china.jpg", "--output", table).summarised()
    # So many rows that there is time.
    table.write_text(table.read_text(encoding="utf-8") * 20_000, encoding="utf-8")
    output.write_text("old", encoding="utf-8")
    process = start("report", "--from", table, "--output", output, "--workers", "1")
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".aesmap-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    wait(process).failed(130, "stopped", "is as it was")
    assert output.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_notes_name_a_folder_only_where_there_is_one(tmp_path: Path) -> None:
    class Here:
        model_id = "lite0@00000000"

    rows = [{"model": "lite0@00000000+taste", "group": 1}]
    (note,) = notes_of(tmp_path / "a.csv", rows, Here(), "")  # type: ignore[arg-type]
    assert "(aesmap report FOLDER)" in note
