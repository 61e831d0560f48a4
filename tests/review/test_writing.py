"""Decisions in XMP, and back to the byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from aesmap.errors import AesmapError
from aesmap.review.decisions import UNDECIDED, Decision
from aesmap.review.writing import XmpPlaces, decisions_on, undo_writing, write_decisions
from sample_images import noise_shoot
from xmp_samples import DARKTABLE, REJECTED

SIDECARS, EMBEDDED = XmpPlaces(), XmpPlaces(xmp=False, embed=True)


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    return noise_shoot(tmp_path / "shoot", 5, (32, 48))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def decided(shoot: Path, **decisions: Decision) -> dict[Path, Decision]:
    named = {f"{name.removeprefix('p')}.jpg": one for name, one in decisions.items()}
    return {path: named.get(path.name, UNDECIDED) for path in sorted(shoot.glob("*.jpg"))}


def written(decisions: Mapping[Path, Decision], places: XmpPlaces, **options: bool) -> list[str]:
    return [str(one) for one in write_decisions(decisions, places, **options) if str(one)]


ALL = {"p0": Decision(5), "p1": Decision(2, "pick"), "p2": Decision(3, "reject")}


@pytest.mark.parametrize("places", [SIDECARS, EMBEDDED])
def test_written_and_undone_to_the_byte(shoot: Path, places: XmpPlaces) -> None:
    before = contents(shoot)
    decisions = decided(shoot, **ALL, p3=Decision(0, "pick"))
    said = written(decisions, places, dry_run=True)
    assert contents(shoot) == before, "a dry run writes nothing"
    assert [line.rpartition(": ")[2] for line in said] == [
        "5 stars",
        "2 stars, label Green",
        "rejected",
        "label Green",
    ]
    assert len(written(decisions, places)) == 4
    assert written(decisions, places) == [], "the same again changes nothing"
    changed = {name for name, data in contents(shoot).items() if before.get(name) != data}
    assert changed == {f"{n}.jpg{'' if places.embed else '.xmp'}" for n in range(4)}
    assert [one for one in undo_writing(list(decisions), places) if one]
    assert contents(shoot) == before


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("places", [SIDECARS, EMBEDDED])
def test_exiftool_reads_them(shoot: Path, places: XmpPlaces) -> None:
    written(decided(shoot, **ALL), places)
    files = [shoot / f"{n}.jpg{'' if places.embed else '.xmp'}" for n in range(3)]
    run = ["exiftool", "-json", "-XMP:Rating", "-XMP:Label", "-validate", *map(str, files)]
    read = json.loads(subprocess.run(run, check=True, capture_output=True, timeout=60).stdout)
    assert [one.get("Rating") for one in read] == [5, 2, -1]
    assert [one.get("Label") for one in read] == [None, "Green", None]
    assert all(one.get("Validate", "OK") == "OK" for one in read)


def test_what_others_said_stays(shoot: Path) -> None:
    (shoot / "0.jpg.xmp").write_text(DARKTABLE, encoding="utf-8")
    (shoot / "1.jpg.xmp").write_text(REJECTED, encoding="utf-8")
    before = contents(shoot)
    decisions = decided(shoot, p0=Decision(5), p1=Decision(4))
    said = written(decisions, SIDECARS)
    assert "rating 2 stays" in said[0]
    assert "rating -1 stays" in said[1]
    assert "5 stars instead of 2" in written(decisions, SIDECARS, overwrite=True)[0]
    list(undo_writing(list(decisions), SIDECARS))
    assert contents(shoot) == before


def test_a_decision_taken_back_is_taken_out(shoot: Path) -> None:
    before = contents(shoot)
    written(decided(shoot, p0=Decision(5), p1=Decision(1)), SIDECARS)
    said = written(decided(shoot, p1=Decision(1)), SIDECARS)
    assert len(said) == 1
    assert "0.jpg.xmp: deleted" in said[0]
    written(decided(shoot), SIDECARS)
    assert contents(shoot) == before


def test_stars_of_scores_are_nobodys_decision(shoot: Path) -> None:
    from aesmap.tagging.sidecars import PacketFile, SidecarFinder
    from aesmap.tagging.tag import PhotoToTag, tag

    photo, sidecar = shoot / "0.jpg", shoot / "0.jpg.xmp"
    file = PhotoToTag(file=PacketFile(photo, sidecar), scores=(("score", "6.00"),))
    tag(file, 4, SidecarFinder(), overwrite=False, dry_run=False)
    assert written(decided(shoot), SIDECARS) == [], "undecided: left as it is"
    assert "5 stars" in written(decided(shoot, p0=Decision(5)), SIDECARS)[0]


def test_one_file_that_fails_is_alone(shoot: Path) -> None:
    Image.new("RGB", (9, 9)).save(shoot / "9.png")
    decisions = {**decided(shoot, p0=Decision(5)), shoot / "9.png": Decision(1)}
    (shoot / "0.jpg.xmp").mkdir()
    results = [one for one in write_decisions(decisions, SIDECARS) if one]
    failed = [one for one in results if isinstance(one, AesmapError)]
    assert len(failed) == 1
    assert "0.jpg.xmp: is no file" in str(failed[0])
    assert (shoot / "9.png.xmp").is_file()
    (failed_one,) = (
        one for one in write_decisions(decisions, EMBEDDED) if isinstance(one, Exception)
    )
    assert "9.png: tags are embedded in JPEGs only" in str(failed_one)


def test_decisions_find_their_photographs(shoot: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(shoot)
    decisions = {"0.jpg": Decision(5), "gone.jpg": Decision(1)}
    photos = [link / "0.jpg", shoot / "1.jpg", tmp_path / "0.jpg"]
    assert decisions_on(photos, shoot, decisions) == {
        link / "0.jpg": Decision(5),
        shoot / "1.jpg": UNDECIDED,
        tmp_path / "0.jpg": UNDECIDED,
    }
