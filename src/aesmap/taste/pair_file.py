"""The file that keeps answers about pairs: each at once, so that a killed process loses none.

One SQLite file; its table ``answers`` is for anybody to read with ``sqlite3``. An answer is one
transaction, on the disk before it is answered.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from aesmap.results.row_text import path_from_text, path_to_text
from aesmap.review.decisions import (
    FileKind,
    open_about,
    review_errors,
)
from aesmap.sqlite_files import transaction

Choice: TypeAlias = Literal["left", "right", "tie", "skip"]
CHOICES: Final[tuple[Choice, ...]] = get_args(Choice)

FILE_NAME: Final = "aesmap-pairs.sqlite"
PAIR_FILE: Final = FileKind(
    0x61657370,  # "aesp"
    1,
    "answers of 'aesmap taste ask'",
    ("the answers", "about"),
)

_TABLES: Final = (
    "CREATE TABLE shoot (folder TEXT NOT NULL)",
    "CREATE TABLE answers (number INTEGER PRIMARY KEY, left TEXT NOT NULL, right TEXT NOT NULL,"
    " answer TEXT NOT NULL, at_random INTEGER NOT NULL, answered TEXT NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """One answer: names relative to the folder, and which of the two is preferred.

    ``at_random`` are pairs that nothing chose; raises ``ValueError`` for a choice there is not.
    """

    left: str
    right: str
    choice: Choice
    at_random: bool

    def __post_init__(self) -> None:
        if self.choice not in CHOICES:
            raise ValueError(f"no answer: {self.choice!r}")


class PairFile:
    """The answers about one folder; may be used from several threads.

    Parameters
    ----------
    path
        The SQLite file; made if it is missing.
    folder
        The folder, which the file remembers.

    Raises
    ------
    OutputError
        If the file cannot be made or written.
    ReviewError
        If there is a file that is none of these, is damaged, or is of another folder.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with self._errors():
            self._database = open_about(path, folder, PAIR_FILE, _TABLES)

    def all(self) -> list[PairAnswer]:
        """Return every answer, in the order in which they were given."""
        with self._lock, self._errors():
            rows = self._database.execute(
                "SELECT left, right, answer, at_random FROM answers ORDER BY number"
            ).fetchall()
            return [
                PairAnswer(path_from_text(left), path_from_text(right), choice, bool(at_random))
                for left, right, choice, at_random in rows
            ]

    def add(self, answer: PairAnswer) -> None:
        """Keep an answer; raises :class:`OutputError` if it cannot be kept."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        values = (path_to_text(answer.left), path_to_text(answer.right), answer.choice)
        with self._lock, self._errors(), transaction(self._database):
            self._database.execute(
                "INSERT INTO answers (left, right, answer, at_random, answered)"
                " VALUES (?, ?, ?, ?, ?)",
                [*values, answer.at_random, at],
            )

    def undo(self) -> None:
        """Take the last answer back; nothing happens where there is none."""
        with self._lock, self._errors(), transaction(self._database):
            self._database.execute(
                "DELETE FROM answers WHERE number = (SELECT max(number) FROM answers)"
            )

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with review_errors(self.path, PAIR_FILE):
            yield
