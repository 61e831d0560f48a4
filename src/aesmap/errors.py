"""Every exception a user of aesmap can meet.

All of them derive from :class:`AesmapError`, and each message is one line that names the file or
field and says what to do about it. The command line prints it to stderr and exits with
``exit_code``: 2 for a wrong call, 1 for work that failed.
"""

from __future__ import annotations

from pathlib import Path


class AesmapError(Exception):
    """Base class: one line for the user, never a traceback."""

    exit_code = 1


class UsageError(AesmapError, ValueError):
    """A parameter that cannot be used, such as an aspect ratio of ``0:3``."""

    exit_code = 2


class ImageError(AesmapError):
    """An image that cannot be read.

    ``source`` is the path, or a word such as ``<bytes>`` for data that has none; ``problem`` is
    the message without it, which is what a results table wants beside its own path column.
    """

    def __init__(self, source: str | Path, problem: str) -> None:
        self.source = str(source)
        self.problem = problem
        # A file's name may hold a line break; its message must not.
        shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in self.source)
        super().__init__(f"{shown}: {problem}")


class ImageMissingError(ImageError):
    """No file at the path given."""


class ImageUnreadableError(ImageError):
    """A file that is empty, truncated, damaged, or no image at all."""


class ImageTooLargeError(ImageError):
    """An image beyond the limits in pixels or bytes."""


class ModelError(AesmapError):
    """A model file or manifest that is missing, damaged, or does not fit this version."""


class OutputError(AesmapError):
    """An output that cannot be written."""


class MissingExtraError(AesmapError):
    """A feature whose optional packages are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        self.extra = extra
        super().__init__(
            f"{feature} needs optional packages; install them with: pip install 'aesmap[{extra}]'"
        )


class ConfigError(AesmapError, ValueError):
    """A recipe, table or manifest with a field that cannot be used."""

    exit_code = 2


class TableError(AesmapError):
    """A table of results that is missing, cut short, or not one of aesmap's."""


class DatasetError(AesmapError):
    """A data set that does not hold what its own tables say."""


class ExportError(AesmapError):
    """An export that does not agree with the network it came from."""


class StoppedError(AesmapError):
    """A run that a signal ended early; the exit code is the one that shells expect of it."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
