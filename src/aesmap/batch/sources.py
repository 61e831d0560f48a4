"""What the paths that a user gives stand for: local files, and objects in remote stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from aesmap.batch.discovery import ImageList, find_images
from aesmap.batch.remote import ListedUrl, is_url, list_remote

_NAMES_PER_CHUNK = 4096
_UNKNOWN = "?"
"""In place of the fingerprint of what no listing told of; a fingerprint has a hyphen."""


class PhotoList(Protocol):
    """Paths and URLs in order, which may be gone through any number of times."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[str]: ...

    def where(self, keep: Callable[[str], bool]) -> PhotoList:
        """Those of which ``keep`` is true."""


def find_photos(
    paths: Iterable[str], recursive: bool = True, listed: ImageList | None = None
) -> PhotoList:
    """All photographs that paths and URLs stand for: local ones, those of stores, then ``listed``.

    See :func:`~aesmap.batch.discovery.find_images` and
    :func:`~aesmap.batch.remote.list_remote`. ``listed`` are taken as they are.
    """
    paths = list(paths)
    urls = sorted({path for path in paths if is_url(path)})
    local = find_images((path for path in paths if not is_url(path)), recursive)
    parts: list[PhotoList] = [local]
    if urls:
        found = (photo for url in urls for photo in list_remote(url, recursive))
        parts.append(UrlList(dict.fromkeys(found)))
    if listed is not None:
        if not any(len(part) for part in parts):
            return listed
        parts.append(listed.where(_none_of(parts)))
    return parts[0] if len(parts) == 1 else _Joined(parts)


def _none_of(parts: Sequence[PhotoList]) -> Callable[[str], bool]:
    known = {path for part in parts for path in part}
    # What was found is spelled as pathlib does, and a list as it likes: "./a.jpg".
    return lambda path: path not in known and (is_url(path) or str(Path(path)) not in known)


class UrlList:
    """URLs and their fingerprints as text, for an object of each would be ten times as large."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._chunks: list[tuple[str, str]] = []
        self._count = 0
        some: list[str] = []
        for url in urls:
            some.append(url)
            if len(some) == _NAMES_PER_CHUNK:
                self._add(some)
                some = []
        self._add(some)

    def _add(self, urls: list[str]) -> None:
        if urls:
            self._count += len(urls)
            known = (url.fingerprint if isinstance(url, ListedUrl) else _UNKNOWN for url in urls)
            self._chunks.append(("\0".join(urls), "\0".join(known)))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        for urls, fingerprints in self._chunks:
            for url, known in zip(urls.split("\0"), fingerprints.split("\0"), strict=True):
                yield url if known == _UNKNOWN else ListedUrl.of(url, known)

    def where(self, keep: Callable[[str], bool]) -> UrlList:
        """Those of which ``keep`` is true."""
        return UrlList(url for url in self if keep(url))


class _Joined:
    def __init__(self, parts: Sequence[PhotoList]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            yield from part

    def where(self, keep: Callable[[str], bool]) -> PhotoList:
        return _Joined([part.where(keep) for part in self._parts])
