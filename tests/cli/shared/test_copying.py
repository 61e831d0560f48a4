from __future__ import annotations

import errno
import os
import shutil
import signal
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.batch.discovery import ImageList
from aesmap.cli.shared.copying import copier_for, copy_files
from aesmap.errors import ImageMissingError, OutputError, StoppedError, UsageError
from aesmap.tagging.copying import PhotoCopier

LONG_AGO_NS = 1_500_000_000_123_456_700


def file(path: Path, content: bytes, mtime_ns: int = LONG_AGO_NS) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return str(path)


def place(folder: Path, *paths: str, links: bool = False) -> PhotoCopier:
    copier = PhotoCopier(folder, links=links)
    copy_files(copier, ImageList([("", paths)]))
    return copier


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_names_content_and_time_are_kept(tmp_path: Path):
    source = file(tmp_path / "in/größe 1.jpg", b"a photo")
    copier = place(tmp_path / "out/deep", source)
    copy = tmp_path / "out/deep/größe 1.jpg"
    assert copy.read_bytes() == b"a photo"
    assert copy.stat().st_mtime_ns == LONG_AGO_NS
    assert not copy.is_symlink()
    assert copier.line() == f"1 copied to {tmp_path / 'out/deep'}"


def test_one_name_twice_and_what_lies_there_already(tmp_path: Path):
    out = tmp_path / "out"
    file(out / "1.jpg", b"somebody's own")
    sources = [file(tmp_path / name / "1.jpg", name.encode()) for name in "ab"]
    place(out, *sources)
    assert contents(out) == {"1.jpg": b"somebody's own", "1-2.jpg": b"a", "1-3.jpg": b"b"}


def test_run_again_it_goes_on(tmp_path: Path):
    out = tmp_path / "out"
    sources = [file(tmp_path / name / "1.jpg", name.encode()) for name in "abc"]
    place(out, *sources[:2])
    copier = place(out, *sources)
    assert (copier.num_there, copier.num_copied) == (2, 1)
    assert contents(out) == {"1.jpg": b"a", "1-2.jpg": b"b", "1-3.jpg": b"c"}
    assert copier.line().endswith("2 there already")


def test_another_photo_of_the_same_size_and_time_is_not_taken_for_a_copy(tmp_path: Path):
    out = tmp_path / "out"
    place(out, file(tmp_path / "a/1.jpg", b"one"))
    copier = place(out, file(tmp_path / "b/1.jpg", b"two"))
    assert copier.num_copied == 1
    assert contents(out) == {"1.jpg": b"one", "1-2.jpg": b"two"}


def test_photographs_that_are_the_same_are_all_placed_once(tmp_path: Path):
    sources = [file(tmp_path / name / "1.jpg", b"one") for name in "ab"]
    place(tmp_path / "out", *sources)
    assert place(tmp_path / "out", *sources).num_there == 2
    assert contents(tmp_path / "out") == {"1.jpg": b"one", "1-2.jpg": b"one"}


def test_a_photo_that_changed_is_placed_anew_beside_its_old_copy(tmp_path: Path):
    out = tmp_path / "out"
    source = tmp_path / "in/1.jpg"
    place(out, file(source, b"old"))
    place(out, file(source, b"new", LONG_AGO_NS + 10**10))
    assert contents(out) == {"1.jpg": b"old", "1-2.jpg": b"new"}


def test_copied_into_their_own_folder_they_are_there_already(tmp_path: Path):
    source = file(tmp_path / "1.jpg", b"a")
    assert place(tmp_path, source).num_there == 1
    assert contents(tmp_path) == {"1.jpg": b"a"}


def test_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    for name in "ab":
        file(tmp_path / name / "1.jpg", name.encode())
    monkeypatch.chdir(tmp_path)
    copier = place(out, "a/1.jpg", "b/1.jpg", links=True)
    assert contents(out) == {"1.jpg": b"a", "1-2.jpg": b"b"}
    assert all(path.is_symlink() for path in out.iterdir())
    assert copier.line() == f"2 linked to {out}"
    assert place(out, "a/1.jpg", "b/1.jpg", links=True).num_there == 2
    (tmp_path / "b/1.jpg").unlink()  # a link to nowhere is not replaced either
    file(tmp_path / "c/1-2.jpg", b"c")
    place(out, "c/1-2.jpg", links=True)
    assert (out / "1-2-2.jpg").read_bytes() == b"c"


