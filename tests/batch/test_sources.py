"""Local files, objects of stores and lists together."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.batch import sources as photo_list
from aesmap.batch.discovery import ImageList
from aesmap.batch.remote import ListedUrl
from aesmap.batch.sources import UrlList, find_photos
from memory_store import MemoryStore


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    store = MemoryStore(monkeypatch)
    for name in ("2.jpg", "10.jpg"):
        store.write(f"/far/{name}", b"x")
    return store


@pytest.fixture
def near(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.jpg"):
        (tmp_path / name).touch()
    return tmp_path


FAR = ["memory://far/2.jpg", "memory://far/10.jpg"]


def test_local_files_come_first_then_stores_then_the_list(store: MemoryStore, near: Path) -> None:
    found = find_photos(
        ["memory://far", str(near), "memory://far/10.jpg"],
        listed=ImageList.of(["z.jpg", FAR[0], f"{near}/a.jpg", f"{near}//./b.jpg", "y.jpg"]),
    )
    assert list(found) == [f"{near}/a.jpg", f"{near}/b.jpg", *FAR, "z.jpg", "y.jpg"]
    assert list(found) == list(found)
    assert len(found) == 6


def test_a_list_alone_is_taken_as_it_is(near: Path) -> None:
    listed = ImageList.of(["./z.jpg", "a//b.jpg", str(near)])
    found = find_photos([], listed=listed)
    assert list(found) == ["./z.jpg", "a//b.jpg", str(near)]


def test_fingerprints_survive_leaving_some_out(store: MemoryStore, near: Path) -> None:
    found = find_photos([str(near), "memory://far"])
    left = found.where(lambda path: path.endswith(("a.jpg", "10.jpg")))
    assert list(left) == [f"{near}/a.jpg", FAR[1]]
    assert len(left) == 2
    (url,) = (path for path in left if path.startswith("memory"))
    assert isinstance(url, ListedUrl)
    assert url.fingerprint.startswith("1-")


def test_nothing_is_nothing(near: Path) -> None:
    (near / "none").mkdir()
    assert not len(find_photos([str(near / "none")]))
    assert list(UrlList([])) == []


def test_a_list_of_urls_keeps_what_is_known_and_what_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photo_list, "_NAMES_PER_CHUNK", 3)
    urls = [
        f"s3://b/{n}" if n % 3 else ListedUrl.of(f"s3://b/{n}", f"{n}-" if n else "")
        for n in range(10)
    ]
    kept = list(UrlList(urls))
    assert kept == urls
    assert [getattr(url, "fingerprint", None) for url in kept] == [
        getattr(url, "fingerprint", None) for url in urls
    ]
    assert len(UrlList(urls)) == 10
