"""Files that others publish: found in a folder, known by their hash, brought only when asked."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from aesmap.atomic import atomic_write
from aesmap.errors import DatasetError, OutputError

_CHUNK: Final = 1 << 20
_TIMEOUT_S: Final = 60


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A file that a table is made of.

    Attributes
    ----------
    name
        What it is called; in which folder it lies does not matter.
    url
        Where it is published: a file's own address if there is a ``sha256``, otherwise a page or
        an archive that it is in.
    sha256
        Of the content, 64 hexadecimal digits. Empty where we have not seen the published file.
    size
        Bytes, with a ``sha256``.
    """

    name: str
    url: str
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class PublishedSet:
    """A data set that a table is made of: its ``files``, and our list of its photographs.

    ``build`` writes the table from a folder with the published files into another, calls its last
    argument after each photograph, and returns how many they are.
    """

    files: tuple[PublishedFile, ...]
    photos: str
    build: Callable[[SourceFolder, Path, Callable[[], None]], int]


class SourceFolder:
    """What lies in a folder that published files were unpacked into, folders in it included.

    Raises :class:`DatasetError` where ``path`` is no folder.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise DatasetError(f"{path}: no such folder; name the one with the published files")
        self.path = path
        self._found: dict[str, list[Path]] = {}
        for folder, names, file_names in os.walk(path):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(file_names):
                self._found.setdefault(_key(name), []).append(Path(folder, name))

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._found

    def find(self, name: str, published: str) -> Path:
        """The file of this name, in any case, and with a blank for ``_`` or the other way round.

        ``published`` says where it comes from. Raises :class:`DatasetError` if there is none, or
        two of different content.
        """
        found = self._found.get(_key(name), [])
        if not found:
            raise DatasetError(f"{self.path}: no {name} in it; it is published at {published}")
        if len({path.stat().st_size for path in found}) > 1 or (
            len(found) > 1 and len({_digest(path) for path in found}) > 1
        ):
            raise DatasetError(
                f"{found[0]} and {found[1]}: two different files are called {name};"
                " leave the published one"
            )
        return found[0]

    def read(self, file: PublishedFile) -> Path:
        """A published file, known by its hash if we know that.

        Raises :class:`DatasetError` for a file that is not there, or another than the published.
        """
        path = self.find(file.name, file.url)
        if file.sha256 and _digest(path) != file.sha256:
            raise DatasetError(
                f"{path}: not the published file (its SHA-256 does not begin with"
                f" {file.sha256[:12]}); take that of {file.url}"
            )
        return path


def bring(published: Iterable[PublishedFile], folder: Path) -> Iterator[tuple[PublishedFile, bool]]:
    """Download into ``folder`` what has an address and is not there; yield each, and if it came.

    A file appears whole, and only with the hash that it must have. Raises :class:`DatasetError`
    for an address that does not answer or sends something else, and :class:`OutputError` for a
    folder that cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror or error})") from None
    here = SourceFolder(folder)
    for file in published:
        if not file.sha256:
            continue
        there = file.name in here
        if not there:
            _download(file, folder / file.name)
        yield file, not there


def _download(file: PublishedFile, target: Path) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        with (
            urllib.request.urlopen(file.url, timeout=_TIMEOUT_S) as answer,
            atomic_write(target) as out,
        ):
            while chunk := answer.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > file.size:
                    break
                out.write(chunk)
            if digest.hexdigest() != file.sha256:
                raise DatasetError(
                    f"{file.url}: sends another file than was published; get {file.name} by hand"
                )
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise DatasetError(
            f"{file.url}: cannot be had ({reason}); get {file.name} by hand"
        ) from None


def listed(name: str) -> list[dict[str, str]]:
    """The rows of one of our own lists, a CSV file of this package."""
    text = files(__package__).joinpath("lists", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def put(path: Path, data: bytes) -> None:
    """Write a file of the table's folder, unless it is there already.

    Raises :class:`OutputError` where another file has this name: nothing is overwritten.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        same = path.read_bytes() == data if path.exists() else None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from None
    if same is False:
        raise OutputError(f"{path}: another file of this name is there; give another --output")
    if same is None:
        with atomic_write(path) as out:
            out.write(data)


def vote_columns(counts: Sequence[int], *, mean: str) -> dict[str, Any]:
    """Columns of votes from 1 on: ``n``, their mean under its name, and ``c1``, ``c2`` and on."""
    votes = range(1, len(counts) + 1)
    total = sum(vote * count for vote, count in zip(votes, counts, strict=True))
    told = {"n": sum(counts), mean: round(total / sum(counts), 4)}
    return told | {f"c{vote}": count for vote, count in zip(votes, counts, strict=True)}


def as_csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A table as CSV in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _key(name: str) -> str:
    return name.replace("_", " ").lower()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from None
