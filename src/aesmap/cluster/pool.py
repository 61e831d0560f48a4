"""Scoring on one machine or many: the same analyzer as a pool of actors of Ray Data.

Ray hands blocks of photographs to the workers, starts a worker again that has died, and gives its
block to another. The results come back in order, and the command alone writes the table: as Ray
gives every block once, no row is lost or written twice however often a worker dies.

A photograph that ends every process that reads it (a decoder's fault, memory that runs out) must
not end the run. A block that has cost several workers is put aside; at the end its photographs are
given out one by one, and one that ends its workers again gets a row that says so.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from aesmap.analyzer import Analyzer
from aesmap.batch.photo import PhotoFile, ScoredFile, fingerprint_of
from aesmap.batch.sources import PhotoList
from aesmap.cluster.blocks import ResultBlock, ScoredElsewhere, name_blocks, results_in
from aesmap.cluster.connection import ClusterError, connected
from aesmap.cluster.worker import ScoreBlocks, WorkerPlace
from aesmap.errors import ImageUnreadableError
from aesmap.streaming import WorkTime

_LARGEST_BLOCK, _SMALLEST_BLOCK, _BLOCKS_PER_WORKER = 128, 8, 16
_BLOCK_RETRIES, _PHOTO_RETRIES = 3, 2
_START_RETRIES = 3


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where and with how many workers to score.

    ``address`` is a Ray cluster's, such as ``auto`` or ``10.0.0.1:6379``; without one Ray is
    started on this machine for the run. ``workers`` are processes of one thread each, by default
    one for each core of the cluster. Photographs are read by the workers: ``folders`` (absolute)
    must be there on every machine.
    """

    address: str | None = None
    workers: int | None = None
    folders: tuple[str, ...] = ()

    stop_notice: ClassVar[str] = (
        "aesmap: stopping after the photographs that were begun; Ctrl-C again stops at once"
    )

    def score(
        self,
        analyzer: Analyzer,
        images: PhotoList,
        *,
        batch_size: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        work_time: WorkTime | None = None,
    ) -> Iterator[ScoredElsewhere]:
        """Score files, in order but for those whose block was put aside, which come last.

        Once ``stop()`` is true the run ends after the block that comes next. Raises
        :class:`ClusterError`.
        """
        if not len(images):
            return
        work_time = work_time or WorkTime()
        arrived = bytearray(len(images))
        with connected(self.address, self.workers) as ray, _settings(ray):
            pool = _Pool.of(ray, analyzer, self, batch_size)
            size = _block_size(len(images), pool.workers)
            # Two passes: whole blocks, and those that cost their workers one by one.
            for block_size, alone in ((size, False), (1, True)):
                left = _numbered(images, arrived)
                num_left = len(images) - arrived.count(1)
                # Closed here, not by the collector, where a second Ctrl-C would be lost.
                with closing(pool.run(left, num_left, block_size, alone)) as blocks:
                    for block in blocks:
                        work_time.preparing_s += block.work_time.preparing_s
                        work_time.running_s += block.work_time.running_s
                        for scored in block.results:
                            assert not arrived[scored.number], "Ray gave a block twice"
                            arrived[scored.number] = 1
                            yield scored
                        if stop():
                            return
            for number, path in _numbered(images, arrived):
                yield _fatal(number, path, analyzer.manifest.model_id)


def _numbered(images: Iterable[str], arrived: bytearray) -> Iterator[tuple[int, str]]:
    return ((n, path) for n, path in enumerate(images) if not arrived[n])


def _block_size(count: int, workers: int) -> int:
    """Small, so that all workers end together, and large enough for Ray's own work not to count."""
    return min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, count // (workers * _BLOCKS_PER_WORKER)))


def _fatal(number: int, path: str, model_id: str) -> ScoredElsewhere:
    problem = ImageUnreadableError(
        path,
        f"ended {_PHOTO_RETRIES + 1} processes that tried to read it; convert it, or leave it out",
    )
    file = ScoredFile(PhotoFile(path, fingerprint_of(path)), problem)
    return ScoredElsewhere(number, file.to_row(model_id), problem)


@contextmanager
def _settings(ray: Any) -> Iterator[None]:
    """How Ray Data is to run: in order, quietly, and past blocks that cost their workers."""
    context = ray.data.DataContext.get_current().copy()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1
    context.max_consecutive_actor_init_deaths = _START_RETRIES
    with ray.data.DataContext.current(context):
        yield


@dataclass(frozen=True, kw_only=True)
class _Pool:
    """Actors that are alike: ``workers`` of them, each with its cores, or one GPU and cores."""

    ray: Any
    workers: int
    cores: int
    gpus: int
    arguments: tuple[Any, ...]

    @classmethod
    def of(cls, ray: Any, analyzer: Analyzer, cluster: Cluster, batch_size: int | None) -> _Pool:
        resources = ray.cluster_resources()
        cores, gpus = int(resources.get("CPU", 1)), int(resources.get("GPU", 0))
        needs_gpu = analyzer.provider.startswith("CUDA")
        if needs_gpu and not gpus:
            raise ClusterError(
                f"{analyzer.provider} needs a GPU, and the cluster has none; leave out --provider"
            )
        workers = cluster.workers or (gpus if needs_gpu else cores) or 1
        threads = max(1, cores // workers) if needs_gpu else 1
        place = WorkerPlace(working_folder=os.getcwd(), folders=cluster.folders)  # noqa: PTH109
        return cls(
            ray=ray,
            workers=workers,
            cores=threads,
            gpus=int(needs_gpu),
            arguments=(analyzer, place, threads, batch_size),
        )

    def run(
        self, numbered: Iterable[tuple[int, str]], count: int, block_size: int, alone: bool
    ) -> Generator[ResultBlock]:
        """Blocks of results, in order; a block that cost its workers is left out.

        ``alone``: a worker is given no second block while it has one, which would share its fate.
        """
        if not count:
            return
        blocks = list(name_blocks(numbered, block_size))
        data = self.ray.data
        with warnings.catch_warnings():
            # Ray has no other name yet for how often to try again; pyproject has the bound.
            warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")
            scored = data.from_arrow(blocks).map_batches(
                ScoreBlocks,
                fn_constructor_args=self.arguments,
                batch_size=None,
                batch_format="pyarrow",
                zero_copy_batch=True,
                compute=data.ActorPoolStrategy(
                    size=min(self.workers, len(blocks)),
                    max_tasks_in_flight_per_actor=1 if alone else 2,
                ),
                num_cpus=self.cores,
                num_gpus=self.gpus or None,
                max_restarts=-1,
                max_task_retries=_PHOTO_RETRIES if alone else _BLOCK_RETRIES,
            )
        del blocks
        batches = scored.iter_batches(batch_size=None, batch_format="pyarrow")
        with closing(_taken(batches)) as tables:
            for table in tables:
                block = results_in(table)
                if block.failure:
                    raise ClusterError(block.failure)
                yield block


def _taken(batches: Iterable[Any]) -> Generator[Any]:
    """The batches of a data set; raises what Ray raises as :class:`ClusterError`."""
    try:
        yield from batches
    except Exception as error:  # noqa: BLE001  (Ray's errors share no base)
        told = [line for line in str(error).splitlines() if line.strip()]
        raise ClusterError(
            f"Ray: {told[-1].strip() if told else type(error).__name__}; is this version of"
            " aesmap installed on every machine? What is done is kept: go on with --resume"
        ) from None
