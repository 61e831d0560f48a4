"""Decisions that are kept at once, undone without end, and read by others meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.errors import OutputError, ReviewError
from aesmap.review.decision_file import DecisionFile
from aesmap.review.decisions import UNDECIDED, Decision, Decisions, Flag
from aesmap.review.reading import read_decisions

FOUR, PICK = Decision(4), Decision(0, "pick")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shoot"
    made.mkdir()
    return made


@pytest.fixture
def file(folder: Path) -> DecisionFile:
    return DecisionFile(folder / "r.sqlite", folder)


def test_a_decision_is_on_the_disk_when_it_is_answered(file: DecisionFile, folder: Path) -> None:
    assert file.decide({"a.jpg": FOUR, "day 2/b.jpg": PICK}) == {
        "a.jpg": FOUR,
        "day 2/b.jpg": PICK,
    }
    # Another connection, while this one is open: nothing waits in the process.
    of, decisions = read_decisions(file.path)
    assert (of.resolve(), decisions) == (folder, {"a.jpg": FOUR, "day 2/b.jpg": PICK})
    assert file.decide({"a.jpg": FOUR}) == {}, "the same again is no step"
    assert file.num_steps() == (1, 0)


def test_a_step_is_undone_and_redone_as_a_whole(file: DecisionFile) -> None:
    file.decide({"a.jpg": FOUR})
    file.decide({"a.jpg": Decision(4, "reject"), "b.jpg": PICK})
    assert file.undo() == {"a.jpg": FOUR, "b.jpg": UNDECIDED}
    assert file.all() == {"a.jpg": FOUR}
    assert file.redo() == {"a.jpg": Decision(4, "reject"), "b.jpg": PICK}
    assert file.redo() == {}
    assert file.undo() | file.undo() == {"a.jpg": UNDECIDED, "b.jpg": UNDECIDED}
    assert file.undo() == {}
    assert file.all() == {}
    assert file.num_steps() == (0, 2)
    file.decide({"c.jpg": PICK})
    assert file.num_steps() == (1, 0), "another decision leaves nothing to redo"


@settings(max_examples=25)  # each waits for the disk
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", "c"]),
            st.builds(Decision, st.integers(0, 5), st.sampled_from(("", "pick", "reject"))),
            min_size=1,
        ),
        max_size=12,
    )
)
def test_undo_leads_back_through_every_state(steps: list[Decisions]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        file = DecisionFile(Path(name) / "r.sqlite", Path(name))
        states = [file.all()]
        for step in steps:
            if file.decide(step):
                states.append(file.all())
        for state in reversed(states[:-1]):
            file.undo()
            assert file.all() == state
        for state in states[1:]:
            file.redo()
            assert file.all() == state
        file.close()


def test_what_was_undone_survives_the_end(file: DecisionFile, folder: Path) -> None:
    file.decide({"a.jpg": FOUR})
    file.decide({"a.jpg": PICK})
    file.undo()
    file.close()
    again = DecisionFile(file.path, folder)
    assert again.all() == {"a.jpg": FOUR}
    assert again.redo() == {"a.jpg": PICK}
    assert again.undo() | again.undo() == {"a.jpg": UNDECIDED}


def test_names_that_are_no_text(file: DecisionFile) -> None:
    names = ["\udcff.jpg", "\\udcff.jpg", "tab\t\n.jpg", "写真 😀.jpg"]
    file.decide(dict.fromkeys(names, PICK))
    assert set(file.all()) == set(names)
    assert file.undo() == dict.fromkeys(names, UNDECIDED)


def test_the_file_moves_with_its_shoot(file: DecisionFile, folder: Path) -> None:
    file.decide({"a.jpg": FOUR})
    file.close()
    moved = folder.with_name("moved")
    shutil.move(folder, moved)
    assert DecisionFile(moved / "r.sqlite", moved).all() == {"a.jpg": FOUR}
    of, _ = read_decisions(moved / "r.sqlite")
    assert of.resolve() == moved


def test_a_file_elsewhere_belongs_to_one_folder(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "elsewhere.sqlite"
    DecisionFile(path, folder).close()
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(ReviewError, match=r"not on .*other; give another --state"):
        DecisionFile(path, other)


@pytest.mark.parametrize("content", [b"", b"Dear diary", b"SQLite format 3\0" + b"x" * 200])
def test_other_files_are_left_as_they_are(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(content)
    with pytest.raises(ReviewError, match=r"r\.sqlite"):
        read_decisions(path)
    if content:  # an empty one is what a kill at the very start leaves
        with pytest.raises(ReviewError, match="move it away"):
            DecisionFile(path, tmp_path)
    assert path.read_bytes() == content


def test_another_database_and_a_newer_version(tmp_path: Path, folder: Path) -> None:
    other = tmp_path / "other.sqlite"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    for read in (read_decisions, lambda path: DecisionFile(path, tmp_path)):
        with pytest.raises(ReviewError, match="holds no decisions"):
            read(other)
    newer = DecisionFile(folder / "r.sqlite", folder)
    newer.close()
    database = sqlite3.connect(newer.path)
    database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(ReviewError, match="newer"):
        read_decisions(newer.path)
    with pytest.raises(ReviewError, match="no such file"):
        read_decisions(tmp_path / "gone.sqlite")


def test_a_full_disk_keeps_what_was_kept(file: DecisionFile) -> None:
    file.decide({"a.jpg": FOUR})
    (pages,) = file._database.execute("PRAGMA page_count").fetchone()
    file._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutputError, match="full"):
        file.decide({f"{'long name' * 40}{number}": PICK for number in range(100)})
    assert file.all() == {"a.jpg": FOUR}
    assert read_decisions(file.path)[1] == {"a.jpg": FOUR}


@pytest.mark.parametrize(("stars", "flag"), [(6, ""), (-1, ""), (0, "maybe")])
def test_what_is_no_decision(stars: int, flag: Flag) -> None:
    with pytest.raises(ValueError, match="no decision"):
        Decision(stars, flag)
