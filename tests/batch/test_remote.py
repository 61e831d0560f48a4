"""Photographs in stores."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aesmap.batch.discovery import find_images
from aesmap.batch.remote import (
    ListedUrl,
    fingerprint_from,
    is_url,
    list_remote,
    read_remote,
    remote_fingerprint,
)
from aesmap.errors import (
    ImageMissingError,
    ImageTooLargeError,
    ImageUnreadableError,
    MissingExtraError,
    UsageError,
)
from aesmap.images.limits import ImageLimits
from memory_store import MemoryStore

LIMITS = ImageLimits()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    return MemoryStore(monkeypatch)


def listed(url: str, recursive: bool = True) -> list[str]:
    return [str(found) for found in list_remote(url, recursive)]


def refuse(error: Exception) -> Callable[..., Any]:
    def answer(*_: object, **__: object) -> Any:
        raise error

    return answer


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://bucket/a.jpg", True),
        ("memory://a", True),
        ("zip://a.jpg::s3://bucket/a.zip", True),
        ("simplecache::s3://bucket/a.jpg", True),
        ("a.jpg", False),
        ("C:\\photos\\a.jpg", False),
        ("shoot: day 1/a.jpg", False),
        ("a b://c", False),
        ("://a", False),
        ("", False),
    ],
)
def test_what_is_a_url(path: str, expected: bool) -> None:
    assert is_url(path) is expected


def test_the_rules_are_those_of_folders(store: MemoryStore, tmp_path: Path) -> None:
    names = ["img10.jpg", "img2.JPG", "notes.txt", "a/2.webp", "a/b/1.png", ".hidden/x.jpg"]
    names += ["a/.y.jpg", "B/3.heic", "noext", "a#?.jpg", "ä ö.jpg"]
    # What systems make, here and there.
    names += ["@eaDir/a.jpg/x.jpg", "a/#RECYCLE/y.jpg", "P.lrdata/z.jpg", "a/b/lost+found/u.jpg"]
    for name in names:
        store.write(f"/shoot/{name}", b"x")
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for recursive in (True, False):
        local = [os.path.relpath(path, tmp_path) for path in find_images([tmp_path], recursive)]
        assert len(local) == (7 if recursive else 4)
        for url in ("memory://shoot", "memory://shoot/"):
            assert listed(url, recursive) == [f"memory://shoot/{name}" for name in local]
        there = [f"file://{tmp_path}/{name}" for name in local]
        assert listed(f"file://{tmp_path}", recursive) == there


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_listed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "a.jpg").write_bytes(b"x")
    assert listed(f"file://{tmp_path}") == [f"file://{tmp_path}/a.jpg"]


def test_an_object_is_itself_whatever_its_name(store: MemoryStore) -> None:
    store.write("/shoot/photo.dat", b"x")
    assert listed("memory://shoot/photo.dat") == ["memory://shoot/photo.dat"]
    assert listed("memory://shoot/missing.jpg") == ["memory://shoot/missing.jpg"]
    with pytest.raises(ImageMissingError, match="check the address"):
        read_remote("memory://shoot/missing.jpg", LIMITS)


def test_a_chain_of_stores(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/1.jpg", b"one")
        archive.writestr("in/deep/2.jpg", b"two")
    chain = f"::file://{tmp_path}/a.zip"
    found = list_remote(f"zip://in{chain}", True)
    assert found == [f"zip://in/1.jpg{chain}", f"zip://in/deep/2.jpg{chain}"]
    assert [read_remote(url, LIMITS)[0] for url in found] == [b"one", b"two"]


def test_a_listing_tells_fingerprints_and_reading_makes_one_request(store: MemoryStore) -> None:
    for number in range(50):
        store.write(f"/shoot/{number}.jpg", bytes(number))
    found = list_remote("memory://shoot", True)
    assert store.counted().get("cat_file", 0) == 0
    for number, url in enumerate(found):
        size, _, moment = remote_fingerprint(url).partition("-")
        assert int(size) == number
        assert moment
    assert store.counted() == {}
    data, fingerprint = read_remote(found[7], LIMITS)
    assert (len(data), fingerprint) == (7, found[7].fingerprint)  # type: ignore[union-attr]
    assert store.counted() == {"cat_file": 1}


def test_requests_are_for_folders_not_for_objects(store: MemoryStore) -> None:
    def requests(count: int) -> int:
        store.clear()
        for number in range(count):
            store.write(f"/shoot/{number % 2}/{number}.jpg", b"x")
        store.counted()
        assert len(list_remote("memory://shoot", True)) == count
        return sum(store.counted().values())

    assert requests(10) == requests(300)


def test_too_large_is_known_before_reading(store: MemoryStore) -> None:
    store.write("/a.jpg", bytes(1001))
    for url in ("memory://a.jpg", *list_remote("memory://a.jpg", True)):
        store.counted()
        with pytest.raises(ImageTooLargeError, match=r"memory://a\.jpg"):
            read_remote(url, ImageLimits(max_bytes=1000))
        assert "cat_file" not in store.counted()
    assert read_remote("memory://a.jpg", ImageLimits(max_bytes=1001))[0] == bytes(1001)


def test_a_size_that_no_listing_tells_is_bounded_while_reading(store: MemoryStore) -> None:
    store.write("/a.jpg", bytes(1001))
    store.answer("info", lambda really, path: really(path) | {"size": None})
    with pytest.raises(ImageTooLargeError):
        read_remote("memory://a.jpg", ImageLimits(max_bytes=1000))
    assert "cat_file" not in store.counted()
    assert read_remote("memory://a.jpg", LIMITS)[0] == bytes(1001)


def test_an_object_that_has_gone_since_it_was_listed(store: MemoryStore) -> None:
    store.write("/shoot/a.jpg", b"x")
    (url,) = list_remote("memory://shoot", True)
    store.system.rm_file("/shoot/a.jpg")
    with pytest.raises(ImageMissingError, match=r"memory://shoot/a\.jpg: no such object"):
        read_remote(url, LIMITS)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError("Access Denied"), ("forbids", "Access Denied", "credentials")),
        (TimeoutError("timed out\nafter 5 s"), ("TimeoutError", "timed out", "--retry-errors")),
        (RuntimeError(""), ("RuntimeError", "--retry-errors")),
        (KeyError("Contents"), ("KeyError", "Contents")),
    ],
)
def test_what_a_store_raises_is_one_line_about_its_object(
    store: MemoryStore, error: Exception, words: tuple[str, ...]
) -> None:
    store.write("/shoot/a.jpg", b"x")
    (url,) = list_remote("memory://shoot", True)
    store.answer("cat_file", refuse(error))
    with pytest.raises(ImageUnreadableError) as caught:
        read_remote(url, LIMITS)
    for word in ("memory://shoot/a.jpg", *words):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    store.answer("ls", refuse(error))
    assert list_remote("memory://shoot", True) == ["memory://shoot"]  # for its own row


def test_a_folder_below_that_cannot_be_listed_gets_its_own_row(store: MemoryStore) -> None:
    store.write("/shoot/a.jpg", b"x")
    store.write("/shoot/closed/b.jpg", b"x")
    store.answer("find", refuse(PermissionError("no")))
    assert listed("memory://shoot") == ["memory://shoot/a.jpg", "memory://shoot/closed"]
    store.answer("ls", refuse(PermissionError("no")))
    with pytest.raises(ImageUnreadableError, match="forbids"):
        read_remote("memory://shoot/closed", LIMITS)


def test_a_folder_is_no_photograph(store: MemoryStore) -> None:
    store.write("/shoot/a.jpg", b"x")
    with pytest.raises(ImageUnreadableError, match="is a folder; name the images in it"):
        read_remote("memory://shoot", LIMITS)


def test_fingerprints() -> None:
    """S3, Google, Azure, WebDAV and local keys, as their listings have them."""
    moment = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    assert fingerprint_from({"size": 7, "ETag": '"9dd4-2"', "LastModified": moment}) == "7-9dd4-2"
    assert fingerprint_from({"size": 7, "ETag": 'W/"9dd4"'}) == "7-9dd4"
    assert fingerprint_from({"size": 7, "md5Hash": "xyz==", "updated": "2026"}) == "7-xyz=="
    assert fingerprint_from({"size": 7, "last_modified": moment}) == "7-1777863721.0"
    assert fingerprint_from({"size": 0, "mtime": 12.5}) == "0-12.5"
    naive = moment.replace(tzinfo=None)  # as servers send it, in UTC
    assert fingerprint_from({"size": 7, "modified": naive}) == "7-1777863721.0"
    assert fingerprint_from({"name": "a"}) == "-"


def test_an_object_alone_and_in_a_listing_has_one_fingerprint(
    store: MemoryStore, tmp_path: Path
) -> None:
    store.write("/shoot/a.jpg", b"x")
    (tmp_path / "a.jpg").write_bytes(b"x")
    for folder in ("memory://shoot", f"file://{tmp_path}"):
        (url,) = list_remote(folder, True)
        assert remote_fingerprint(str(url)) == url.fingerprint  # type: ignore[union-attr]


def test_what_a_listing_told_travels(store: MemoryStore) -> None:
    url = ListedUrl.of("memory://a.jpg", "1-2")
    again = pickle.loads(pickle.dumps(url))
    assert (again, again.fingerprint) == (url, "1-2")
    assert remote_fingerprint("memory://missing.jpg") == ""


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError, match=r"s3://b/a\.jpg: needs the package s3fs"):
        list_remote("s3://b/a.jpg", True)
    with pytest.raises(ImageUnreadableError, match="pip install s3fs"):
        read_remote("s3://b/a.jpg", LIMITS)
    with pytest.raises(UsageError, match="nosuch"):
        list_remote("nosuch://b", True)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"aesmap\[remote\]"):
        list_remote("memory://b", True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_never_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    url = f"file://{tmp_path}/pipe.jpg"
    assert list_remote(url, True) == [url]
    with pytest.raises(ImageUnreadableError, match=r"pipe\.jpg: is no file"):
        read_remote(url, LIMITS)
    assert list_remote(f"file://{tmp_path}", True) == []
