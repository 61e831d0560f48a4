"""`aesmap data check`: what it prints, draws and finds, and that it needs no training extra."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ava_folder import FIRST_ID, make_ava_folder
from command import Aesmap
from shared_data import SHARED, needs


@pytest.fixture(scope="module")
def ava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ava_folder(tmp_path_factory.mktemp("AVA"), 24)


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    """Two images rated on 1 to 7."""
    for name in ("a.png", "b.png"):
        Image.new("RGB", (16, 12)).save(tmp_path / name)
    (tmp_path / "ratings.csv").write_text("file,mean\na.png,4.5\nb.png,2\n")
    return tmp_path / "ratings.csv"


def test_what_is_printed(aesmap: Aesmap, ava: Path) -> None:
    out = aesmap("data", "check", f"ava:{ava}").succeeded().out
    assert out.endswith("\nimages: 24 found, 0 missing, 0 unreadable\n")
    assert "  scale               1 to 10, high above 5\n" in out
    assert "24 in 24 groups, 6 of them in its test split" in out
    for words in ("(4, 6) holds", "[4.5, 6.5] holds", "votes per image", "undecided", "tags"):
        assert words in out
    for weight in ("w(1:1) ", "w(1:7) ", "w(1:10)", "w(0:1) "):
        assert f"\n  {weight} " in out


def test_missing_and_truncated_files_are_listed_and_counted(aesmap: Aesmap, tmp_path: Path) -> None:
    folder = make_ava_folder(tmp_path / "AVA", 24, num_missing=7, num_truncated=1)
    done = aesmap("data", "check", f"ava:{folder}")
    assert done.exit_code == 0
    assert done.err == "aesmap: warning: images left out: 7 missing, 1 unreadable\n"
    assert done.out.endswith("\nimages: 16 found, 7 missing, 1 unreadable\n")
    assert f"missing             {folder / f'images/{FIRST_ID + 17}.jpg'}\n" in done.out
    assert "and 2 more; --json lists all" in done.out
    assert f"{FIRST_ID + 16}.jpg: is a truncated JPEG" in done.out
    unseen = aesmap("data", "check", f"ava:{folder}", "--no-decode")
    assert unseen.out.endswith("\nimages: 17 found, 7 missing, 0 unreadable\n")
    found = aesmap("data", "check", f"ava:{folder}", "--json")
    assert len(found.json["together"]["missing"]) == 7
    assert found.json["images"] == {
        "found": 16, "missing": 7, "unreadable": 1, "decoded": True,
    }  # fmt: skip


def test_several_sets_one_by_one_and_together(aesmap: Aesmap, ava: Path, ratings: Path) -> None:
    spec = f"csv:{ratings},low=1,high=7,threshold=4,name=mine"
    done = aesmap("data", "check", f"ava:{ava}", spec, "--json").succeeded()
    assert [one["name"] for one in done.json["sets"]] == ["AVA", "mine"]
    assert done.json["together"]["name"] == "AVA + mine"
    assert done.json["together"]["num_images"] == 26
    out = aesmap("data", "check", f"ava:{ava}", spec).succeeded().out
    assert "\nAVA + mine\n" in out
    assert "unknown: only mean ratings are given" in out
    assert out.endswith("\nimages: 26 found, 0 missing, 0 unreadable\n")


def test_the_histogram_is_drawn(aesmap: Aesmap, ava: Path, tmp_path: Path) -> None:
    target = tmp_path / "ratings.png"
    out = aesmap("data", "check", f"ava:{ava}", "--output", target).succeeded().out
    assert f"wrote {target}\n" in out
    with Image.open(target) as image:
        assert (image.format, image.size) == ("PNG", (1200, 720))


def test_votes_alone(aesmap: Aesmap, ratings: Path) -> None:
    spec = f"csv:{ratings},low=1,high=7,threshold=4,images=none"
    out = aesmap("data", "check", spec).succeeded().out
    assert out.endswith("\nimages: 0 found, 0 missing, 0 unreadable\n")


def test_a_cache_is_kept(aesmap: Aesmap, ava: Path, tmp_path: Path) -> None:
    cache = tmp_path / "scan.json"
    first = aesmap("data", "check", f"ava:{ava}", "--cache", cache, "--jobs", 1).succeeded()
    assert cache.is_file()
    assert aesmap("data", "check", f"ava:{ava}", "--cache", cache).succeeded() == first


def test_what_cannot_be_checked_is_one_line(aesmap: Aesmap, ava: Path, tmp_path: Path) -> None:
    aesmap("data", "check", tmp_path).failed(2, "no data set; write ava:DIR")
    aesmap("data", "check", f"ava:{ava},scale=3").failed(2, "unknown key 'scale'")
    aesmap("data", "check", f"ava:{tmp_path}").failed(1, "AVA.txt: no such file")
    aesmap("data", "check", "csv:none.csv,low=1,high=7,threshold=4").failed(1, "none.csv")
    aesmap("data", "check").failed(2, "SPEC")
    aesmap("data", "check", f"ava:{ava}", "--output", "a.jpg").failed(2, "end the name in .png")
    nowhere = tmp_path / "nowhere" / "a.png"
    aesmap("data", "check", f"ava:{ava}", "--output", nowhere).failed(1, nowhere, "create it first")
    (tmp_path / "AVA.txt").write_text("1 2 0 0 0 0 0 0 0 0 0 0 1 2 3\n")
    aesmap("data", "check", f"ava:{tmp_path}").failed(1, "AVA.txt:1", "the votes sum to 0")


def test_a_failed_check_leaves_no_picture(aesmap: Aesmap, tmp_path: Path) -> None:
    aesmap("data", "check", f"ava:{tmp_path}", "--output", tmp_path / "a.png").failed(1, "AVA.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_check_loads_neither_torch_nor_anything_like_it(ava: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom aesmap.cli.main import main\n"
        f"sys.argv = ['aesmap', 'data', 'check', 'ava:{ava}', '--output', '{tmp_path}/a.png']\n"
        "main()\n"
        "heavy = 'torch timm torchvision scipy sklearn onnxruntime pyarrow duckdb matplotlib'\n"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@needs("oasis", "sophoappeal")
@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("csv:{}/oasis/labels.csv,low=1,high=7,threshold=4,images=images", 584),
        ("csv:{}/sophoappeal/labels.csv,low=1,high=5,threshold=3,images=tiles,only=db:ava", None),
    ],
)
def test_real_sets_are_whole(aesmap: Aesmap, spec: str, count: int | None) -> None:
    found = aesmap("data", "check", spec.format(SHARED), "--json").succeeded().json
    assert found["images"]["missing"] == found["images"]["unreadable"] == 0
    assert count is None or found["images"]["found"] == count
