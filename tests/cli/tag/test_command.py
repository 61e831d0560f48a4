"""`aesmap tag`: sidecars and JPEGs tagged, kept, undone, refused."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from aesmap.batch import discovery as image_files
from aesmap.cli.tag.run import TagRequest, run_tag
from aesmap.images.cropping.kept_metadata import AESMAP_TAGS as AESMAP
from aesmap.images.formats import IMAGE_SUFFIXES
from command import Aesmap
from fake_session import FakeSession, fake_analyzer
from raw_samples import dng_bytes
from sample_images import quadrants
from xmp_samples import DARKTABLE, REJECTED

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed"
)


@pytest.fixture(autouse=True)
def quick_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence is brightness: a brighter photo has a higher score. Both attributes vary with it."""
    analyzer = fake_analyzer(FakeSession())
    monkeypatch.setattr("aesmap.cli.tag.run.analyzer_for", lambda *_, **__: analyzer)


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    """Five JPEGs, the brighter the higher their number, with enough in them to be photographs."""
    folder = tmp_path / "shoot"
    folder.mkdir()
    rng = np.random.default_rng(5)  # every one another picture
    ramps = rng.uniform(-40, 40, (5, 6, 6, 1)).repeat(16, axis=1).repeat(16, axis=2)
    for number in range(1, 6):
        pixels = (ramps[number - 1] + 30 + 35 * number + np.zeros(3)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def rating(path: Path) -> str | None:
    text = path.read_text(encoding="utf-8", errors="replace")
    return text.split('xmp:Rating="')[1].split('"')[0] if 'xmp:Rating="' in text else None


def test_sidecars_by_rank_and_back(aesmap: Aesmap, shoot: Path) -> None:
    before = contents(shoot)
    said = aesmap("tag", shoot, "--xmp", "--shares", "20,20,20,20,20").succeeded()
    assert "5 files changed" in said.out
    assert [rating(shoot / f"{n}.jpg.xmp") for n in range(1, 6)] == list("12345")
    assert {name: data for name, data in contents(shoot).items() if "xmp" not in name} == before
    assert (
        "0 files changed, 5 already"
        in aesmap("tag", shoot, "--xmp", "--shares", "20,20,20,20,20", "--verbose").succeeded().out
    )
    assert "deleted" in aesmap("tag", shoot, "--undo", "--verbose").succeeded().out
    assert contents(shoot) == before


def test_a_summary_without_a_line_for_each(aesmap: Aesmap, shoot: Path) -> None:
    (shoot / "5.jpg.xmp").write_text(DARKTABLE, encoding="utf-8")
    Image.new("RGB", (96, 96), (255, 255, 255)).save(shoot / "6.png")
    said = aesmap("tag", shoot, "--xmp").succeeded().out.splitlines()
    assert said[0] == "6 files changed"
    assert said[1].startswith("stars: 2 with 3, 2 with 2; ")
    assert said[1].endswith(
        "1 photo keeps the rating that is there; 1 photo is unfamiliar: no stars, no keywords"
    )
    assert len(said) == 2


def test_one_star_is_left_for_rejects(aesmap: Aesmap, shoot: Path) -> None:
    aesmap("tag", shoot, "--xmp").succeeded()
    assert min(rating(path) or "" for path in shoot.glob("*.xmp")) == "2"
    aesmap("tag", shoot, "--xmp", "--overwrite", "--lowest", "1").succeeded()
    assert rating(shoot / "1.jpg.xmp") == "1"
    aesmap("tag", shoot, "--xmp", "--overwrite", "--lowest", "3").succeeded()
    assert {rating(path) for path in shoot.glob("*.xmp")} <= {"3", "4", "5"}


def test_a_burst_takes_no_places_of_other_pictures(aesmap: Aesmap, shoot: Path) -> None:
    for number in range(3):
        with Image.open(shoot / "5.jpg") as image:
            image.save(shoot / f"5-{number}.jpg", quality=90 - number)
    aesmap("tag", shoot, "--xmp", "--shares", "20,20,20,20,20").succeeded()
    assert [rating(shoot / f"{n}.jpg.xmp") for n in range(1, 5)] == list("1234")
    burst = sorted(rating(path) or "" for path in shoot.glob("5*.xmp"))
    assert max(burst) == "5"
    assert min(burst) in ("4", "5")


def test_embedded_and_back(aesmap: Aesmap, shoot: Path) -> None:
    before = contents(shoot)
    aesmap("tag", shoot, "--embed").succeeded()
    after = contents(shoot)
    assert after.keys() == before.keys()
    assert all(AESMAP.encode() in data for data in after.values())
    aesmap("tag", shoot, "--undo").succeeded()
    assert contents(shoot) == before


def test_fixed_thresholds_do_not_depend_on_the_set(aesmap: Aesmap, shoot: Path) -> None:
    arguments = ("--xmp", "--stars", "thresholds", "--thresholds", "5,5.2,5.4,5.6")
    aesmap("tag", shoot / "3.jpg", *arguments).succeeded()
    alone = rating(shoot / "3.jpg.xmp")
    aesmap("tag", shoot, *arguments).succeeded()
    assert rating(shoot / "3.jpg.xmp") == alone


def test_a_dry_run_writes_nothing(aesmap: Aesmap, shoot: Path) -> None:
    before = contents(shoot)
    assert "would be created" in aesmap("tag", shoot, "--xmp", "--dry-run").succeeded().out
    assert "would be changed" in aesmap("tag", shoot, "--embed", "--dry-run").succeeded().out
    assert contents(shoot) == before
    aesmap("tag", shoot, "--xmp").succeeded()
    tagged = contents(shoot)
    assert "would be deleted" in aesmap("tag", shoot, "--undo", "--dry-run").succeeded().out
    assert contents(shoot) == tagged


def test_a_rating_stays_unless_overwritten(aesmap: Aesmap, shoot: Path) -> None:
    sidecar = shoot / "5.jpg.xmp"
    sidecar.write_text(DARKTABLE, encoding="utf-8")
    assert "rating 2 stays" in aesmap("tag", shoot / "5.jpg", "--xmp", "--verbose").succeeded().out
    assert rating(sidecar) == "2"
    assert (
        "3 stars instead of 2"
        in aesmap("tag", shoot / "5.jpg", "--xmp", "--overwrite", "--verbose").succeeded().out
    )
    assert rating(sidecar) == "3"
    aesmap("tag", sidecar, "--undo").succeeded()
    assert sidecar.read_text(encoding="utf-8") == DARKTABLE


@pytest.mark.parametrize("naming", ["darktable", "adobe"])
@pytest.mark.parametrize("where", ["1.xmp", "1.jpg.xmp", "1.jpg.XMP"])
def test_a_rejection_in_one_sidecar_keeps_the_other_from_stars(
    aesmap: Aesmap, shoot: Path, where: str, naming: str
) -> None:
    (shoot / where).write_text(REJECTED, encoding="utf-8")
    before = contents(shoot)
    said = aesmap("tag", shoot / "1.jpg", "--xmp", "--naming", naming, "--verbose").succeeded().out
    assert "rating -1 stays" in said
    ratings = [rating(path) for path in shoot.iterdir() if path.suffix.lower() == ".xmp"]
    assert set(ratings) <= {"-1", None}
    aesmap("tag", shoot / "1.jpg", "--undo").succeeded()
    assert contents(shoot) == before


def test_a_rejection_in_a_sidecar_keeps_the_jpeg_from_stars(aesmap: Aesmap, shoot: Path) -> None:
    (shoot / "1.jpg.xmp").write_text(REJECTED, encoding="utf-8")
    said = aesmap("tag", shoot / "1.jpg", "--embed", "--verbose").succeeded().out
    assert "rating -1 stays, which is in 1.jpg.xmp" in said
    assert b"xmp:Rating" not in (shoot / "1.jpg").read_bytes()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
def test_a_rejection_inside_other_formats_keeps_their_sidecar_from_stars(
    aesmap: Aesmap, shoot: Path, form: str
) -> None:
    photo = shoot / "misnamed.jpg"
    with Image.open(shoot / "5.jpg") as image:
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", REJECTED)
        image.save(
            photo, form, **({"pnginfo": texts} if form == "PNG" else {"xmp": REJECTED.encode()})
        )
    said = aesmap("tag", photo, "--xmp", "--keywords-above", "0", "--verbose").succeeded().out
    assert "rating -1 stays, which is in the XMP inside misnamed.jpg" in said
    sidecar = (shoot / "misnamed.jpg.xmp").read_text(encoding="utf-8")
    assert "xmp:Rating" not in sidecar
    assert "<rdf:li>Grandma</rdf:li><rdf:li>" in sidecar


def test_xmp_that_cannot_be_understood_gives_no_stars(aesmap: Aesmap, shoot: Path) -> None:
    (shoot / "1.xmp").write_text("<half", encoding="utf-8")
    said = aesmap("tag", shoot / "1.jpg", "--xmp", "--verbose").succeeded().out
    assert "no stars, for 1.xmp cannot be understood" in said
    assert "--overwrite" in said
    assert rating(shoot / "1.jpg.xmp") is None
    aesmap("tag", shoot / "1.jpg", "--xmp", "--overwrite").succeeded()
    assert rating(shoot / "1.jpg.xmp") is not None


def test_a_name_too_long_for_a_sidecar_stops_nothing(aesmap: Aesmap, shoot: Path) -> None:
    long = shoot / ("y" * 251 + ".jpg")
    (shoot / "3.jpg").rename(long)
    before = contents(shoot)
    outcome = aesmap("tag", shoot, "--xmp")
    outcome.failed(1, "1 file failed", "too long for this disk; use --embed")
    assert rating(shoot / "5.jpg.xmp") is not None
    assert aesmap("tag", shoot, "--xmp", "--dry-run").exit_code == 1
    aesmap("tag", shoot, "--undo").succeeded()
    assert contents(shoot) == before
    aesmap("tag", shoot, "--embed").succeeded()
    aesmap("tag", shoot, "--undo").succeeded()
    assert contents(shoot) == before


def test_jpegs_are_known_by_their_bytes(aesmap: Aesmap, shoot: Path) -> None:
    (shoot / "1.jpg").rename(shoot / "1.heic")
    aesmap("tag", shoot / "1.heic", "--embed").failed(1, "is a JPEG named .heic", "rename it")
    with Image.open(shoot / "2.jpg") as image:
        image.save(shoot / "2.jpg", "PNG")
    aesmap("tag", shoot / "2.jpg", "--embed").failed(1, "2.jpg", "JPEGs only")
    aesmap("tag", shoot, "--xmp", "--embed").succeeded()
    assert rating(shoot / "1.heic.xmp") is not None
    assert rating(shoot / "2.jpg.xmp") is not None


def test_lines_that_cannot_be_printed_stop_no_work(
    aesmap: Aesmap, shoot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(shoot)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("aesmap.cli.tag.summary.say", full)
        with pytest.raises(OSError, match="No space"):
            run_tag(request(shoot, xmp=True))
        assert len(list(shoot.glob("*.xmp"))) == 5
        with pytest.raises(OSError, match="No space"):
            run_tag(request(shoot, undo=True))
    assert contents(shoot) == before


def request(folder: Path, **changes: bool) -> TagRequest:
    return TagRequest(
        paths=(str(folder),),
        **(
            dict.fromkeys(("recursive", "xmp", "embed", "overwrite", "dry_run", "undo"), False)
            | dict.fromkeys(("shares", "thresholds", "model"))
            | {"naming": "darktable", "stars": "quantiles", "keywords": "plain"}
            | {"keywords_above": 0.5, "verbose": True}
            | changes
        ),
    )


def test_a_rating_inside_the_jpeg_is_not_hidden_by_a_sidecar(aesmap: Aesmap, shoot: Path) -> None:
    from aesmap.tagging.xmp.jpeg import with_jpeg_packet

    photo = shoot / "1.jpg"
    photo.write_bytes(with_jpeg_packet(photo.read_bytes(), DARKTABLE.encode()))
    assert "rating 2 stays" in aesmap("tag", photo, "--xmp", "--verbose").succeeded().out
    assert rating(shoot / "1.jpg.xmp") is None


def test_adobe_naming_serves_the_raw_file_of_a_pair(
    aesmap: Aesmap, shoot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where raw files cannot be read, the JPEG beside one is judged for it."""
    monkeypatch.setattr(image_files, "folder_suffixes", lambda: IMAGE_SUFFIXES)
    (shoot / "1.CR2").write_bytes(b"raw")
    shutil.copy(shoot / "1.jpg", shoot / "1.png")  # named so, whatever is inside
    said = aesmap("tag", shoot, "--xmp", "--naming", "adobe", "--verbose").succeeded().out
    assert "1.png: left out" in said
    assert "note: 4 of these" in said
    assert rating(shoot / "1.xmp") == "2"
    aesmap("tag", shoot, "--undo").succeeded()
    assert not list(shoot.glob("*.xmp"))


def test_adobe_naming_with_a_raw_file_that_is_read(aesmap: Aesmap, shoot: Path) -> None:
    pytest.importorskip("rawpy")
    (shoot / "1.DNG").write_bytes(dng_bytes(quadrants(64, 96)))
    said = aesmap("tag", shoot, "--xmp", "--naming", "adobe", "--verbose").succeeded().out
    assert "1.jpg: left out, for" in said
    assert "1.DNG has the sidecar" in said
    assert AESMAP in (shoot / "1.xmp").read_text(encoding="utf-8")


def test_a_sidecar_in_capitals_is_used(aesmap: Aesmap, shoot: Path) -> None:
    (shoot / "1.XMP").write_text(DARKTABLE, encoding="utf-8")
    aesmap("tag", shoot / "1.jpg", "--xmp", "--naming", "adobe").succeeded()
    assert AESMAP in (shoot / "1.XMP").read_text(encoding="utf-8")
    assert not (shoot / "1.xmp").exists() or (shoot / "1.xmp").samefile(shoot / "1.XMP")


def test_files_that_fail_are_named_and_the_rest_go_on(aesmap: Aesmap, shoot: Path) -> None:
    (shoot / "1.jpg.xmp").write_text("<half", encoding="utf-8")
    (shoot / "2.jpg.xmp").mkdir()
    (shoot / "3.jpg").write_bytes(b"no photo")
    (shoot / "4.jpg.xmp").write_text(DARKTABLE, encoding="utf-8")
    (shoot / "4.jpg.xmp").chmod(0o444)
    outcome = aesmap("tag", shoot, "--xmp")
    outcome.failed(1, "4 files failed", "3.jpg")
    for words in (
        "1.jpg.xmp: is not well-formed",
        "2.jpg.xmp: is no file",
        "4.jpg.xmp: is write-protected",
    ):
        assert words in outcome.out
    assert (shoot / "1.jpg.xmp").read_text(encoding="utf-8") == "<half"
    assert (shoot / "4.jpg.xmp").read_text(encoding="utf-8") == DARKTABLE
    assert rating(shoot / "5.jpg.xmp") is not None


def test_other_formats_embed_nothing(aesmap: Aesmap, shoot: Path) -> None:
    Image.open(shoot / "1.jpg").save(shoot / "6.png")
    aesmap("tag", shoot, "--embed").failed(1, "6.png", "JPEGs only", "--xmp")
    aesmap("tag", shoot, "--embed", "--xmp").succeeded()
    assert rating(shoot / "6.png.xmp") is not None
    assert not (shoot / "1.jpg.xmp").exists()


def test_what_is_no_photograph_gets_no_stars(aesmap: Aesmap, shoot: Path) -> None:
    Image.new("RGB", (96, 96), (255, 255, 255)).save(shoot / "6.png")
    said = aesmap("tag", shoot, "--xmp", "--shares", "20,20,20,20,20", "--verbose").succeeded().out
    assert "6.png.xmp: created: no stars" in said
    text = (shoot / "6.png.xmp").read_text(encoding="utf-8")
    assert "xmp:Rating" not in text
    assert "dc:subject" not in text
    assert 'aesmap:uncertain_reason="unfamiliar"' in text
    assert rating(shoot / "5.jpg.xmp") == "5"  # ranked among the five others


def test_unicode_names(aesmap: Aesmap, shoot: Path) -> None:
    (shoot / "1.jpg").rename(shoot / "Zürich – 写真 😀.jpg")
    before = contents(shoot)
    aesmap("tag", shoot, "--xmp").succeeded()
    assert (shoot / "Zürich – 写真 😀.jpg.xmp").exists()
    aesmap("tag", shoot, "--undo").succeeded()
    assert contents(shoot) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--xmp"),
        (("--xmp", "--shares", "1,2"), "shares"),
        (("--xmp", "--shares", "a"), "numbers"),
        (("--xmp", "--thresholds", "1,2,3,4"), "--stars thresholds"),
        (("--xmp", "--stars", "none", "--shares", "20,20,20,20,20"), "--stars quantiles"),
    ],
)
def test_wrong_calls(aesmap: Aesmap, shoot: Path, arguments: tuple[str, ...], words: str) -> None:
    aesmap("tag", shoot, *arguments).failed(2, words)


@needs_exiftool
@pytest.mark.parametrize("where", ["--xmp", "--embed"])
def test_exiftool_reads_it_back(aesmap: Aesmap, shoot: Path, where: str) -> None:
    aesmap("tag", shoot, where, "--shares", "20,20,20,20,20", "--keywords-above", "0").succeeded()
    path = shoot / ("5.jpg.xmp" if where == "--xmp" else "5.jpg")
    run = ["exiftool", "-json", "-G1", "-XMP:all", "-validate", "-warning", str(path)]
    read = json.loads(subprocess.run(run, check=True, capture_output=True, timeout=30).stdout)[0]
    assert read["XMP-xmp:Rating"] == 5
    assert sorted(read["XMP-dc:Subject"]) == ["Sky", "Water"]
    assert {"XMP-aesmap:Score", "XMP-aesmap:P_high", "XMP-aesmap:Level"} <= read.keys()
    assert read.get("ExifTool:Validate", "OK") == "OK"
    assert "ExifTool:Warning" not in read
