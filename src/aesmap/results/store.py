"""Tables of results that outlast a kill.

While a run goes on, its rows lie in a folder beside the output (``results.run_folder``). When the
run is complete they are joined into the output, which appears whole or not at all, and the folder
goes. A run that stops early, however, leaves the folder, and ``resume`` goes on with it.

The same row is never both lost and counted as done: a row is done when it is whole in a part, and
a part or table that was read says which rows it holds. If a photograph is scored again, because
it changed or failed, the joined table leaves out its older rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aesmap.atomic import atomic_write, check_replaceable, output_error
from aesmap.batch.photo import fingerprint_of
from aesmap.batch.sources import PhotoList
from aesmap.errors import OutputError, UsageError
from aesmap.results.line_parts import CSV, JSON_LINES
from aesmap.results.parts import Drop, PartWriter, TableFormat, TableModel
from aesmap.results.run_folder import RunFolder, parts_folder
from aesmap.results.schema import Row, path_key

FILE_FORMATS = ("jsonl", "csv", "parquet")
TABLE_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}

_FAILED = "failed"
"""Stands in place of the fingerprint of a row that is to be tried again; no file has it."""


def format_of(output: Path) -> str:
    """The format that an output's extension stands for; raises :class:`UsageError`."""
    try:
        return TABLE_SUFFIXES[output.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{output}: the extension says no format; end it in .csv, .jsonl or .parquet,"
            " or give --format"
        ) from None


@contextmanager
def open_table(
    output: Path,
    file_format: str,
    model: TableModel,
    *,
    resume: bool = False,
    retry_errors: bool = False,
    table_format: TableFormat | None = None,
) -> Iterator[ResultTable]:
    """Yield a table to write rows to; ``output`` is replaced by :meth:`ResultTable.finish`.

    With ``resume``, what an unfinished run or a finished table holds counts as done, except, with
    ``retry_errors``, the rows of photographs that could not be read.

    Raises :class:`OutputError`, before any row is asked for, when the folder cannot be written,
    when another run is writing the same output, when an unfinished run is there and ``resume`` is
    not given, and with ``resume`` when another model or version made what is there.
    ``table_format`` is for rows of another kind than those of scores.
    """
    check_replaceable(output)
    table_format = table_format or _format(file_format)
    folder = RunFolder(parts_folder(output), table_format.suffix)
    with _errors_of(output):
        folder.path.mkdir(exist_ok=True)
    with folder.locked():
        table = ResultTable(output, folder, file_format, table_format, model)
        try:
            with _errors_of(output):
                table.begin(resume, retry_errors)
            yield table
        finally:
            try:
                table.close()
            finally:
                if not folder.parts():  # nothing to go on with
                    folder.remove()


def _format(file_format: str) -> TableFormat:
    if file_format == "parquet":
        from aesmap.results.parquet_parts import ParquetFormat

        return ParquetFormat()
    return CSV if file_format == "csv" else JSON_LINES


@dataclass
class ResultTable:
    """The rows of one run, and of those it goes on with; made by :func:`open_table`."""

    output: Path
    folder: RunFolder
    file_format: str
    table_format: TableFormat
    model: TableModel

    num_failed_before: int = 0
    _done: dict[str, str] = field(default_factory=dict)
    _outdated: dict[str, int] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)
    _replaces: bool = True
    _number: int = 0
    _writer: PartWriter | None = None

    def begin(self, resume: bool, retry_errors: bool) -> None:
        """Look at what is there. Raises ``OSError`` and :class:`OutputError`."""
        if self.folder.is_joined():  # killed while it cleared up after its last step
            self.folder.remove_parts()
        parts = self.folder.parts()
        if parts and not resume:
            raise OutputError(
                f"{self.folder.path}: a run that was stopped left its rows here; add --resume to"
                " go on with it, or delete this folder to begin again"
            )
        if parts:
            self._replaces = self.folder.check(self.file_format, self.model)
            for part in parts:
                self.table_format.mend(part)
        else:
            self._replaces = not (resume and self.output.exists())
        if resume:
            self._read_done(retry_errors)
        self.folder.describe(self.file_format, self.model, replaces=self._replaces)
        self._number = self.folder.next_number()

    def _read_done(self, retry_errors: bool) -> None:
        for path in self._tables():
            for key, fingerprint, is_error in self.table_format.rows(path, self.model):
                if key in self._done:
                    self._outdated[key] = self._outdated.get(key, 0) + 1
                self._done[key] = _FAILED if is_error and retry_errors else fingerprint
                if is_error:
                    self._failed.add(key)
                else:
                    self._failed.discard(key)

    def not_done(
        self, images: PhotoList, is_whole: Callable[[str], bool] = lambda path: True
    ) -> PhotoList:
        """The images that have no row, or one that is out of date; to be called once.

        ``is_whole``: whether what a row tells of is there, besides the row.
        """
        done, failed, outdated = self._done, self._failed, self._outdated

        def is_left(path: str) -> bool:
            key = path_key(path)
            known = done.get(key)
            if known is None:
                return True
            if known == fingerprint_of(path) and is_whole(path):
                self.num_failed_before += key in failed
                return False
            outdated[key] = outdated.get(key, 0) + 1
            return True

        left = images.where(is_left)
        # A dictionary of a million paths is not wanted any more.
        self._done, self._failed = {}, set()
        return left

    def write(self, row: Row) -> None:
        """Take one row; raises :class:`OutputError`, after which what was written is resumable."""
        with _errors_of(self.output, resumable=True):
            if self._writer is None:
                self._writer = self.table_format.writer(self.folder.path, self._number, self.model)
            self._writer.write(row)

    def end_part(self) -> None:
        """Put the rows so far where a kill leaves them: a block that was scored elsewhere."""
        if self._writer is not None:
            with _errors_of(self.output, resumable=True):
                self._writer.end_part()

    def close(self) -> None:
        """Put all rows on the disk."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with _errors_of(self.output, resumable=True):
                writer.close()

    def finish(self) -> None:
        """Join all rows into the output and delete the folder; every row must have been written."""
        self.close()
        if self.folder.parts() or self._replaces:
            drop = Drop(self._outdated)
            # The file grows within the folder, so that a kill leaves none that nobody knows.
            with (
                _errors_of(self.output, resumable=True),
                atomic_write(self.output, within=self.folder.path) as handle,
            ):
                self.table_format.join(self._tables(), handle, self.model, drop)
            # The parts go one by one, and a kill may come between two: what it leaves of them must
            # not pass for a run to go on with.
            with _errors_of(self.output, resumable=True):
                self.folder.describe(
                    self.file_format, self.model, replaces=self._replaces, joined=True
                )
        self.folder.remove()

    def _tables(self) -> list[Path]:
        """What holds rows, the oldest first."""
        goes_on = not self._replaces and self.output.exists()
        return ([self.output] if goes_on else []) + self.folder.parts()


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
