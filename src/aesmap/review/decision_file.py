"""The file that keeps decisions: every step, at once, and the way back from each.

One SQLite file holds the decisions as they are (table ``decisions``, for anybody to read with
``sqlite3``) and every step that led there (``steps``), by which they are undone and redone. A step
is one transaction, on the disk before it is answered: a killed process loses none.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aesmap.results.row_text import path_from_text, path_to_text
from aesmap.review.decisions import (
    REVIEW_FILE,
    UNDECIDED,
    Decision,
    Decisions,
    open_about,
    read_all,
    review_errors,
)
from aesmap.sqlite_files import transaction

_TABLES: Final = (
    "CREATE TABLE shoot (folder TEXT NOT NULL)",
    "CREATE TABLE decisions (path TEXT PRIMARY KEY, stars INTEGER NOT NULL, flag TEXT NOT NULL,"
    " decided TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE steps (step INTEGER NOT NULL, path TEXT NOT NULL, stars_before INTEGER NOT NULL,"
    " flag_before TEXT NOT NULL, stars INTEGER NOT NULL, flag TEXT NOT NULL, decided TEXT NOT NULL,"
    " undone INTEGER NOT NULL)",
    "CREATE INDEX by_step ON steps (undone, step)",
    "CREATE TABLE copies (folder TEXT PRIMARY KEY) WITHOUT ROWID",
)


class DecisionFile:
    """The decisions of one shoot; may be used from several threads.

    Parameters
    ----------
    path
        The SQLite file; made if it is missing, unless ``read_only``.
    folder
        The shoot's folder, which the file remembers: relative to itself where it lies in it, so
        that both can be moved together.
    read_only
        Whether the decisions are only looked at.

    Raises
    ------
    OutputError
        If the file cannot be made or written.
    ReviewError
        If there is a file that is none of these, is damaged, or is of another folder.
    """

    def __init__(self, path: Path, folder: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        with self._errors():
            self._database = open_about(path, folder, REVIEW_FILE, _TABLES, read_only=read_only)

    def all(self) -> Decisions:
        """Return every decision that is made."""
        with self._lock, self._errors():
            return read_all(self._database)

    def decide(self, wanted: Mapping[str, Decision]) -> Decisions:
        """Keep decisions on one or more photographs as one step.

        Returns
        -------
        dict
            Those that differ from what was decided before; without any there is no step.

        Raises
        ------
        OutputError
            If they cannot be kept: then none of them is.
        """
        with self._lock, self._errors(), transaction(self._database):
            before = {path: self._get(path) for path in wanted}
            changed = {path: now for path, now in wanted.items() if now != before[path]}
            if not changed:
                return {}
            # What was undone before is not redone after another decision.
            self._database.execute("DELETE FROM steps WHERE undone")
            (step,) = self._database.execute(
                "SELECT coalesce(max(step), 0) + 1 FROM steps"
            ).fetchone()
            at = _now()
            self._database.executemany(
                "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, FALSE)",
                [
                    (
                        *(step, path_to_text(path), before[path].stars, before[path].flag),
                        *(now.stars, now.flag, at),
                    )
                    for path, now in changed.items()
                ],
            )
            for path, now in changed.items():
                self._set(path, now, at)
        return changed

    def undo(self) -> Decisions:
        """Take the last step back; returns what is decided now of its photographs, or nothing."""
        return self._move(undone=True)

    def redo(self) -> Decisions:
        """Take the step again that was undone last; returns its decisions, or nothing."""
        return self._move(undone=False)

    def _move(self, *, undone: bool) -> Decisions:
        which = "max" if undone else "min"
        columns = "stars_before, flag_before" if undone else "stars, flag"
        with self._lock, self._errors(), transaction(self._database):
            (step,) = self._database.execute(
                f"SELECT {which}(step) FROM steps WHERE undone = ?", [not undone]
            ).fetchone()
            rows = self._database.execute(
                f"SELECT path, {columns}, decided FROM steps WHERE step = ?", [step]
            ).fetchall()
            changed = {path_from_text(path): Decision(*values) for path, *values, _ in rows}
            for path, _stars, _flag, at in rows:
                key = path_from_text(path)
                self._set(key, changed[key], at)
            self._database.execute("UPDATE steps SET undone = ? WHERE step = ?", [undone, step])
        return changed

    def num_steps(self) -> tuple[int, int]:
        """Return how many steps can be undone, and how many redone."""
        with self._lock, self._errors():
            counts = dict(
                self._database.execute(
                    "SELECT undone, count(DISTINCT step) FROM steps GROUP BY undone"
                ).fetchall()
            )
        return counts.get(0, 0), counts.get(1, 0)

    def copies(self) -> set[str]:
        """Return the folders, relative to the shoot's, that picks were copied into."""
        with self._lock, self._errors():
            rows = self._database.execute("SELECT folder FROM copies").fetchall()
        return {path_from_text(folder) for (folder,) in rows}

    def add_copies(self, folder: str) -> None:
        """Note a folder that picks are copied into: what lies there is not looked through."""
        with self._lock, self._errors(), transaction(self._database):
            self._database.execute(
                "INSERT OR IGNORE INTO copies VALUES (?)", [path_to_text(folder)]
            )

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._database.close()

    def _get(self, path: str) -> Decision:
        found = self._database.execute(
            "SELECT stars, flag FROM decisions WHERE path = ?", [path_to_text(path)]
        ).fetchone()
        return UNDECIDED if found is None else Decision(*found)

    def _set(self, path: str, decision: Decision, at: str) -> None:
        if decision.is_made:
            self._database.execute(
                "INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?)",
                [path_to_text(path), decision.stars, decision.flag, at],
            )
        else:
            self._database.execute("DELETE FROM decisions WHERE path = ?", [path_to_text(path)])

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with review_errors(self.path):
            yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
