"""Published files are found by name, known by hash, and downloaded whole or not at all."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aesmap.errors import DatasetError
from aesmap.training.data.published.files import PublishedFile, SourceFolder, bring, listed
from aesmap.training.data.published.flms import FLMS
from aesmap.training.data.published.oasis import OASIS
from aesmap.training.data.published.sophoappeal import SOPHOAPPEAL

CONTENT = b"ratings\n" * 1000


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/ratings.csv").write_bytes(CONTENT)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "web"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/ratings.csv"
    server.shutdown()
    thread.join()
    server.server_close()


def published(url: str, content: bytes = CONTENT) -> PublishedFile:
    digest = hashlib.sha256(content).hexdigest()
    return PublishedFile(name="ratings.csv", url=url, sha256=digest, size=len(content))


def test_it_comes_once(address: str, tmp_path: Path) -> None:
    file = published(address)
    by_hand = PublishedFile(name="photos", url="https://example.org/page")
    assert list(bring([file, by_hand], tmp_path / "new")) == [(file, True)]
    assert SourceFolder(tmp_path / "new").read(file).read_bytes() == CONTENT
    assert list(bring([file], tmp_path / "new")) == [(file, False)]


@pytest.mark.parametrize("expected", [CONTENT[:-1], CONTENT + b"more", CONTENT[:-2] + b"s!"])
def test_another_content_than_published(address: str, tmp_path: Path, expected: bytes) -> None:
    with pytest.raises(DatasetError, match=r"sends another file .* get ratings.csv by hand"):
        list(bring([published(address, expected)], tmp_path / "new"))
    assert list((tmp_path / "new").iterdir()) == []


def test_no_answer(address: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"lost.csv: cannot be had .* by hand"):
        list(bring([published(address.replace("ratings", "lost"))], tmp_path / "new"))
    with pytest.raises(DatasetError, match="cannot be had"):
        list(bring([published("http://127.0.0.1:9/ratings.csv")], tmp_path / "new"))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="lost: no such folder; name the one with"):
        SourceFolder(tmp_path / "lost")


def test_our_lists_name_each_photograph_once() -> None:
    for published_set, number in ((OASIS, 584), (SOPHOAPPEAL, 768), (FLMS, 256)):
        rows = listed(published_set.photos)
        assert len(rows) == number
        assert len({next(iter(row.values())) for row in rows}) == number
    tiles = [int(row["tile"].removesuffix(".png")) for row in listed(SOPHOAPPEAL.photos)]
    assert max(tiles) < 22 * 50  # the overview's
    assert len({row["name"] for row in listed(SOPHOAPPEAL.photos)}) == 768
