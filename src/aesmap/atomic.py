"""Files that appear whole or not at all.

An output is written under another name in the same folder and renamed into place once it is
complete and on the disk. A reader never sees half a file, an interrupted run leaves the old file
as it was, and writing a file over its own input is safe.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from aesmap.errors import OutputError

_TEMPORARY_PREFIX = ".aesmap-"
"""Temporary files are hidden, so that a folder scan never takes one for a photo."""

_REMEDIES = {
    errno.ENOENT: "the folder {folder} does not exist; create it first",
    errno.ENOTDIR: "{folder} is not a folder; choose another output",
    errno.EACCES: "no permission to write in {folder}; change its permissions or write elsewhere",
    errno.EPERM: "no permission to write in {folder}; change its permissions or write elsewhere",
    errno.EROFS: "{folder} is on a read-only disk; write elsewhere",
    errno.ENOSPC: "the disk is full; free some space or write elsewhere",
    errno.EDQUOT: "the disk quota is used up; free some space or write elsewhere",
    errno.EFBIG: "the file grew beyond what this disk allows; write elsewhere",
    errno.ENAMETOOLONG: "the name is too long for this disk; choose a shorter one",
    errno.EIO: "the disk reported a failure; write elsewhere",
}
_DISK_ERRORS = {errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What a body's own writing may raise; its other ``OSError`` are about something else."""


def output_error(path: Path, error: OSError) -> OutputError:
    """The :class:`OutputError` that tells a user why ``path`` cannot be written."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None:
        return OutputError(f"{path}: cannot be written ({error.strerror or error})")
    folder = Path(os.path.realpath(path)).parent if os.path.islink(path) else path.parent  # noqa: PTH114
    return OutputError(f"{path}: cannot be written: {remedy.format(folder=folder)}")


@contextmanager
def atomic_path(
    path: str | os.PathLike[str], *, temporary: Path | None = None, flush_folder: bool = True
) -> Iterator[Path]:
    """Yield the path of an empty temporary file that replaces ``path`` when the body succeeds.

    The temporary file has the same suffix and lies in the same folder. ``temporary`` gives it a
    name of its own, on the same disk; what a killed process left there is replaced. If the body
    raises, ``KeyboardInterrupt`` included, it is deleted and ``path`` stays as it was. A symbolic
    link is followed rather than replaced. Permissions are those of the file replaced, or those the
    umask gives a new one.

    Without ``flush_folder`` a power cut may leave the old file, or none, though never half of one:
    for many files that a list tells of, which is written after
    :func:`flush_folder_to_disk`.

    Raises :class:`OutputError` for a missing or unwritable folder, a full disk, or a ``path``
    that is a folder or a device.
    """
    shown = Path(path)
    # Renaming onto a symbolic link would replace the link and leave the file it names untouched.
    target = Path(os.path.realpath(shown))
    permissions = _permissions_of(shown, target)
    if temporary is None:
        name = f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}{target.suffix}"
        temporary = target.parent / name
    else:
        with suppress(OSError):
            temporary.unlink()
    try:
        # os.open with 0o666 leaves the umask to the system; tempfile would force 0600.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise output_error(shown, error) from error
    try:
        try:
            yield temporary
        except OSError as error:
            if error.errno in _DISK_ERRORS:
                raise output_error(shown, error) from error
            raise
        try:
            if permissions is not None:
                temporary.chmod(permissions)
            _flush_to_disk(temporary)
            temporary.replace(target)
        except OSError as error:
            raise output_error(shown, error) from error
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if flush_folder:
        flush_folder_to_disk(target.parent)


@contextmanager
def atomic_write(
    path: str | os.PathLike[str], *, temporary: Path | None = None, flush_folder: bool = True
) -> Iterator[BinaryIO]:
    """Yield a binary file, readable too, whose content becomes ``path`` when the body succeeds.

    See :func:`atomic_path` for what is promised and raised.
    """
    with (
        atomic_path(path, temporary=temporary, flush_folder=flush_folder) as grown,
        grown.open("r+b") as file,
    ):
        yield file


def check_replaceable(path: Path) -> None:
    """Raise :class:`OutputError` where ``path`` is a folder or a device instead of a file."""
    _permissions_of(path, Path(os.path.realpath(path)))


def _permissions_of(shown: Path, target: Path) -> int | None:
    """Permission bits of the file to be replaced, or ``None`` when there is none."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return None  # creating the temporary file tells why, if the folder is at fault
    if stat.S_ISDIR(mode):
        raise OutputError(f"{shown}: cannot be written: it is a folder; name a file")
    if not stat.S_ISREG(mode):
        raise OutputError(f"{shown}: cannot be written: it is a device or a pipe; name a file")
    return stat.S_IMODE(mode)


def _flush_to_disk(path: Path) -> None:
    """Force the content out before the rename, or a power cut could leave an empty file."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder_to_disk(folder: Path) -> None:
    """Force renames in a folder out, where the system can (not on Windows, not on every mount)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
