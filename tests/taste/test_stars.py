"""Stars from every place that people give them in, and every rating that is none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from aesmap.errors import ReviewError, TasteError
from aesmap.review.decision_file import DecisionFile
from aesmap.review.decisions import Decision
from aesmap.taste.stars import read_stars

_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/" {}/></rdf:RDF></x:xmpmeta>'
)


def photo(folder: Path, name: str, *sidecars: tuple[str, str]) -> Path:
    path = folder / name
    Image.new("RGB", (40, 30)).save(path)
    for suffix, properties in sidecars:
        (folder / f"{path.stem}{suffix}").write_text(_PACKET.format(properties))
    return path


@pytest.mark.parametrize(
    ("properties", "stars"),
    [
        ('xmp:Rating="5"', 5),
        ('xmp:Rating="1"', 1),
        ('xmp:Rating="3.0"', 3),
        ('xmp:Rating="-1"', 0),
        ('xmpDM:pick="1"', 4),
        ('xmpDM:pick="-1"', 0),
        ('xmp:Rating="2" xmpDM:pick="1"', 2),
        ('xmp:Rating="4" xmpDM:pick="-1"', 0),
        ('xmp:Rating="4" xmpDM:pick="0"', 4),
    ],
)
def test_sidecars(tmp_path: Path, properties: str, stars: int) -> None:
    path = photo(tmp_path, "a.jpg", (".xmp", properties))
    given = read_stars([tmp_path])
    assert (given.stars, given.problems) == ({str(path): stars}, [])


def test_unrated_photographs_are_kept_apart(tmp_path: Path) -> None:
    plain = photo(tmp_path, "a.jpg")
    zero = photo(tmp_path, "b.jpg", (".xmp", 'xmp:Rating="0"'))
    given = read_stars([tmp_path])
    assert given.stars == {}
    assert given.unrated == [str(plain), str(zero)]
    assert given.problems == []


@pytest.mark.parametrize("rating", ["6", "-2", "2.5", "good"])
def test_what_is_no_rating_is_named_and_left_out(tmp_path: Path, rating: str) -> None:
    photo(tmp_path, "a.jpg", (".xmp", f'xmp:Rating="{rating}"'))
    given = read_stars([tmp_path])
    assert given.stars == {}
    (problem,) = given.problems
    assert "a.jpg" in problem
    assert rating in problem
    assert "a.xmp" in problem


def test_sidecars_that_disagree_are_named_and_neither_counts(tmp_path: Path) -> None:
    photo(tmp_path, "a.jpg", (".xmp", 'xmp:Rating="2"'), (".jpg.xmp", 'xmp:Rating="5"'))
    given = read_stars([tmp_path])
    assert given.stars == {}
    (problem,) = given.problems
    assert "5 stars in a.jpg.xmp and 2 stars in a.xmp" in problem


def test_sidecars_that_agree_count_once(tmp_path: Path) -> None:
    path = photo(tmp_path, "a.jpg", (".xmp", 'xmp:Rating="2"'), (".jpg.xmp", 'xmp:Rating="2"'))
    assert read_stars([tmp_path]).stars == {str(path): 2}


def test_a_damaged_sidecar_is_named(tmp_path: Path) -> None:
    path = photo(tmp_path, "a.jpg")
    path.with_suffix(".xmp").write_text("<x:xmpmeta")
    (problem,) = read_stars([tmp_path]).problems
    assert "a.xmp cannot be understood" in problem


def test_inside_files(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x4746] = 4
    path = tmp_path / "a.jpg"
    Image.new("RGB", (40, 30)).save(path, exif=exif)
    assert read_stars([path]).stars == {str(path): 4}


def test_a_table(tmp_path: Path) -> None:
    table = tmp_path / "stars.csv"
    table.write_text(
        "Stars,path,note\n5,a.jpg,x\n-1,b.jpg,\n0,c.jpg,\n6,d.jpg,\ngood,e.jpg,\n\n3\n2,a.jpg,\n"
    )
    given = read_stars([table])
    assert given.stars == {}
    told = "\n".join(given.problems)
    for line, text in ((3, "'-1'"), (4, "'0'"), (5, "'6'"), (6, "'good'")):
        assert f"line {line}: stars are 1 to 5, not {text}" in told
    assert "line 8: has too few columns" in told
    assert "a.jpg: 5 stars in one place and 2 stars in" in told
    table.write_text("\ufeffpath,stars\nsub/ä, b.jpg,1\n")
    assert len(read_stars([table]).problems) == 1  # " b.jpg" is no number of stars
    table.write_text('\ufeffpath,stars\n"sub/ä, b.jpg",1\n')
    assert read_stars([table]).stars == {str(tmp_path / "sub/ä, b.jpg"): 1}


@pytest.mark.parametrize("text", ["", "path,rating\na,1\n", "\x00\x00"])
def test_what_is_no_table(tmp_path: Path, text: str) -> None:
    table = tmp_path / "stars.csv"
    table.write_text(text)
    with pytest.raises(TasteError, match=r"stars\.csv"):
        read_stars([table])


def test_a_review(tmp_path: Path) -> None:
    file = DecisionFile(tmp_path / "aesmap-review.sqlite", tmp_path)
    file.decide(
        {
            "a.jpg": Decision(3, ""),
            "b.jpg": Decision(0, "pick"),
            "c.jpg": Decision(5, "reject"),
            "sub/d.jpg": Decision(5, "pick"),
        }
    )
    file.close()
    given = read_stars([tmp_path / "aesmap-review.sqlite"])
    names = {Path(path).relative_to(tmp_path).as_posix(): n for path, n in given.stars.items()}
    assert names == {"a.jpg": 3, "b.jpg": 4, "c.jpg": 0, "sub/d.jpg": 5}
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE x (y)")
    with pytest.raises(ReviewError, match=r"other\.sqlite"):
        read_stars([tmp_path / "other.sqlite"])


def test_a_path_to_nowhere(tmp_path: Path) -> None:
    with pytest.raises(TasteError, match="none: no such file"):
        read_stars([tmp_path / "none"])
