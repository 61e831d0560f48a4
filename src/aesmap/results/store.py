"""Tables of results that outlast a kill.

While a run goes on, its rows lie in a SQLite file beside the output (``results.run_file``). When
the run is complete they are written as the output, which appears whole or not at all, and that file
goes. A run that stops early leaves it, and ``resume`` goes on with it, or with a finished table.

The same row is never both lost and counted as done: a row is done when the SQLite file or the
output holds it. If a photograph is scored again, because it changed or failed, the table has its
newest row alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from aesmap.atomic import atomic_write, check_replaceable, output_error
from aesmap.batch.photo import fingerprint_of
from aesmap.batch.sources import PhotoList
from aesmap.columns import SCHEMA_VERSION
from aesmap.errors import OutputError
from aesmap.images.moments.similarity import Signature
from aesmap.results.formats import TableFormat, TableModel, other_model, other_schema, table_format
from aesmap.results.grouping import Grouping
from aesmap.results.row_text import Row, path_key
from aesmap.results.run_file import RunFile, unfinished

_FAILED = "failed"
"""Stands in place of the fingerprint of a row that is to be tried again; no file has it."""


def write_table(output: Path, file_format: str, rows: Iterable[Row], model: TableModel) -> None:
    """Write a table whose rows are there already; it appears whole or not at all.

    Raises :class:`OutputError`, also where the output is that of an unfinished run.
    """
    if unfinished(output).exists():
        raise _stopped_run(output)
    with atomic_write(output) as handle:
        table_format(file_format).write(handle, rows, model)


@contextmanager
def open_table(
    output: Path,
    file_format: str | TableFormat,
    model: TableModel,
    *,
    resume: bool = False,
    retry_errors: bool = False,
) -> Iterator[ResultTable]:
    """Yield a table to write rows to; ``output`` is replaced by :meth:`ResultTable.finish`.

    With ``resume``, what an unfinished run or a finished table holds counts as done, except, with
    ``retry_errors``, the rows of photographs that could not be read.

    Raises :class:`OutputError`, before any row is asked for, when the folder cannot be written,
    when another run is writing the same output, when an unfinished run is there and ``resume`` is
    not given, and with ``resume`` when another model or version made what is there.
    ``file_format`` is the name of one for scores, or one for rows of another kind.
    """
    check_replaceable(output)
    writer = table_format(file_format) if isinstance(file_format, str) else file_format
    with _errors_of(output):
        run = RunFile(unfinished(output), writer.columns)
    table = ResultTable(output, run, writer, model)
    try:
        with _errors_of(output):
            table.begin(resume, retry_errors)
        yield table
    finally:
        table.close()


@dataclass
class ResultTable:
    """The rows of one run, and of those it goes on with; made by :func:`open_table`."""

    output: Path
    run: RunFile
    table_format: TableFormat
    model: TableModel

    num_failed_before: int = 0
    _done: dict[str, str] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)
    _replaces: bool = True
    _is_open: bool = True

    def begin(self, resume: bool, retry_errors: bool) -> None:
        """Look at what is there. Raises ``OSError`` and :class:`OutputError`."""
        info = self.run.info()
        if info is not None and (info.is_in_output or not self.run.has_rows()):
            info = None  # killed before it was deleted, or before its first row
        if info is not None:
            if not resume:
                raise _stopped_run(self.output)
            if info.schema_version != SCHEMA_VERSION:
                raise other_schema(self.run.path, self.table_format.columns)
            if (info.model_id, info.sha256) != (self.model.model_id, self.model.sha256):
                raise other_model(self.run.path, info.model_id, self.model.model_id)
            self._replaces = bool(info.replaces_output)
        else:
            self._replaces = not (resume and self.output.exists())
        if resume:
            self._read_done(retry_errors, has_run=info is not None)
        if info is None:
            self.run.begin(self.model, replaces_output=self._replaces)

    def _read_done(self, retry_errors: bool, has_run: bool) -> None:
        old = self.table_format.stored(self.output, self.model) if self._goes_on else ()
        new = self.run.stored() if has_run else ()
        for key, fingerprint, is_error in chain(old, new):
            self._done[key] = _FAILED if is_error and retry_errors else fingerprint
            if is_error:
                self._failed.add(key)
            else:
                self._failed.discard(key)

    @property
    def _goes_on(self) -> bool:
        """Whether the output's own rows are to stay."""
        return not self._replaces and self.output.exists()

    def not_done(
        self, images: PhotoList, is_whole: Callable[[str], bool] = lambda path: True
    ) -> PhotoList:
        """The images that have no row, or one that is out of date; to be called once.

        ``is_whole``: whether what a row tells of is there, besides the row.
        """
        done, failed = self._done, self._failed

        def is_left(path: str) -> bool:
            key = path_key(path)
            known = done.get(key)
            if known is None or known != fingerprint_of(path) or not is_whole(path):
                return True
            self.num_failed_before += key in failed
            return False

        left = images.where(is_left)
        # A dictionary of a million paths is not wanted any more.
        self._done, self._failed = {}, set()
        return left

    def write(self, row: Row, signature: Signature | None = None) -> None:
        """Take one row, and the signature that tells its moment.

        Raises :class:`OutputError`, after which what was written is resumable.
        """
        with _errors_of(self.output, resumable=True):
            self.run.write(row, None if signature is None else signature.to_json())

    def finish(self, grouping: Grouping | None = None) -> None:
        """Write the output and delete the run's file; every row must have been written.

        With a ``grouping`` the columns about groups are filled in, of all rows anew.
        """
        with _errors_of(self.output, resumable=True):
            if self.run.has_rows() or self._replaces:
                # By a name that is known, so that the next run deletes what a kill leaves.
                growing = unfinished(self.output, ".new")
                with atomic_write(self.output, temporary=growing) as handle:
                    rows: Iterable[Row] = chain(self._kept(), self.run.rows())
                    if grouping is not None:
                        first = chain(self._kept(), self.run.rows())
                        rows = grouping.fill_in(rows, grouping.places(first, self._signature))
                    self.table_format.write(handle, rows, self.model)
                self.run.set_in_output()
        self._is_open = False
        self.run.remove()

    def _signature(self, path: str) -> Signature | None:
        kept = self.run.signature(path)
        return None if kept is None else Signature.from_json(kept)

    def _kept(self) -> Iterator[Row]:
        """The rows of the finished table that have no newer one."""
        if self._goes_on:
            newer = {row.key for row in self.run.stored()}
            for row in self.table_format.rows(self.output):
                if path_key(row["path"]) not in newer:
                    yield row

    def close(self) -> None:
        """Let the run's file go; it stays where there is anything to go on with."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            is_empty = self.run.info() is None or not self.run.has_rows()
        except (OSError, OutputError):
            is_empty = False  # whatever it is, it has been told
        self.run.remove() if is_empty else self.run.close()


def _stopped_run(output: Path) -> OutputError:
    return OutputError(
        f"{unfinished(output)}: a run that was stopped left its rows here; add --resume to go"
        " on with it, or delete this file to begin again"
    )


@contextmanager
def _errors_of(output: Path, *, resumable: bool = False) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = output_error(output, error)
        hint = "; then go on with --resume" if resumable else ""
        raise OutputError(f"{problem}{hint}") from error
    except OutputError as error:
        if not resumable or "--resume" in str(error):
            raise
        raise OutputError(f"{error}; then go on with --resume") from error
