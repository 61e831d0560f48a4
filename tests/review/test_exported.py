"""Decisions that a report has saved, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aesmap.batch.photo import fingerprint_of
from aesmap.errors import ReviewError
from aesmap.review.decisions import Decision
from aesmap.review.reading import read_decisions
from sample_images import noise_shoot


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    return noise_shoot(tmp_path / "shoot", 3, (32, 48))


def exported(shoot: Path, **changes: Any) -> dict[str, Any]:
    lines = [("0.jpg", 5, ""), ("1.jpg", 0, "reject"), ("2.jpg", 0, "pick")]
    photographs = [
        {"path": name, "fingerprint": fingerprint_of(str(shoot / name)), "stars": s, "flag": f}
        for name, s, f in lines
    ]
    said = {"aesmap": "decisions", "version": 1, "folder": "shoot", "photographs": photographs}
    return said | changes


def saved(path: Path, said: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


DECIDED = {"0.jpg": Decision(5), "1.jpg": Decision(0, "reject"), "2.jpg": Decision(0, "pick")}


def test_beside_the_report(shoot: Path, tmp_path: Path) -> None:
    path = saved(tmp_path / "d.json", exported(shoot))
    assert read_decisions(path) == (shoot, DECIDED)


def test_elsewhere_a_fingerprint_has_to_agree(shoot: Path, tmp_path: Path) -> None:
    path = saved(tmp_path / "Downloads" / "d.json", exported(shoot))
    assert read_decisions(path, [tmp_path, shoot]) == (shoot, DECIDED)
    other = noise_shoot(tmp_path / "other", 3, (40, 40))  # of the same names
    with pytest.raises(ReviewError, match=r"none of its 3 photographs .* aesmap tag FOLDER --from"):
        read_decisions(path, [other])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aesmap": "scores"}, "no decisions of a report"),
        ({"version": 2}, "newer aesmap"),
        ({"folder": None}, "damaged"),
        ({"photographs": [{"path": "a.jpg", "stars": 1, "flag": ""}]}, "fingerprint"),
    ],
)
def test_others_are_told(shoot: Path, tmp_path: Path, changes: Any, said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        read_decisions(saved(tmp_path / "d.json", exported(shoot, **changes)))


@pytest.mark.parametrize(
    "line",
    [
        {"path": "../shoot/0.jpg"},
        {"path": "/0.jpg"},
        {"path": ""},
        {"stars": 6},
        {"stars": True},
        {"flag": "maybe"},
        {"flag": []},
    ],
)
def test_no_line_leads_out_or_says_what_is_no_decision(
    shoot: Path, tmp_path: Path, line: dict[str, Any]
) -> None:
    said = exported(shoot)
    said["photographs"][0] |= line
    with pytest.raises(ReviewError, match="is damaged"):
        read_decisions(saved(tmp_path / "d.json", said))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(content)
    with pytest.raises(ReviewError, match=r"d\.json: is damaged or holds no decisions"):
        read_decisions(path)
