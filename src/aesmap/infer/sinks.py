"""Tables of results that outlast a kill.

While a run goes on, its rows lie in a folder beside the output, ``scores.csv.parts``: ``run.json``
says whose they are, and ``part-000000.csv`` and so on hold them. When the run is complete they are
joined into the output, which appears whole or not at all, and the folder goes. A run that stops
early, however, leaves the folder, and ``resume`` goes on with it.

The same row is never both lost and counted as done: a row is done when it is whole in a part, and
a part or table that was read says which rows it holds. If a photograph is scored again, because
it changed or failed, the joined table leaves out its older rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aesmap.core.atomic import atomic_write, check_replaceable, output_error
from aesmap.core.errors import OutputError, UsageError
from aesmap.core.image_files import ImageList
from aesmap.infer.line_parts import CSV, JSON_LINES
from aesmap.infer.parts import (
    Drop,
    PartWriter,
    TableFormat,
    TableModel,
    other_model,
    other_schema,
)
from aesmap.infer.photo_file import fingerprint_of
from aesmap.infer.rows import SCHEMA_VERSION, Row, path_key

try:
    import fcntl
except ImportError:  # Windows: two runs on one output are not told apart there
    fcntl = None  # type: ignore[assignment]

FILE_FORMATS = ("jsonl", "csv", "parquet")
_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}

_FAILED = "failed"
"""Stands in place of the fingerprint of a row that is to be tried again; no file has it."""


def format_of(output: Path) -> str:
    """The format that an output's extension stands for; raises :class:`UsageError`."""
    try:
        return _SUFFIXES[output.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{output}: the extension says no format; end it in .csv, .jsonl or .parquet,"
            " or give --format"
        ) from None


def parts_folder(output: Path) -> Path:
    """Where the rows of an unfinished run lie: beside the file that ``output`` leads to."""
    target = Path(os.path.realpath(output))
    return target.with_name(f"{target.name}.parts")


@contextmanager
def open_table(
    output: Path,
    file_format: str,
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
    """
    check_replaceable(output)
    table_format = _format(file_format)
    folder = parts_folder(output)
    with _errors_of(output):
        folder.mkdir(exist_ok=True)
    with _locked(folder):
        table = ResultTable(output, folder, table_format, model)
        try:
            with _errors_of(output):
                table.begin(file_format, resume, retry_errors)
            yield table
        finally:
            try:
                table.close()
            finally:
                if not table.has_parts:  # nothing to go on with
                    _remove(folder)


def _remove(folder: Path) -> None:
    """Delete a run's files and its folder, and nothing else that may be in it."""
    for pattern in ("part-*", ".aesmap-*", "run.json", "lock"):
        for path in folder.glob(pattern):
            with suppress(OSError):
                path.unlink()
    with suppress(OSError):
        folder.rmdir()


def _format(file_format: str) -> TableFormat:
    if file_format == "parquet":
        from aesmap.infer.parquet_parts import ParquetFormat

        return ParquetFormat()
    return CSV if file_format == "csv" else JSON_LINES


@dataclass
class ResultTable:
    """The rows of one run, and of those it goes on with; made by :func:`open_table`."""

    output: Path
    folder: Path
    table_format: TableFormat
    model: TableModel

    num_failed_before: int = 0
    _done: dict[str, str] = field(default_factory=dict)
    _outdated: dict[str, int] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)
    _replaces: bool = True
    _number: int = 0
    _writer: PartWriter | None = None

    @property
    def has_parts(self) -> bool:
        """Whether rows lie in the folder."""
        return bool(self._parts())

    def begin(self, file_format: str, resume: bool, retry_errors: bool) -> None:
        """Look at what is there. Raises ``OSError`` and :class:`OutputError`."""
        run_file = self.folder / "run.json"
        if self.has_parts and not resume:
            raise OutputError(
                f"{self.folder}: a run that was stopped left its rows here; add --resume to go on"
                " with it, or delete this folder to begin again"
            )
        if self.has_parts:
            self._replaces = self._check_run(run_file, file_format)
            for part in self._parts():
                self.table_format.mend(part)
        else:
            self._replaces = not (resume and self.output.exists())
        if resume:
            self._read_done(retry_errors)
        about = {
            "schema_version": SCHEMA_VERSION,
            "format": file_format,
            "model": self.model.model_id,
            "onnx_sha256": self.model.sha256,
            "replaces_output": self._replaces,
        }
        with atomic_write(run_file) as handle:
            handle.write((json.dumps(about, indent=2) + "\n").encode())
        parts = self._parts()
        self._number = int(parts[-1].stem.removeprefix("part-")) + 1 if parts else 0

    def _check_run(self, run_file: Path, file_format: str) -> bool:
        """Whether the run in the folder replaces the output; raises if it is another's."""
        try:
            about = json.loads(run_file.read_text(encoding="utf-8"))
            found = (about["schema_version"], about["format"], about["onnx_sha256"])
            model, replaces = str(about["model"]), bool(about["replaces_output"])
        except (OSError, ValueError, KeyError, TypeError):
            raise OutputError(
                f"{run_file}: missing or damaged, so that nobody knows whose rows these are;"
                " delete this folder to begin again"
            ) from None
        if found[:2] != (SCHEMA_VERSION, file_format):
            raise other_schema(self.folder)
        if found[2] != self.model.sha256 or model != self.model.model_id:
            raise other_model(self.folder, model, self.model.model_id)
        return replaces

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

    def not_done(self, images: ImageList) -> ImageList:
        """The images that have no row, or one that is out of date; to be called once."""
        done, failed, outdated = self._done, self._failed, self._outdated

        def is_left(path: str) -> bool:
            key = path_key(path)
            known = done.get(key)
            if known is None:
                return True
            if known == fingerprint_of(path):
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
                self._writer = self.table_format.writer(self.folder, self._number, self.model)
            self._writer.write(row)

    def close(self) -> None:
        """Put all rows on the disk."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with _errors_of(self.output, resumable=True):
                writer.close()

    def finish(self) -> None:
        """Join all rows into the output and delete the folder; every row must have been written."""
        self.close()
        if self.has_parts or self._replaces:
            drop = Drop(self._outdated)
            # The file grows within the folder, so that a kill leaves none that nobody knows.
            with (
                _errors_of(self.output, resumable=True),
                atomic_write(self.output, within=self.folder) as handle,
            ):
                self.table_format.join(self._tables(), handle, self.model, drop)
        _remove(self.folder)

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob(f"part-*{self.table_format.suffix}"))

    def _tables(self) -> list[Path]:
        """What holds rows, the oldest first."""
        goes_on = not self._replaces and self.output.exists()
        return ([self.output] if goes_on else []) + self._parts()


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


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other runs out; the system lets go of the lock however this process ends."""
    try:
        file = (folder / "lock").open("wb")
    except OSError as error:
        raise output_error(folder, error) from error
    with file:
        if fcntl is not None:
            try:
                with suppress(AttributeError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutputError(
                    f"{folder}: another run is writing here; wait for it, or give another --output"
                ) from None
            except OSError:
                pass  # a disk without locks
        yield
