"""Where a photograph's XMP packet lies: in a sidecar of one name or another, or in the JPEG."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from aesmap.atomic import atomic_write, output_error
from aesmap.errors import ImageError, OutputError, UsageError
from aesmap.images.file_bytes import read_bytes
from aesmap.images.limits import ImageLimits
from aesmap.images.metadata.xmp.document import XmpError
from aesmap.images.raw.photo import RAW_SUFFIXES
from aesmap.tagging.xmp.jpeg import jpeg_packet, with_jpeg_packet

Naming: TypeAlias = Literal["adobe", "darktable"]

_SUFFIX = ".xmp"
_JPEG_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif"}
_JPEG_START = b"\xff\xd8\xff"
_LIMITS = ImageLimits(max_bytes=64 * 2**20)
"""Sidecars with painted masks reach some megabytes."""


@dataclass(frozen=True)
class PacketFile:
    """The file at ``path`` that holds, or shall hold, the XMP packet of ``photo``."""

    photo: Path
    path: Path
    embedded: bool = False

    def packet(self) -> bytes | None:
        """Read the packet as it is; ``None`` if there is none.

        Raises
        ------
        OutputError
            If the file cannot be read, is no file, or is a damaged JPEG.
        """
        try:
            if self.embedded:
                with self.path.open("rb") as file:
                    return jpeg_packet(file)
            if not self.path.exists() and not self.path.is_dir():
                return None
            if not self.path.is_file():
                problem = "is no file; move it, for the sidecar of this name belongs here"
                raise OutputError(f"{self.path}: {problem}")
            return read_bytes(self.path, _LIMITS)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG and not self.embedded:
                problem = "its sidecar's name would be too long for this disk; use --embed"
                raise OutputError(f"{self.photo}: {problem}") from error
            raise OutputError(f"{self.path}: cannot be read ({error.strerror or error})") from error
        except ImageError as error:
            raise OutputError(str(error)) from error
        except XmpError as error:
            raise self.refusal(error) from error

    def replace(self, packet: bytes | None, *, dry_run: bool = False) -> None:
        """Put this packet here; with ``None`` take it out, which deletes a sidecar.

        A dry run goes as far as it can without writing.

        Raises
        ------
        OutputError
            If the file cannot be written, is write-protected, or cannot be changed safely.
        """
        content = packet
        if self.embedded:
            try:
                content = with_jpeg_packet(read_bytes(self.path), packet)
            except ImageError as error:
                raise OutputError(str(error)) from error
            except XmpError as error:
                raise self.refusal(error) from error
        self._check_writable()
        if dry_run:
            return
        if content is None:
            try:
                os.unlink(os.path.realpath(self.path))  # noqa: PTH108  (what a link leads to)
            except OSError as error:
                raise output_error(self.path, error) from error
            return
        with atomic_write(self.path) as file:
            file.write(content)

    def refusal(self, error: XmpError) -> OutputError:
        """Make the error that names this file and says what can be done instead."""
        remedy = "use --xmp for a sidecar" if self.embedded else "mend it, or move it away"
        return OutputError(f"{self.path}: {error}; left as it is: {remedy}")

    def _check_writable(self) -> None:
        """A locked file is meant to stay, though renaming another onto it would be allowed."""
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise output_error(self.path, error) from error
        if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise OutputError(f"{self.path}: is write-protected; unlock it first")


class SidecarFinder:
    """Finds the sidecars of photographs by either name, in any case of letters.

    Each folder is listed once, when it is first asked about.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, list[str]]] = {}

    def beside(self, photo: Path) -> list[Path]:
        """List the sidecars that exist: ``IMG.jpg.xmp`` before ``IMG.xmp``."""
        return [
            photo.parent / name
            for stem in dict.fromkeys((photo.name, photo.stem))
            for name in self._spellings(photo, stem)
        ]

    def path_for(self, photo: Path, naming: Naming) -> Path:
        """Return the sidecar's path by one naming: one that exists, else the usual spelling."""
        stem = photo.stem if naming == "adobe" else photo.name
        existing = self._spellings(photo, stem)
        return photo.parent / (existing[0] if existing else stem + _SUFFIX)

    def has_raw(self, photo: Path) -> bool:
        """Whether a raw file of the same name, in any case, lies beside the photograph."""
        names = self._names(photo.parent)
        return any((photo.stem + suffix).casefold() in names for suffix in RAW_SUFFIXES)

    def _spellings(self, photo: Path, stem: str) -> list[str]:
        """The sidecars called ``stem``, the exact name first, none that is another photo's own."""
        usual = stem + _SUFFIX
        found = [
            name
            for name in self._names(photo.parent).get(usual.casefold(), [])
            if name[: -len(_SUFFIX)] == stem or not self._has_owner(photo, name)
        ]
        return sorted(found, key=lambda name: (name != usual, name[: len(stem)] != stem, name))

    def _has_owner(self, photo: Path, sidecar: str) -> bool:
        """Whether a sidecar is spelled as another photo is: ``a.jpg.xmp`` for ``A.JPG``."""
        owner = sidecar[: -len(_SUFFIX)]
        same = self._names(photo.parent).get(owner.casefold(), [])
        return owner in same and owner != photo.name

    def _names(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._folders:
            names: dict[str, list[str]] = {}
            try:
                for name in os.listdir(folder):  # noqa: PTH208  (names alone, in one call)
                    names.setdefault(name.casefold(), []).append(name)
            except OSError:
                pass  # whatever reads or writes there says why
            self._folders[folder] = names
        return self._folders[folder]


def is_jpeg(photo: Path) -> bool:
    """Whether a file is a JPEG by its first bytes; only in these a packet is embedded."""
    try:
        with photo.open("rb") as file:
            return file.read(len(_JPEG_START)) == _JPEG_START
    except OSError:
        return False


def is_named_jpeg(photo: Path) -> bool:
    """Whether a file has a JPEG's suffix."""
    return photo.suffix.lower() in _JPEG_SUFFIXES


def is_raw(photo: Path) -> bool:
    """Whether a photo is named like a camera's raw file."""
    return photo.suffix.lower() in RAW_SUFFIXES


def assign_files(
    files: Iterable[PacketFile],
) -> tuple[list[PacketFile], list[tuple[PacketFile, PacketFile]]]:
    """Give each file to one photograph.

    By Adobe's naming ``IMG.CR2`` and ``IMG.JPG`` share ``IMG.xmp``, which is the raw file's.
    Otherwise a JPEG has it before others, and the first comes first.

    Returns
    -------
    tuple
        Those that have their file, and pairs of one that has none and the one that has it.
    """
    by_path: dict[Path, list[PacketFile]] = {}
    for file in files:
        by_path.setdefault(file.path, []).append(file)
    owners = [min(sharing, key=lambda file: _rank(file.photo)) for sharing in by_path.values()]
    others = [
        (file, owner)
        for owner, sharing in zip(owners, by_path.values(), strict=True)
        for file in sharing
        if file is not owner
    ]
    return owners, others


@dataclass
class FilesToTag:
    """Where packets go: one file for each photograph that has a place.

    ``without`` are pairs of a file whose photograph has none, and the one that has it instead.
    """

    files: list[PacketFile] = field(default_factory=list)
    problems: list[UsageError] = field(default_factory=list)
    without: list[tuple[PacketFile, PacketFile]] = field(default_factory=list)


def files_to_tag(
    images: Iterable[Path], *, xmp: bool, embed: bool, naming: Naming, sidecars: SidecarFinder
) -> FilesToTag:
    """Find where each photograph's packet goes: into a JPEG (``embed``), beside it (``xmp``)."""
    found = FilesToTag()
    for photo in images:
        if embed and is_jpeg(photo) and is_named_jpeg(photo):
            found.files.append(PacketFile(photo, photo, embedded=True))
        elif xmp:
            found.files.append(PacketFile(photo, sidecars.path_for(photo, naming)))
        elif is_jpeg(photo):
            # Programs go by the name: XMP in a JPEG that they take for something else is lost.
            kind = f"is a JPEG named {photo.suffix or 'without a suffix'}"
            found.problems.append(
                UsageError(f"{photo}: {kind}; rename it, or add --xmp for a sidecar")
            )
        else:
            remedy = "add --xmp for a sidecar"
            found.problems.append(UsageError(f"{photo}: tags are embedded in JPEGs only; {remedy}"))
    found.files, found.without = assign_files(found.files)
    return found


def files_to_undo(
    images: list[Path], xmp: bool, embed: bool, sidecars: SidecarFinder
) -> list[PacketFile]:
    """List every file that an earlier run may have written, shared ones once.

    Both ``xmp`` and ``embed``, and neither, stand for sidecars and JPEGs.
    """
    files: dict[Path, PacketFile] = {}
    for photo in images:
        if xmp or not embed:
            for path in sidecars.beside(photo):
                files.setdefault(path, PacketFile(photo, path))
        if (embed or not xmp) and is_jpeg(photo):
            files.setdefault(photo, PacketFile(photo, photo, embedded=True))
    return list(files.values())


def _rank(photo: Path) -> int:
    return 0 if is_raw(photo) else 1 if is_named_jpeg(photo) else 2
