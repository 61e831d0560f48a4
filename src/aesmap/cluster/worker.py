"""A worker of a cluster: blocks of names in, blocks of rows out."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any

from aesmap import __version__
from aesmap.analyzer import Analyzer
from aesmap.batch.photo import score_photos
from aesmap.cluster.blocks import failure_table, names_in, result_table
from aesmap.errors import AesmapError
from aesmap.results.formats import TableModel
from aesmap.streaming import WorkTime


@dataclass(frozen=True, kw_only=True)
class WorkerPlace:
    """Where the command was given, which a worker must be able to see too.

    ``working_folder`` is what relative paths begin at, and ``folders`` are absolute.
    """

    working_folder: str
    folders: tuple[str, ...] = ()
    version: str = __version__

    def enter(self) -> None:
        """Make relative paths mean the same here; raises :class:`AesmapError`."""
        if self.version != __version__:
            raise AesmapError(
                f"machine {platform.node()} has aesmap {__version__}, but this run is one of"
                f" {self.version}; install the same version on every machine"
            )
        # A machine that does not see the photographs would be the quickest to be done with them.
        for folder in self.folders:
            if not os.path.isdir(folder):  # noqa: PTH112  (never raises)
                raise AesmapError(
                    f"{folder}: not there on machine {platform.node()}; photographs must lie under"
                    " the same path on every machine, or be given as URLs"
                )
        if os.path.isdir(self.working_folder):  # noqa: PTH112
            os.chdir(self.working_folder)


class ScoreBlocks:
    """The callable of an actor: holds one analyzer, and scores the photographs of a block.

    ``threads`` prepare photographs and run the model, as in a local run. Nothing is raised, because
    Ray would try it again elsewhere: what goes wrong, but for single photographs, is said in the
    block.
    """

    def __init__(
        self, analyzer: Analyzer, place: WorkerPlace, threads: int, batch_size: int | None
    ) -> None:
        self._analyzer = analyzer
        self._threads = threads
        self._batch_size = batch_size
        self._model = TableModel(analyzer.manifest.model_id, analyzer.manifest.onnx_sha256)
        self._failure = ""
        try:
            place.enter()
        except AesmapError as error:
            self._failure = str(error)

    def __call__(self, block: Any) -> Any:
        """An Arrow table of :func:`name_blocks` to one of :func:`result_table`."""
        if self._failure:
            return failure_table(self._failure, self._model)
        numbers, paths = zip(*names_in(block), strict=True)
        work_time = WorkTime()
        try:
            scored = score_photos(
                self._analyzer,
                paths,
                batch_size=self._batch_size,
                workers=self._threads,
                work_time=work_time,
            )
            return result_table(zip(numbers, scored, strict=True), self._model, work_time)
        except Exception as error:  # noqa: BLE001  (said by the command)
            told = str(error).strip().splitlines()
            failure = f"machine {platform.node()}: {type(error).__name__}: {' '.join(told)}"
            return failure_table(failure, self._model)
