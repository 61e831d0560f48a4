"""What can be made again is kept within a limit, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap import cache as cache_module
from aesmap.cache import Cache, key_of


def test_kept_from_one_time_to_the_next(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new" / "cache.sqlite")
    one, other = key_of("preview", "a.jpg", "1-2"), key_of("preview", "a.jpg", "1-3")
    cache.put(one, b"picture")
    assert cache.get(one) == b"picture"
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new").iterdir()} == {0}
    assert cache.get(other) is None
    cache.close()
    again = Cache(tmp_path / "new" / "cache.sqlite")
    assert again.get_many([one, other]) == {one: b"picture"}


def test_the_least_recently_used_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(cache_module.time, "time", lambda: now[0])
    cache = Cache(tmp_path / "cache.sqlite", max_bytes=10_000)
    for number in range(9):
        now[0] += 10_000
        cache.put(b"%d" % number, bytes(1_000))
    now[0] += 10_000
    assert cache.get(b"0") is not None  # used again, so not the oldest any more
    for number in range(9, 12):
        now[0] += 10_000
        cache.put(b"%d" % number, bytes(1_000))
    kept = {int(key) for key in cache.get_many([b"%d" % n for n in range(12)])}
    assert kept == {0, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "ten fit, and the clearing left nine"
    cache.put(b"large", bytes(20_000))
    assert cache.get(b"large") is None


def test_the_file_shrinks_again(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    cache = Cache(path, max_bytes=1_000_000)
    for number in range(50):
        cache.put(b"%d" % number, bytes(100_000))
    cache.close()
    assert path.stat().st_size < 1_300_000


@pytest.mark.parametrize("content", [b"Dear diary" * 500, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(content)
    cache = Cache(path)
    cache.put(b"k", b"value")
    cache.close()
    assert Cache(path).get(b"k") == b"value"


def test_without_a_place_it_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file" / "cache.sqlite")
    cache.put(b"k", b"value")
    assert cache.get(b"k") == b"value"


def test_a_full_disk_is_nobodys_trouble(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite")
    cache._database.execute("PRAGMA max_page_count = 20")
    for number in range(100):
        cache.put(b"%d" % number, bytes(4_000))
    assert cache.get(b"0") == bytes(4_000)
    assert cache.get(b"99") is None


def test_two_at_a_time(tmp_path: Path) -> None:
    one, other = Cache(tmp_path / "cache.sqlite"), Cache(tmp_path / "cache.sqlite")
    one.put(b"k", b"value")
    assert other.get(b"k") == b"value"
