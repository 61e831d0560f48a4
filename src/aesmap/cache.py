"""Thumbnails, previews and assessments made of photographs once, in one file with a limit.

Everything in it can be made again. So a damaged file is begun anew, a full disk is nobody's
trouble, and what was used least recently goes first. All reviews of a user share it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from aesmap.sqlite_files import transaction

DEFAULT_MAX_BYTES: Final = 2 * 2**30
"""As many as 5,000 previews with their thumbnails and assessments."""

_KEPT: Final = 0.9
"""The share of the limit that is left after clearing out."""
_VERSION: Final = 1
_AT_A_TIME: Final = 500
_TOUCH_S: Final = 3600.0


def cache_folder() -> Path:
    """Return where this user's programs keep what can be made again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "aesmap"


def key_of(*parts: str) -> bytes:
    """Make the key of something: of what, of which file, in which state, by which model."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


class Cache:
    """Bytes by key, of several threads and processes; raises nothing.

    Parameters
    ----------
    path
        The file, made if need be; where that cannot be, nothing outlasts the process.
    max_bytes
        What all values together may take.
    """

    def __init__(self, path: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._database = _opened(path)
        except (sqlite3.Error, OSError):
            self._database = _begun(":memory:")
        self._num_bytes: int | None = None  # summed up before the first value is added

    def get(self, key: bytes) -> bytes | None:
        """Return a value; ``None`` where there is none."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return those values that are there."""
        wanted, found, old = list(keys), dict[bytes, bytes](), list[bytes]()
        now = time.time()
        with self._lock, suppress(sqlite3.Error):
            for start in range(0, len(wanted), _AT_A_TIME):
                some = wanted[start : start + _AT_A_TIME]
                rows = self._database.execute(
                    "SELECT key, value, used FROM kept WHERE key IN"
                    f" ({', '.join('?' * len(some))})",
                    some,
                )
                for key, value, used in rows:
                    found[key] = value
                    if used < now - _TOUCH_S:
                        old.append(key)
            if old:
                with transaction(self._database):
                    self._database.executemany(
                        "UPDATE kept SET used = ? WHERE key = ?", [(now, key) for key in old]
                    )
        return found

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value, as long as there is room."""
        if len(value) > self._max_bytes:
            return
        with self._lock, suppress(sqlite3.Error):
            self._database.execute(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", [key, value, time.time()]
            )
            if self._num_bytes is None:
                self._num_bytes = self._sum()
            else:
                self._num_bytes += len(value)
            if self._num_bytes > self._max_bytes:
                self._clear_out()

    def close(self) -> None:
        """Let the file go."""
        with self._lock, suppress(sqlite3.Error):
            self._database.close()

    def _clear_out(self) -> None:
        """Take out what was used least recently; the disk gets its room back."""
        if self._sum() <= self._max_bytes:  # another review has cleared out
            return
        self._database.execute(
            "DELETE FROM kept WHERE key IN (SELECT key FROM (SELECT key, sum(length(value)) OVER"
            " (ORDER BY used DESC, key) AS total FROM kept) WHERE total > ?)",
            [int(_KEPT * self._max_bytes)],
        )
        self._database.execute("PRAGMA incremental_vacuum").fetchall()
        self._num_bytes = self._sum()

    def _sum(self) -> int:
        with suppress(sqlite3.Error):
            found = self._database.execute("SELECT coalesce(sum(length(value)), 0) FROM kept")
            return int(found.fetchone()[0])
        return 0


def _opened(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # pictures are their owner's alone
    try:
        return _begun(str(path))
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        for suffix in ("", "-wal", "-shm", "-journal"):  # damaged, or another version's
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return _begun(str(path))


def _begun(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL").fetchall()
        database.execute("PRAGMA synchronous = OFF")  # whatever a power cut takes is made again
        database.execute(
            "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, value BLOB, used REAL)"
        )
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError("of another version")
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("SELECT key, value, used FROM kept LIMIT 1").fetchall()
    except BaseException:
        database.close()
        raise
    return database
