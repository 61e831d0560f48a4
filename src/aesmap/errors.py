"""Every exception a user of aesmap can meet.

All of them derive from :class:`AesmapError`, and each message is one line that names the file or
field and says what to do about it. The command line prints it to stderr and exits with
``exit_code``: 2 for a wrong call, 1 for work that failed.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

_DIRECTION_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_LINE_ENDS = frozenset("\u2028\u2029")


def printable(text: str) -> str:
    """Escape what would break or turn a line that people read.

    Control characters, undecodable bytes, line ends and direction overrides become ``\\n``,
    ``\\x1b`` or ``\\u202e``; all other text stays.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cs")
    if hidden or character in _DIRECTION_CONTROLS or character in _LINE_ENDS:
        return repr(character)[1:-1]
    return character


class AesmapError(Exception):
    """Base class: one line for the user, never a traceback."""

    exit_code = 1


class UsageError(AesmapError, ValueError):
    """A parameter that cannot be used, such as an aspect ratio of ``0:3``."""

    exit_code = 2


class ImageError(AesmapError):
    """An image that cannot be read.

    Parameters
    ----------
    source
        The path, or a word such as ``<bytes>`` for data that has none.
    problem
        The message without it, which is what a results table wants beside its own path column.
    """

    def __init__(self, source: str | Path, problem: str) -> None:
        self.source = str(source)
        self.problem = problem
        # A file's name may hold a line break; its message must not.
        super().__init__(f"{printable(self.source)}: {problem}")


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


class TasteError(AesmapError):
    """A personal taste that is missing, damaged, another model's, or cannot be learned."""


class TableError(AesmapError):
    """A table of results that is missing, cut short, or not one of aesmap's."""


class ReviewError(AesmapError):
    """A review's file of decisions that is missing, damaged, or another's."""


class DatasetError(AesmapError):
    """A data set that does not hold what its own tables say."""


class ExportError(AesmapError):
    """An export that does not agree with the network it came from."""


class StoppedError(AesmapError):
    """A run that a signal ended early; the exit code is the one that shells expect of it."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
