"""Where a photograph's XMP packet lies: in a sidecar of one name or another, or in the JPEG."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from aesmap.atomic import atomic_write, output_error
from aesmap.errors import ImageError, OutputError
from aesmap.images.file_bytes import read_bytes
from aesmap.images.limits import ImageLimits
from aesmap.images.raw import RAW_SUFFIXES
from aesmap.tagging.xmp.document import XmpError
from aesmap.tagging.xmp.jpeg import jpeg_packet, with_jpeg_packet

Naming: TypeAlias = Literal["adobe", "darktable"]

_JPEG_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif"}
_LIMITS = ImageLimits(max_bytes=64 * 2**20)
"""Sidecars with painted masks reach some megabytes."""


@dataclass(frozen=True)
class Place:
    """The file at ``path`` that holds, or shall hold, the packet of ``photo``."""

    photo: Path
    path: Path
    embedded: bool = False

    def packet(self) -> bytes | None:
        """The packet as it is, ``None`` if there is none. Raises :class:`OutputError`."""
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
            raise OutputError(f"{self.path}: cannot be read ({error.strerror or error})") from error
        except ImageError as error:
            raise OutputError(str(error)) from error
        except XmpError as error:
            raise self.refusal(error) from error

    def replace(self, packet: bytes | None, *, dry_run: bool = False) -> None:
        """Put this packet here, or none: a sidecar is then deleted.

        A dry run goes as far as it can without writing. Raises :class:`OutputError`.
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
        """The error that names this file."""
        kind = "" if self.embedded else ", or move it away"
        return OutputError(f"{self.path}: {error}; left as it is: mend it{kind}")

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


def is_jpeg(photo: Path) -> bool:
    """Whether a photo is named like a JPEG, in which a packet can be embedded."""
    return photo.suffix.lower() in _JPEG_SUFFIXES


def is_raw(photo: Path) -> bool:
    """Whether a photo is named like a camera's raw file."""
    return photo.suffix.lower() in RAW_SUFFIXES


def sidecar_of(photo: Path, naming: Naming) -> Path:
    """The sidecar's path; one that exists with its suffix in capitals is taken instead."""
    path = photo.with_suffix(".xmp") if naming == "adobe" else photo.with_name(f"{photo.name}.xmp")
    capitals = path.with_suffix(".XMP")
    return capitals if capitals.exists() and not path.exists() else path


def has_raw_beside(photo: Path) -> bool:
    """Whether a raw file of the same name lies in the folder of ``photo``."""
    return any(
        photo.with_suffix(form).exists()
        for suffix in RAW_SUFFIXES
        for form in (suffix, suffix.upper())
    )


def share_out(places: Iterable[Place]) -> tuple[list[Place], list[tuple[Place, Place]]]:
    """Each file to one photo: those that have one, and those that do not, with who has theirs.

    By Adobe's naming ``IMG.CR2`` and ``IMG.JPG`` share ``IMG.xmp``, which is the raw file's.
    Otherwise a JPEG has it before others, and the first comes first.
    """
    by_file: dict[Path, list[Place]] = {}
    for place in places:
        by_file.setdefault(place.path, []).append(place)
    owners = [min(sharing, key=lambda place: _rank(place.photo)) for sharing in by_file.values()]
    others = [
        (place, owner)
        for owner, sharing in zip(owners, by_file.values(), strict=True)
        for place in sharing
        if place is not owner
    ]
    return owners, others


def places_to_undo(images: list[Path], xmp: bool, embed: bool) -> list[Place]:
    """Everywhere that an earlier run may have written, shared files once.

    Both ``xmp`` and ``embed``, and neither, stand for sidecars and JPEGs.
    """
    places: dict[Path, Place] = {}
    for photo in images:
        if xmp or not embed:
            for path in (sidecar_of(photo, "darktable"), sidecar_of(photo, "adobe")):
                places.setdefault(path, Place(photo, path))
        if is_jpeg(photo) and (embed or not xmp):
            places.setdefault(photo, Place(photo, photo, embedded=True))
    return list(places.values())


def _rank(photo: Path) -> int:
    return 0 if is_raw(photo) else 1 if is_jpeg(photo) else 2