def test_what_is_missing_is_told_and_the_rest_goes_on(tmp_path: Path):
    good = file(tmp_path / "1.jpg", b"a")
    (tmp_path / "folder.jpg").mkdir()
    copier = place(tmp_path / "out", str(tmp_path / "no.jpg"), good, str(tmp_path / "folder.jpg"))
    assert contents(tmp_path / "out") == {"1.jpg": b"a"}
    assert isinstance(copier.problems[0], ImageMissingError)
    assert ["no such file" in str(p) for p in copier.problems] == [True, False]


@pytest.mark.parametrize(
    ("problem", "raised"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(errno.ENOSPC, "no space"), OutputError),
        (OSError(errno.EINVAL, "odd"), OutputError),
    ],
)
def test_no_half_of_a_copy_is_left(
    problem: BaseException, raised: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def half(reader: Any, writer: Any, length: int) -> None:
        writer.write(b"half")
        raise problem

    source = file(tmp_path / "1.jpg", b"a whole photo")
    monkeypatch.setattr(shutil, "copyfileobj", half)
    with pytest.raises(raised):
        place(tmp_path / "out", source)
    assert contents(tmp_path / "out") == {}


def test_ctrl_c_finishes_the_copy_that_was_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    copy = shutil.copyfileobj

    def interrupted(*arguments: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        copy(*arguments)

    monkeypatch.setattr(shutil, "copyfileobj", interrupted)
    sources = [file(tmp_path / name, name.encode()) for name in ("1.jpg", "2.jpg", "3.jpg")]
    with pytest.raises(StoppedError, match=r"stopped after 1 of 3 .* to resume") as caught:
        place(tmp_path / "out", *sources)
    assert caught.value.exit_code == 130
    assert contents(tmp_path / "out") == {"1.jpg": b"1.jpg"}


def test_a_folder_that_cannot_be(tmp_path: Path):
    source = file(tmp_path / "1.jpg", b"a")
    with pytest.raises(OutputError, match="out"):
        place(Path(file(tmp_path / "out", b"a file")), source)


def test_one_way_at_a_time():
    with pytest.raises(UsageError, match="give one"):
        copier_for(Path("a"), Path("b"))
    assert copier_for(None, None) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["1.jpg", "1-2.jpg", "1", "1-2-2.jpg"])),
        unique=True,
    ),
    st.integers(0, 12),
    st.booleans(),
)
def test_every_photo_is_there_once_however_often_it_was_stopped(
    names: list[tuple[str, str]], stopped_after: int, links: bool
):
    with TemporaryDirectory() as folder:
        root, out = Path(folder), Path(folder) / "out"
        sources = [file(root / a / b, f"{a}/{b}".encode()) for a, b in names]
        place(out, *sources[:stopped_after], links=links)
        for _ in range(2):
            place(out, *sources, links=links)
            assert Counter(contents(out).values()) == Counter(f"{a}/{b}".encode() for a, b in names)


@pytest.mark.parametrize("links", [False, True])
def test_sidecars_go_along_under_the_copys_name(tmp_path: Path, links: bool) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_text(name)
        (tmp_path / name / "1.jpg.xmp").write_text(f"{name} stars")
        (tmp_path / name / "1.XMP").write_text(f"{name} edits")
    copier = PhotoCopier(tmp_path / "best", links=links)
    copy_files(copier, ImageList([(str(tmp_path / name), ["1.jpg"]) for name in "ab"]))
    assert {p.name: p.read_text() for p in (tmp_path / "best").iterdir()} == {
        **{"1.jpg": "a", "1.jpg.xmp": "a stars", "1.XMP": "a edits"},
        **{"1-2.jpg": "b", "1-2.jpg.xmp": "b stars", "1-2.XMP": "b edits"},
    }
    assert (tmp_path / "best" / "1.jpg.xmp").is_symlink() is links


def test_a_sidecar_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_text("a")
    (tmp_path / "1.jpg.xmp").write_text("new")
    copier = PhotoCopier(tmp_path / "best")
    copy_files(copier, ImageList([(str(tmp_path), ["1.jpg"])]))
    (tmp_path / "best" / "1.jpg.xmp").write_text("mine")
    copy_files(PhotoCopier(tmp_path / "best"), ImageList([(str(tmp_path), ["1.jpg"])]))
    assert (tmp_path / "best" / "1.jpg.xmp").read_text() == "mine"
