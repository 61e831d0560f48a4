"""The bytes of a file, within limits and without waiting for ever."""

from __future__ import annotations

import io
import os
import select
import stat
from pathlib import Path

from aesmap.errors import ImageMissingError, ImageUnreadableError
from aesmap.images.decoder_errors import one_line
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits

_PIPE_PATIENCE_S = 60.0
_CHUNK_BYTES = 2**20

# Opened without it, a pipe that nobody writes to would be waited for until somebody does.
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)


def read_bytes(path: Path, limits: ImageLimits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a file within the limits, which is opened once.

    A pipe is read to its end, if somebody writes to it. Raises :class:`ImageMissingError`,
    :class:`ImageUnreadableError` and :class:`ImageTooLargeError`.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                limits.check_bytes(str(path), status.st_size)
                data = file.read()
            elif _NONBLOCK:  # a pipe does not tell its size, and a device may have no end
                data = _read_pipe(file.fileno(), limits.max_bytes + 1)
            else:
                data = file.read(limits.max_bytes + 1)
    except FileNotFoundError as error:
        raise ImageMissingError(path, "no such file; check the path") from error
    except (OSError, ValueError) as error:
        raise ImageUnreadableError(path, _problem(path, error)) from error
    if len(data) != status.st_size:  # a pipe, or a file that grew meanwhile
        limits.check_bytes(str(path), len(data))
    return data


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | _NONBLOCK)


def _problem(path: Path, error: Exception) -> str:
    if os.path.isdir(path):  # noqa: PTH112  (never raises; Windows denies permission here)
        try:
            with os.scandir(path):
                return "is a folder; name the images in it"
        except OSError as refusal:
            return f"is a folder that cannot be listed ({one_line(refusal)}); check its permissions"
    try:
        if stat.S_ISSOCK(path.stat().st_mode):
            return "is a socket; give a file"
    except (OSError, ValueError):
        pass
    if isinstance(error, PermissionError):
        return "no permission to read it; change its permissions"
    return f"cannot be read ({one_line(error)}); check the path and the disk"


def _read_pipe(descriptor: int, limit: int) -> bytes:
    """What a pipe gives until its end or ``limit``; none at once if nobody writes to it."""
    data = io.BytesIO()
    while data.tell() < limit:
        try:
            chunk = os.read(descriptor, min(_CHUNK_BYTES, limit - data.tell()))
        except BlockingIOError:
            if not select.select([descriptor], [], [], _PIPE_PATIENCE_S)[0]:
                raise TimeoutError(f"nothing came for {_PIPE_PATIENCE_S:g} s") from None
            continue
        if not chunk:
            break
        data.write(chunk)
    return data.getvalue()
