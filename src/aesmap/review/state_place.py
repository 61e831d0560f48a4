"""Where a shoot's decisions are kept, and who may change them.

They lie in the shoot's own folder, or where ``--state`` says; of a folder that cannot be written,
in the user's own state folder. One review at a time may change them: it holds a lock beside the
file, which the system lets go of however the review ends. Another only looks.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aesmap.atomic import output_error
from aesmap.errors import OutputError
from aesmap.review.decision_file import DecisionFile
from aesmap.sqlite_files import disk_has_locks, is_busy

FILE_NAME: Final = "aesmap-review.sqlite"
_LOCK_SUFFIX: Final = ".lock"
_NOT_WRITABLE: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass
class ReviewState:
    """The decisions of a shoot, opened.

    Attributes
    ----------
    file
        Where they are kept.
    note
        Said at the start where they are not in the shoot's folder; empty otherwise.
    read_only
        Why nothing can be decided; empty where it can.
    """

    file: DecisionFile
    note: str = ""
    read_only: str = ""
    _lock: FileLock | None = field(default=None, repr=False)

    def close(self) -> None:
        """Let the file go, and then the lock."""
        self.file.close()
        if self._lock is not None:
            self._lock.release()


def open_state(folder: Path, given: Path | None = None) -> ReviewState:
    """Open the decisions on a folder, or begin them.

    Raises
    ------
    OutputError
        If there is no place to keep them.
    ReviewError
        If what lies there is no such file.
    """
    path, note = (given, "") if given is not None else place_of(folder, FILE_NAME)
    if path.exists() and not _is_writable(path):
        file = DecisionFile(path, folder, read_only=True)
        return ReviewState(file, note, f"{path} cannot be written; say --state FILE for another")
    try:
        lock = FileLock(path)
    except OSError as error:
        raise output_error(path, error) from error
    except sqlite3.Error as error:
        if not is_busy(error):
            raise OutputError(
                f"{path}: cannot be locked ({error}); give another --state"
            ) from error
        file = DecisionFile(path, folder, read_only=True)
        return ReviewState(file, note, "another review of this folder is open")
    try:
        return ReviewState(DecisionFile(path, folder), note, "", lock)
    except BaseException:
        lock.release()
        raise


def state_folder() -> Path:
    """Return where this user's programs keep what must last."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "aesmap"


def place_of(folder: Path, name: str) -> tuple[Path, str]:
    """Where a file of this name is kept: in the folder, or elsewhere with a word about it.

    Raises :class:`OutputError` if there is no place.
    """
    usual = folder / name
    if usual.exists():
        return usual, ""
    try:
        _try_writing(usual)
        return usual, ""
    except OSError as error:
        if error.errno not in _NOT_WRITABLE:
            raise output_error(usual, error) from error
    digest = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:12]
    kind = name.removeprefix("aesmap-").removesuffix(".sqlite")
    elsewhere = state_folder() / kind / f"{folder.resolve().name or 'root'}-{digest}.sqlite"
    try:
        elsewhere.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{elsewhere.parent}: cannot be made ({error.strerror}), and {folder} cannot be"
            " written; say with --state FILE where it is to be kept"
        ) from error
    note = f"{folder} cannot be written: decisions are kept in {elsewhere}"
    return elsewhere, note


def _try_writing(path: Path) -> None:
    """Raise ``OSError`` unless a file can be changed, or made and taken away again."""
    try:
        os.close(os.open(path, os.O_WRONLY))
    except FileNotFoundError:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        path.unlink()


def _is_writable(path: Path) -> bool:
    try:
        _try_writing(path)
    except OSError:
        return False
    return True


class FileLock:
    """Keeps a file for one process, from its making to :meth:`release` or the process's end.

    A file of SQLite's that stays locked as a whole: its locks work wherever SQLite does. Raises
    ``sqlite3.Error``, and ``OSError`` where nothing can be written.
    """

    def __init__(self, locked: Path) -> None:
        path = self._path = locked.with_name(locked.name + _LOCK_SUFFIX)
        has_locks = disk_has_locks(path.parent)
        uri = f"{path.absolute().as_uri()}?mode=rwc{'' if has_locks else '&nolock=1'}"
        self._database = sqlite3.connect(
            uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._database.execute("BEGIN EXCLUSIVE")
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def of(cls, locked: Path, busy: str) -> FileLock:
        """Lock a file; :class:`OutputError` says ``busy`` where another process has it."""
        try:
            return cls(locked)
        except OSError as error:
            raise output_error(locked, error) from error
        except sqlite3.Error as error:
            if is_busy(error):
                raise OutputError(f"{locked}: {busy}; close that") from error
            raise OutputError(
                f"{locked}: cannot be locked ({error}); give another --state"
            ) from error

    def release(self) -> None:
        """Let another process begin."""
        with suppress(OSError):  # before the lock goes, so that it is never another's
            self._path.unlink()
        self._database.close()
        with suppress(OSError):  # Windows deletes no open file
            self._path.unlink(missing_ok=True)
