"""Photographs in files, told apart by fingerprints, to rows of results."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aesmap.analyzer import Analyzer, Look, PreparedPhoto
from aesmap.assessment import Assessment, error_row
from aesmap.batch.remote import is_url, read_remote, remote_fingerprint
from aesmap.errors import ImageError, ImageUnreadableError
from aesmap.images.exposure import exposure_of
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.images.opened import OpenedImage
from aesmap.images.reading import open_image
from aesmap.images.similarity import Signature, photo_signature
from aesmap.scheduler import WorkTime
from aesmap.types import UInt8Array


def fingerprint_of(path: str) -> str:
    """What tells that a file has changed: ``size-mtime_ns``; empty where there is no file.

    Of a URL it is what the store says: see :func:`~aesmap.batch.remote.fingerprint_from`.
    """
    if is_url(path):
        return remote_fingerprint(path)
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return ""
    if not stat.S_ISREG(status.st_mode):  # a pipe's time changes whenever it is read
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def open_photo(path: str, limits: ImageLimits = DEFAULT_LIMITS) -> OpenedImage:
    """Open a photograph by its path or URL, without decoding it; raises :class:`ImageError`."""
    if is_url(path):
        data, _ = read_remote(path, limits)
        return open_image(data, limits, name=path)
    return open_image(path, limits)


@dataclass(slots=True)
class PhotoFile:
    """A file, or an object by its URL, to be scored.

    ``fingerprint`` is the file's when it was read, or the object's when it was listed: one that
    has changed since is scored again by ``--resume``. ``signature`` is that of what was read, for
    whoever asked for it by :meth:`take_signature`.
    """

    path: str
    fingerprint: str = ""
    signature: Signature | None = None

    def prepare(self, analyzer: Analyzer, look: Look | None = None) -> PreparedPhoto:
        """The step before the model, for any thread or process; raises :class:`ImageError`.

        ``look``: see :meth:`Analyzer.prepare`.
        """
        if is_url(self.path):
            # Known already for the row of one that cannot be read.
            self.fingerprint = getattr(self.path, "fingerprint", "")
            data, self.fingerprint = read_remote(self.path, analyzer.limits)
            return analyzer.prepare(data, look, name=self.path)
        self.fingerprint = fingerprint_of(self.path)
        try:
            # Its row names it as the list did, which --resume looks for: "./a.jpg", not "a.jpg".
            return analyzer.prepare(self.path, look, name=self.path)
        finally:
            # What was read may be neither the old file nor the new one. Its row keeps the old
            # fingerprint, so that --resume sees that it is out of date.
            now = fingerprint_of(self.path)
            if now and now != self.fingerprint:
                raise ImageUnreadableError(
                    self.path, "changed while it was read; score it again with --resume"
                )

    def take_signature(self, opened: OpenedImage, picture: UInt8Array) -> None:
        """A look (:meth:`Analyzer.prepare`) that tells near-duplicates and bursts later on."""
        self.signature = photo_signature(picture, opened.captured, exposure_of(opened.exif))


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """One file's result."""

    file: PhotoFile
    result: Assessment | ImageError

    def to_row(self, model_id: str) -> dict[str, Any]:
        """The row of a table file: the columns of every table, and the fingerprint."""
        if isinstance(self.result, ImageError):
            row = error_row(self.file.path, self.result.problem, model_id)
        else:
            row = self.result.to_row()
        return row | {"fingerprint": self.file.fingerprint}


def score_files(
    analyzer: Analyzer,
    paths: Iterable[str],
    *,
    batch_size: int | None = None,
    workers: int | None = None,
    signatures: bool = False,
    stop: Callable[[], bool] = lambda: False,
    work_time: WorkTime | None = None,
) -> Iterator[ScoredFile]:
    """Score files, in order; one that cannot be read has its :class:`ImageError` as result.

    ``signatures``: whether each file is to have its own.
    """
    results = analyzer.stream(
        map(PhotoFile, paths),
        lambda file: file.prepare(analyzer, file.take_signature if signatures else None),
        batch_size,
        workers,
        stop=stop,
        work_time=work_time,
    )
    return (ScoredFile(file, result) for file, result in results)
