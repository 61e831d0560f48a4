"""Photographs in files, told apart by fingerprints, to rows of results."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment, PreparedPhoto, error_row
from aesmap.batch.remote import is_url, read_remote, remote_fingerprint
from aesmap.columns import FILES_ONLY
from aesmap.errors import ImageError, ImageUnreadableError
from aesmap.images.extras import Extra
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.images.moments.similarity import Signature
from aesmap.images.opened import OpenedImage
from aesmap.images.reading import open_image
from aesmap.streaming import WorkTime


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
    has changed since is scored again by ``--resume``.
    """

    path: str
    fingerprint: str = ""

    def prepare(self, analyzer: Analyzer, extras: Collection[Extra] = ()) -> PreparedPhoto:
        """Take the step before the model, in any thread or process.

        Parameters
        ----------
        analyzer
            Whose model the photograph is prepared for.
        extras
            What else is wanted of the photograph: see :meth:`Analyzer.prepare`.

        Raises
        ------
        ImageError
            The file cannot be read, or changed while it was read.
        """
        if is_url(self.path):
            # Known already for the row of one that cannot be read.
            self.fingerprint = getattr(self.path, "fingerprint", "")
            data, self.fingerprint = read_remote(self.path, analyzer.limits)
            return analyzer.prepare(data, name=self.path, extras=extras)
        self.fingerprint = fingerprint_of(self.path)
        try:
            # Its row names it as the list did, which --resume looks for: "./a.jpg", not "a.jpg".
            return analyzer.prepare(self.path, name=self.path, extras=extras)
        finally:
            # What was read may be neither the old file nor the new one. Its row keeps the old
            # fingerprint, so that --resume sees that it is out of date.
            now = fingerprint_of(self.path)
            if now and now != self.fingerprint:
                raise ImageUnreadableError(
                    self.path, "changed while it was read; score it again with --resume"
                )


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """One file's result."""

    file: PhotoFile
    result: Assessment | ImageError

    def to_row(self, model_id: str) -> dict[str, Any]:
        """The row of a table file: what is said of one photograph, and the fingerprint."""
        if isinstance(self.result, ImageError):
            row = error_row(self.file.path, self.result.problem, model_id)
        else:
            row = self.result.to_row()
        return FILES_ONLY | row | {"fingerprint": self.file.fingerprint}

    @property
    def signature(self) -> Signature | None:
        """What tells its moment; ``None`` where it was not asked for or there is no picture."""
        if isinstance(self.result, ImageError) or self.result.extras is None:
            return None
        return self.result.extras.signature


def score_photos(
    analyzer: Analyzer,
    paths: Iterable[str],
    *,
    batch_size: int | None = None,
    workers: int | None = None,
    extras: Collection[Extra] = (),
    stop: Callable[[], bool] = lambda: False,
    work_time: WorkTime | None = None,
) -> Iterator[ScoredFile]:
    """Score files, in order; one that cannot be read has its :class:`ImageError` as result.

    ``extras``: what else is wanted of each, in the assessment's own ``extras``.
    """
    results = analyzer.stream(
        map(PhotoFile, paths),
        lambda file: file.prepare(analyzer, extras),
        batch_size,
        workers,
        stop=stop,
        work_time=work_time,
    )
    return (ScoredFile(file, result) for file, result in results)
