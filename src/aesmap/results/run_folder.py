"""The folder of an unfinished run, beside its output: its parts, and whose they are.

``scores.csv.parts`` holds ``run.json``, which says whose rows these are, ``part-000000.csv`` and so
on, which hold them, and ``lock``, held while a run writes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aesmap.atomic import atomic_write, output_error
from aesmap.columns import SCHEMA_VERSION
from aesmap.errors import OutputError
from aesmap.results.parts import TableModel, other_model, other_schema

try:
    import fcntl
except ImportError:  # Windows: two runs on one output are not told apart there
    fcntl = None  # type: ignore[assignment]


def parts_folder(output: Path) -> Path:
    """Where the rows of an unfinished run lie: beside the file that ``output`` leads to."""
    target = Path(os.path.realpath(output))
    return target.with_name(f"{target.name}.parts")


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, whose parts end in ``suffix``."""

    path: Path
    suffix: str

    def parts(self) -> list[Path]:
        """The files that hold rows, the oldest first."""
        return sorted(self.path.glob(f"part-*{self.suffix}"))

    def next_number(self) -> int:
        """Of the next part."""
        parts = self.parts()
        return int(parts[-1].stem.removeprefix("part-")) + 1 if parts else 0

    def describe(
        self, file_format: str, model: TableModel, *, replaces: bool, joined: bool = False
    ) -> None:
        """Write whose rows these are, whether they are to replace the output, and have done so."""
        about = {
            "schema_version": SCHEMA_VERSION,
            "format": file_format,
            "model": model.model_id,
            "onnx_sha256": model.sha256,
            "replaces_output": replaces,
            "joined": joined,
        }
        with atomic_write(self._about_file) as handle:
            handle.write((json.dumps(about, indent=2) + "\n").encode())

    def check(self, file_format: str, wanted: TableModel) -> bool:
        """Whether the run replaces the output; raises :class:`OutputError` if it is another's."""
        try:
            about = self._about()
            found = (about["schema_version"], about["format"], about["onnx_sha256"])
            model, replaces = str(about["model"]), bool(about["replaces_output"])
        except (OSError, ValueError, KeyError, TypeError):
            raise OutputError(
                f"{self._about_file}: missing or damaged, so that nobody knows whose rows these"
                " are; delete this folder to begin again"
            ) from None
        if found[:2] != (SCHEMA_VERSION, file_format):
            raise other_schema(self.path)
        if found[2] != wanted.sha256 or model != wanted.model_id:
            raise other_model(self.path, model, wanted.model_id)
        return replaces

    def is_joined(self) -> bool:
        """Whether all rows are in the output already, and parts only wait to be deleted."""
        try:
            return self._about()["joined"] is True
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def remove_parts(self) -> None:
        """Delete the files that hold rows; raises ``OSError``."""
        for path in self.path.glob("part-*"):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete a run's files and its folder, and nothing else that may be in it."""
        with suppress(OSError):
            self.remove_parts()
        # What says what the parts are goes after them.
        for pattern in (".aesmap-*", "run.json", "lock"):
            for path in self.path.glob(pattern):
                with suppress(OSError):
                    path.unlink()
        with suppress(OSError):
            self.path.rmdir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out; the system lets go of the lock however this process ends."""
        try:
            file = (self.path / "lock").open("wb")
        except OSError as error:
            raise output_error(self.path, error) from error
        with file:
            if fcntl is not None:
                try:
                    with suppress(AttributeError):
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise OutputError(
                        f"{self.path}: another run is writing here; wait for it, or give another"
                        " --output"
                    ) from None
                except OSError:
                    pass  # a disk without locks
            yield

    @property
    def _about_file(self) -> Path:
        return self.path / "run.json"

    def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = json.loads(self._about_file.read_text(encoding="utf-8"))
        return about
