"""Photographs copied or linked into a folder, none over another and none by halves.

Names are kept. Where two photographs have one name, the second becomes ``name-2.jpg``, and so on.
What lies in the folder already is never replaced; if it is the photograph itself, it counts as
copied, so that the same command, run again, resumes. Sidecars go along under the copy's name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from aesmap.atomic import atomic_path, output_error
from aesmap.batch.remote import is_url
from aesmap.errors import ImageError, ImageMissingError, ImageUnreadableError, OutputError
from aesmap.tagging.sidecars import SidecarFinder

_HEAD_BYTES = 65_536
"""What is compared of two files of one size and time: more than the header of any photograph."""

_COPY_BYTES = 2**20

_MTIME_NS = 2_000_000_000
"""How coarse a disk's times may be: FAT has two seconds."""


@dataclass
class PhotoCopier:
    """Copies or links photographs into ``folder``, and counts what became of them."""

    folder: Path
    links: bool = False
    num_copied: int = 0
    num_there: int = 0
    problems: list[ImageError] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)
    _sidecars: SidecarFinder = field(default_factory=SidecarFinder)

    def make_folder(self) -> None:
        """Make the folder if it is missing; raises :class:`OutputError`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(self.folder, error) from error

    def copy_file(self, path: str) -> None:
        """Copy or link one photograph; what is wrong with its file goes into ``problems``.

        Raises :class:`OutputError` if the folder cannot be written.
        """
        if is_url(path):
            problem = "is in a remote store; --list its photographs for that store's own tools"
            self.problems.append(ImageUnreadableError(path, problem))
            return
        source = Path(path)
        try:
            target, is_there = self._target(source)
            if not is_there:
                self._write(source, target)
            for sidecar in self._sidecars.beside(source):
                self._copy_sidecar(source, target, sidecar)
        except ImageError as error:
            self.problems.append(error)
            return
        self.num_there += is_there
        self.num_copied += not is_there

    @property
    def done(self) -> str:
        """What is done to a photograph, in a word."""
        return "linked" if self.links else "copied"

    def line(self) -> str:
        """How many were copied, in words."""
        told = f"{self.num_copied:,} {self.done} to {self.folder}"
        return f"{told}, {self.num_there:,} there already" if self.num_there else told

    def _write(self, source: Path, target: Path) -> None:
        if self.links:
            _link(source, target)
        else:
            copy_whole(source, target)

    def _copy_sidecar(self, source: Path, target: Path, sidecar: Path) -> None:
        """Stars and edits belong to their photograph: ``1.jpg.xmp`` becomes ``1-2.jpg.xmp``."""
        is_full_name = sidecar.stem.casefold() == source.name.casefold()
        name = (target.name if is_full_name else target.stem) + sidecar.suffix
        beside = self.folder / name
        if not os.path.lexists(beside) and sidecar.is_file():
            self._write(sidecar, beside)

    def _target(self, source: Path) -> tuple[Path, bool]:
        """Where a photograph goes, and whether it is there already."""
        status = _status(source)
        for number in count(1):
            name = source.name if number == 1 else f"{source.stem}-{number}{source.suffix}"
            if name in self._taken:  # by another photograph of this run
                continue
            target = self.folder / name
            if not os.path.lexists(target):
                self._taken.add(name)
                return target, False
            if self._is_there(source, status, target):
                self._taken.add(name)
                return target, True
        raise AssertionError("numbers do not end")

    def _is_there(self, source: Path, status: os.stat_result, target: Path) -> bool:
        try:
            there = target.stat()
            if os.path.samestat(status, there):
                return True
            if self.links or target.is_symlink():
                return False
            return (
                there.st_size == status.st_size
                and abs(there.st_mtime_ns - status.st_mtime_ns) <= _MTIME_NS
                and _head(source) == _head(target)
            )
        except OSError:  # a link to nowhere, or a file that cannot be read, is another's
            return False


def _status(source: Path) -> os.stat_result:
    with _reading(source):
        status = source.stat()
    if source.is_dir():
        raise ImageUnreadableError(source, "is a folder now")
    return status


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise ImageMissingError(
            source, "no such file; run this where it was scored, or score it again"
        ) from error
    except OSError as error:
        raise ImageUnreadableError(source, f"cannot be read ({error.strerror or error})") from error


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def copy_whole(source: Path, target: Path) -> None:
    """Copy content and time of change; permissions are those of any new file.

    Raises :class:`ImageError` about the source, :class:`OutputError` about the copy.
    """
    with _reading(source):
        reader = source.open("rb")
    try:
        with reader, atomic_path(target) as temporary:
            with temporary.open("wb") as writer:
                shutil.copyfileobj(reader, writer, _COPY_BYTES)
            status = os.fstat(reader.fileno())
            os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))
    except OSError as error:
        raise OutputError(f"{target}: {source} cannot be copied ({error.strerror})") from error


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source.resolve())
    except OSError as error:
        raise output_error(target, error) from error
