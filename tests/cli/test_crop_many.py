"""`aesmap crop --output-dir`: names, sizes, formats, the table; nothing is lost or redone."""

from __future__ import annotations

import errno
import json
import re
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from command import Aesmap, start, wait
from sample_images import encode, quadrants

GAIN_MAP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Version="1"/></rdf:RDF></x:xmpmeta>'
)
BOTH = ("--aspect", "1:1", "--aspect", "16:9", "--width", "100,200")


@pytest.fixture
def shoot(tmp_path: Path, photo_files: Path) -> Path:
    """Three photographs, one of them in a folder of the folder."""
    folder = tmp_path / "shoot"
    (folder / "day 2").mkdir(parents=True)
    for name, place in (
        ("china.jpg", "china.jpg"),
        ("astronaut.jpg", "a{b}.jpg"),
        ("coffee.jpg", "day 2/coffee.jpg"),
    ):
        shutil.copy(photo_files / name, folder / place)
    return folder


def rows_of(table: Path) -> dict[str, Any]:
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    assert len({row["path"] for row in rows}) == len(rows), "a photograph has two rows"
    return {Path(row["path"]).name: row for row in rows}


def pictures(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".jsonl")
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_every_size_is_made_and_told(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    aesmap("crop", shoot, *BOTH, "--output-dir", out).summarised("3 photographs cropped")
    assert pictures(out) == sorted(
        f"{stem}-{aspect}-{width}.jpg"
        for stem in ("china", "a{b}", "coffee")
        for aspect in ("1x1", "16x9")
        for width in (100, 200)
    )
    rows = rows_of(out / "crops.jsonl")
    for row in rows.values():
        assert row["error"] == ""
        assert [crop["aspect"] for crop in row["crops"]] == ["1:1", "16:9"]
        for crop, ratio in zip(row["crops"], (1, 16 / 9), strict=True):
            assert crop["words"].startswith("this ")
            assert all(0 <= part <= 1 for part in crop["focal_point"])
            for file, width in zip(crop["files"], (100, 200), strict=True):
                with Image.open(file["file"]) as picture:
                    assert picture.size == (file["width"], file["height"])
                assert file["width"] == width
                assert abs(file["height"] - width / ratio) <= 1
    # The picture is that of its box, reduced: compared with a mean over the box's pixels.
    row = rows["china.jpg"]
    box, file = row["crops"][0]["box"], row["crops"][0]["files"][1]
    with Image.open(shoot / "china.jpg") as photo, Image.open(file["file"]) as made:
        expected = photo.crop(tuple(box)).resize(made.size, Image.Resampling.BOX)
        difference = np.asarray(made, float) - np.asarray(expected, float)
    assert np.abs(difference).mean() < 8
    assert np.abs(difference.mean()) < 1
    beside = np.asarray(made, float)[:, 2:] - np.asarray(expected, float)[:, :-2]
    assert np.abs(beside).mean() > 2 * np.abs(difference).mean()


def test_without_judging_the_files_are_the_same_and_the_words_say_so(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    aesmap("crop", shoot, *BOTH, "--output-dir", out).summarised()
    aesmap("crop", shoot, *BOTH, "--no-judge", "--output-dir", other).summarised()
    assert pictures(out) == pictures(other)
    for name in pictures(out):
        assert (out / name).read_bytes() == (other / name).read_bytes()
    judged, not_judged = (rows_of(folder / "crops.jsonl") for folder in (out, other))
    for name, row in not_judged.items():
        for crop, like in zip(row["crops"], judged[name]["crops"], strict=True):
            assert like["p_high_after"] is not None
            assert "not judged" not in like["words"]
            if "whole photograph" in like["words"]:
                assert crop["words"] == like["words"]
            else:
                assert crop["p_high_after"] is None
                assert "this crop is not judged" in crop["words"]
            assert (crop["box"], crop["focal_point"]) == (like["box"], like["focal_point"])
    assert (
        sum("not judged" in crop["words"] for row in not_judged.values() for crop in row["crops"])
        > 3
    )
    # Other words are another table.
    aesmap("crop", shoot, *BOTH, "--output-dir", other, "--resume").failed(1, "not judged")


def test_folders_reach_the_disk_before_the_table_tells_of_their_files(
    aesmap: Aesmap, monkeypatch: pytest.MonkeyPatch, shoot: Path, tmp_path: Path
) -> None:
    from aesmap.thumbnails import plan

    out, flushed = tmp_path / "out", []

    def flush(folder: Path) -> None:
        assert not (out / "crops.jsonl").exists()
        flushed.append(folder)

    monkeypatch.setattr(plan, "flush_folder_to_disk", flush)
    name = "{folder}/{stem}-{aspect}-{width}.{ext}"
    aesmap("crop", shoot, *BOTH, "--name", name, "--output-dir", out).summarised()
    assert {out, out / "day 2"} <= set(flushed)


def test_two_photos_of_one_name_are_refused_before_any_work(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copy(shoot / "china.jpg", shoot / "day 2" / "China.JPG")
    options = ("crop", shoot, "--aspect", "1:1", "--format", "jpeg", "--output-dir", out)
    aesmap(*options).failed(2, shoot / "china.jpg", shoot / "day 2" / "China.JPG", "{folder}")
    assert not out.exists()
    aesmap(*options, "--name", "{folder}/{stem}-{aspect}.{ext}").summarised("4 photographs")
    assert pictures(out) == [
        *("a{b}-1x1.jpg", "china-1x1.jpg", "day 2/China-1x1.jpg", "day 2/coffee-1x1.jpg"),
    ]


def test_crops_within_the_shoot_are_not_cropped_again(aesmap: Aesmap, shoot: Path) -> None:
    out = shoot / "thumbs"
    for _ in range(2):
        aesmap("crop", shoot, *BOTH, "--output-dir", out).summarised("3 photographs cropped")
    assert len(pictures(out)) == 12
    aesmap("crop", shoot, *BOTH, "--output-dir", shoot).summarised("3 photographs cropped")


def test_nothing_of_the_users_is_replaced(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in shoot.rglob("*.jpg")}
    options = ("crop", shoot, "--aspect", "1:1", "--output-dir")
    # A name that is the photograph's own, by itself and through a link.
    aesmap(*options, shoot, "--name", "{stem}.{ext}", "--force").failed(2, "itself")
    (tmp_path / "link").symlink_to(shoot)
    aesmap(*options, tmp_path / "link", "--name", "{stem}.{ext}", "--force").failed(2, "itself")
    out = tmp_path / "out"
    out.mkdir()
    foreign = out / "china-1x1.jpg"
    foreign.write_bytes(encode(quadrants(), "JPEG"))
    aesmap(*options, out).failed(2, foreign, "--force")
    assert pictures(out) == ["china-1x1.jpg"]
    aesmap(*options, out, "--force").summarised("3 photographs")
    aesmap(*options, out).summarised("3 photographs")
    assert before == {path: path.read_bytes() for path in shoot.rglob("*.jpg")}


def test_a_bad_file_is_its_own_row_and_the_rest_go_on(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (shoot / "b.jpg").write_bytes(b"")
    said = aesmap("crop", shoot, *BOTH, "--output-dir", out)
    said.failed(1, "1 file could not be cropped", "b.jpg")
    rows = rows_of(out / "crops.jsonl")
    assert rows["b.jpg"]["error"]
    assert rows["b.jpg"]["crops"] == []
    assert len(pictures(out)) == 12


def test_odd_photographs_are_cropped_and_what_is_lost_is_told(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "odd", tmp_path / "out"
    folder.mkdir()
    with Image.open(shoot / "china.jpg") as photo:
        photo.convert("CMYK").save(folder / "cmyk.jpg")
        grey = np.asarray(photo.convert("L")).astype(np.uint16) * 257
        photo.save(folder / "moving.webp", save_all=True, append_images=[photo.rotate(180)])
        photo.save(folder / "hdr.jpg", xmp=GAIN_MAP)
    Image.fromarray(grey).save(folder / "deep.png")
    options = ("--aspect", "1:1", "--width", "100", "--output-dir", out)
    aesmap("crop", folder, *options).summarised("4 photographs cropped")
    rows = rows_of(out / "crops.jsonl")
    notes = {name: row["crops"][0]["files"][0]["notes"] for name, row in rows.items()}
    assert notes == {
        "cmyk.jpg": [],
        "deep.png": [],
        "hdr.jpg": ["its HDR gain map is not kept"],
        "moving.webp": ["only its first frame is kept"],
    }
    modes = {}
    for path in out.glob("*-100.*"):
        with Image.open(path) as made:
            assert made.size == (100, 100)
            assert getattr(made, "n_frames", 1) == 1
            modes[path.name] = made.mode
    assert modes["cmyk-1x1-100.jpg"] == "CMYK"
    assert modes["deep-1x1-100.png"] == "I;16"
    # In a JPEG 16 bits become 8, with the picture as it was.
    other = tmp_path / "jpeg"
    options = (*options[:-1], other, "--format", "jpeg")
    aesmap("crop", folder / "deep.png", *options).summarised("1 photographs cropped")
    with (
        Image.open(out / "deep-1x1-100.png") as deep,
        Image.open(other / "deep-1x1-100.jpg") as flat,
    ):
        assert flat.mode == "L"
        difference = np.asarray(flat, float) - np.asarray(deep, float) / 257
    assert np.abs(difference).mean() < 8


def test_a_sliver_is_refused_and_other_ratios_are_written(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path
) -> None:
    options = ("--aspect", "40:1", "--aspect", "1:1", "--output-dir", tmp_path / "out")
    aesmap("crop", one_photo, *options).failed(1, "40:1", "under 32 pixels")
    assert pictures(tmp_path / "out") == ["china-1x1.jpg"]


def test_a_stopped_run_goes_on_where_it_was(
    aesmap: Aesmap, monkeypatch: pytest.MonkeyPatch, shoot: Path, tmp_path: Path
) -> None:
    from aesmap.images.cropping import saving

    out = tmp_path / "out"
    options = ("crop", shoot, *BOTH, "--output-dir", out, "--workers", "1")
    real = saving.write_crop

    def full_disk(crop: Any, output_format: str, file: Any) -> None:
        if len(list(out.glob("coffee-*.jpg"))) == 2:
            file.write(b"half a")
            raise OSError(errno.ENOSPC, "No space left on device")
        real(crop, output_format, file)

    with monkeypatch.context() as patch:
        patch.setattr(saving, "write_crop", full_disk)
        aesmap(*options).failed(1, "coffee-16x9-200.jpg", "disk is full")
    assert not list(out.glob("coffee-16x9*"))
    assert not list(out.glob(".aesmap-*.jpg"))
    assert not (out / "crops.jsonl").exists()
    aesmap(*options).failed(1, "--resume")
    times = {path.name: path.stat().st_mtime_ns for path in out.glob("*.jpg")}
    aesmap(*options, "--resume").summarised("1 photographs cropped, 2 done before")
    assert len(rows_of(out / "crops.jsonl")) == 3
    assert len(pictures(out)) == 12
    for name in ("china-1x1-100.jpg", "a{b}-16x9-200.jpg"):
        assert (out / name).stat().st_mtime_ns == times[name]
    # What was deleted is made again; what changed, too; other settings are another table.
    (out / "china-1x1-100.jpg").unlink()
    shutil.copy(shoot / "china.jpg", shoot / "a{b}.jpg")
    aesmap(*options, "--resume").summarised("2 photographs cropped, 1 done before")
    assert len(rows_of(out / "crops.jsonl")) == 3
    aesmap(*options, "--quality", "50", "--resume").failed(1, "quality 50")


def test_ctrl_c_finishes_what_was_begun(photo_files: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "many", tmp_path / "out"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.jpg").symlink_to(photo_files / "china.jpg")
    options = ("crop", str(folder), *BOTH, "--output-dir", str(out))
    process = start(*options)
    while not list(out.glob("*.jpg")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = wait(process).failed(130, "stopped after", "--resume")
    done = int(re.search(r"stopped after (\d+) of 60", said.err)[1])  # type: ignore[index]
    assert 0 < done < 60
    assert len(pictures(out)) >= 4 * done
    assert not list(out.glob(".aesmap-*"))
    wait(start(*options, "--resume")).summarised(f"{60 - done} photographs", f"{done} done before")
    assert len(rows_of(out / "crops.jsonl")) == 60
    assert len(pictures(out)) == 240


@pytest.mark.parametrize("kind", ["jpeg", "webp", "avif", "png"])
def test_formats(aesmap: Aesmap, one_photo: Path, tmp_path: Path, kind: str) -> None:
    options = ("--aspect", "1:1", "--width", "120", "--format", kind)
    aesmap("crop", one_photo, *options, "--output-dir", tmp_path).summarised()
    (name,) = (path for path in pictures(tmp_path))
    with Image.open(tmp_path / name) as picture:
        assert picture.format == kind.upper()
        assert picture.size == (120, 120)


def test_quality_metadata_and_one_file(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    sizes = []
    for quality in (95, 40):
        output = tmp_path / f"{quality}.jpg"
        options = ("--aspect", "1:1", "--width", "200", "--quality", quality)
        aesmap("crop", one_photo, *options, "--output", output).succeeded()
        sizes.append(output.stat().st_size)
        with Image.open(output) as picture:
            assert picture.size == (200, 200)
    assert sizes[0] > 2 * sizes[1]


def test_nothing_is_enlarged_unless_asked(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    options = ("crop", one_photo, "--aspect", "1:1", "--width", "2000", "--output-dir", tmp_path)
    aesmap(*options).summarised()
    (file,) = rows_of(tmp_path / "crops.jsonl")["china.jpg"]["crops"][0]["files"]
    assert file["width"] <= 427
    assert any("not enlarged" in note for note in file["notes"])
    aesmap(*options, "--upscale").summarised()
    (file,) = rows_of(tmp_path / "crops.jsonl")["china.jpg"]["crops"][0]["files"]
    assert (file["width"], file["height"], file["notes"]) == (2000, 2000, [])


def test_srcset(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" &c.jpg'
    shutil.copy(one_photo, odd)
    options = ("--aspect", "16:9", "--width", "100,200", "--srcset", "--output-dir", tmp_path / "o")
    line = aesmap("crop", odd, *options).summarised().out.strip()
    name = "a%20%22b%22%20%26c-16x9"
    assert f'src="{name}-200.jpg" srcset="{name}-100.jpg 100w, {name}-200.jpg 200w"' in line
    assert re.search(r'width="200" height="11[23]" style="object-position: [\d.]+% [\d.]+%"', line)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--name", "{stem"], "{stem"),
        (["--name", "{stem}-{colour}.{ext}"], "{colour}"),
        (["--name", "{stem.__class__}.{ext}"], "unknown"),
        (["--name", "{stem:>900}.{ext}"], "unknown"),
        (["--name", "{stem}-{width}.{ext}"], "--width"),
        (["--name", "../{stem}.{ext}"], "outside"),
        (["--name", "/tmp/{stem}.{ext}"], "outside"),
        (["--name", "x.{ext}", "--aspect", "1:1", "--aspect", "4:5"], "both be"),
        (["--width", "0"], "65535"),
        (["--width", "abc"], "400,800"),
        (["--aspect", "0:1"], "aspect"),
        (["--aspect", "1:1", "--method", "aesam"], "aspect"),
        (["--table", "x.csv"], ".jsonl"),
        (["--json"], "--table"),
        (["--output", "x.jpg"], "one of them"),
    ],
)
def test_what_cannot_be_used_is_one_line_before_any_work(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    out = tmp_path / "out"
    aesmap("crop", one_photo, *options, "--output-dir", out).failed(2, words)
    assert not out.exists()


def test_a_format_that_cannot_be_written(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    aesmap("crop", one_photo, "--name", "{stem}.heic", "--output-dir", out).failed(1, "HEIC")
    assert not out.exists()


@pytest.mark.parametrize("option", ["--resume", "--srcset", "--width=100", "--table=a.jsonl"])
def test_options_of_a_run_need_a_folder(aesmap: Aesmap, one_photo: Path, option: str) -> None:
    aesmap("crop", one_photo, option).failed(2, "--output-dir")


def test_a_folder_that_cannot_be_made(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    aesmap("crop", one_photo, "--aspect", "1:1", "--output-dir", out).failed(1, out, "cannot")
